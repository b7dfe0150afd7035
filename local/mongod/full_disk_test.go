package mongod

import (
	"os"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestFullDisk fills the disk at the instant at which a compaction begins a new journal file. The
// old file goes on, and its end may be torn by a later crash: a new one that was left behind would
// make that look like damage in the middle.
func TestFullDisk(t *testing.T) {
	t.Parallel()

	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skipf("this system has no disk that is always full: %v", err)
	}
	dir := t.TempDir()
	path, _ := filled(t, dir)
	b := setupDir(t, dir, Options{})
	if err := os.Symlink(full, journalPath(dir, 2)); err != nil {
		t.Fatal(err)
	}
	if err := b.server.engine.compact(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("compacted on a full disk: %v", err)
	}
	mustInsert(t, b.orders, bson.M{"_id": "later"})
	b.stop()

	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(frameMagic); err != nil {
		t.Fatal(err)
	}
	b = setupDir(t, dir, Options{})
	if n := len(all(t, b.orders, bson.M{})); n != 11 || strings.Count(b.log.String(), "level=WARN") != 1 {
		t.Errorf("%d orders, log %s", n, b.log)
	}
	if err := b.server.engine.compact(); err != nil {
		t.Errorf("compact once there is room: %v", err)
	}
}
