package openfaas

import (
	"io/fs"
	"os"
	"sync"
	"time"
)

// fresh is how long a file that was written may be written again without a change of its time, with
// a margin: file systems count in steps of a few milliseconds, some in seconds.
const fresh = 3 * time.Second

// files caches what it has read, and reads a file again after a change: the check is one system
// call instead of seven. A nil files caches nothing.
type files struct{ kept sync.Map }

// content is a file's, as it was when it looked like that.
type content struct {
	info  fs.FileInfo
	bytes []byte
}

// read is os.ReadFile; the caller must not change what it gets.
func (f *files) read(path string) ([]byte, error) {
	if f == nil {
		return os.ReadFile(path) // #nosec G304 -- the folder is the owner's setting, the names are ours
	}
	// The stat comes first: if the file changes before it is read, the next stat detects it.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if k, ok := f.kept.Load(path); ok && k.(content).unchanged(info) {
		return k.(content).bytes, nil
	}
	b, err := os.ReadFile(path) // #nosec G304 -- as above
	if err == nil && time.Since(info.ModTime()) > fresh {
		f.kept.Store(path, content{info, b})
	}
	return b, err
}

func (c content) unchanged(info fs.FileInfo) bool {
	return os.SameFile(c.info, info) && c.info.Size() == info.Size() && c.info.ModTime().Equal(info.ModTime())
}
