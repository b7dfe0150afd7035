// Package watch notices changes of files by looking at them a few times a second. Notifications of
// the operating system do not reach network folders, containers and virtual machines, and a look at
// a shop's sixty files takes half a millisecond.
//
// A change is reported once the files stay as they are between two looks, so that a file that is
// being written, and several that are saved together, are one change. How an editor saves, in place
// or by a rename, makes no difference.
package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Every is the pause between two looks.
const Every = 100 * time.Millisecond

// Watcher looks at files, and at all that is below folders but for what editors leave there. Make
// it with New.
type Watcher struct {
	paths []string
	// reported is what the last Change reported; seen is the last look.
	reported, seen look
}

// Change is what was saved.
type Change struct {
	// Paths are the files that were changed, made or removed, in order.
	Paths []string
	// At is when the change was first seen.
	At time.Time
}

// look is what files are like at one time, by their paths. What is not there is not in it.
type look map[string]stamp

type stamp struct {
	size, modified int64
	mode           fs.FileMode
}

// New watches files and folders, which may be missing. What they are like now is no change.
func New(paths ...string) *Watcher {
	w := &Watcher{paths: paths}
	w.seen = w.look()
	w.reported = w.seen
	return w
}

// Next waits for the next change, until ctx is done.
func (w *Watcher) Next(ctx context.Context) (Change, error) {
	tick := time.NewTicker(Every)
	defer tick.Stop()
	var c Change
	for {
		if changed := w.reported.changed(w.seen); changed == nil {
			c.At = time.Time{}
		} else if c.At.IsZero() {
			c.At = time.Now()
		}
		select {
		case <-ctx.Done():
			return Change{}, ctx.Err()
		case <-tick.C:
		}
		before := w.seen
		w.seen = w.look()
		if c.Paths = w.reported.changed(w.seen); c.Paths != nil && before.changed(w.seen) == nil {
			w.reported = w.seen
			return c, nil
		}
	}
}

// Stays reports whether nothing changes for a time after the change that Next reported last.
func (w *Watcher) Stays(ctx context.Context, span time.Duration) bool {
	end := time.After(span)
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for w.reported.changed(w.look()) == nil {
		select {
		case <-ctx.Done():
			return false
		case <-end:
			return true
		case <-tick.C:
		}
	}
	return false
}

func (w *Watcher) look() look {
	now := look{}
	for _, path := range w.paths {
		// A link is followed at the top alone, as it is by the os.DirFS that reads the folder.
		info, err := os.Stat(path)
		switch {
		case err != nil:
		case info.IsDir():
			now.walk(path)
		default:
			now.add(path, info)
		}
	}
	return now
}

// walk adds all files below a folder. What is gone before it is looked at is not there.
func (l look) walk(folder string) {
	_ = fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if name != "." && Leftover(d.Name()) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err == nil {
			if info, gone := d.Info(); gone == nil {
				l.add(filepath.Join(folder, filepath.FromSlash(name)), info)
			}
		}
		return nil
	})
}

// add adds a file. A folder's time changes with whatever an editor leaves in it, so a folder is
// only there.
func (l look) add(path string, info fs.FileInfo) {
	s := stamp{info.Size(), info.ModTime().UnixNano(), info.Mode()}
	if info.IsDir() {
		s = stamp{mode: info.Mode()}
	}
	l[path] = s
}

// changed are the paths that differ in a later look, in order; nil where none does.
func (l look) changed(later look) []string {
	var paths []string
	for path, s := range later {
		if before, ok := l[path]; !ok || before != s {
			paths = append(paths, path)
		}
	}
	for path := range l {
		if _, ok := later[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Leftover reports whether a file's name is one that editors and file managers give to files of
// their own.
func Leftover(name string) bool { return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") }
