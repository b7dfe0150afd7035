package mongod

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func quiet() Options { return Options{Logger: slog.New(slog.DiscardHandler)} }

// filled makes a database of ten orders, each written by itself, closes it, and returns its
// journal's path and bytes.
func filled(t *testing.T, dir string) (string, []byte) {
	t.Helper()
	b := setupDir(t, dir, Options{})
	for i := range 10 {
		mustInsert(t, b.orders, bson.M{"_id": fmt.Sprint(i), "payload": strings.Repeat("x", 100)})
	}
	b.stop()
	path := journalPath(dir, 1)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, raw
}

// frameOffsets lists where the frames of a journal begin.
func frameOffsets(raw []byte) []int {
	var at []int
	for i := 0; ; i++ {
		next := bytes.Index(raw[i:], []byte(frameMagic))
		if next < 0 {
			return at
		}
		i += next
		at = append(at, i)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()

	t.Run("a half-written end is cut off with one line, wherever it was torn", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		path, raw := filled(t, dir)
		offsets := frameOffsets(raw)
		last := offsets[len(offsets)-1]
		damaged := map[string][]byte{"the last byte is missing": raw[:len(raw)-1], "half of the payload is missing": raw[:last+60],
			"only a piece of the header is there": raw[:last+7], "the last byte is wrong": append(bytes.Clone(raw[:len(raw)-1]), raw[len(raw)-1]^1),
			"zeros follow": append(bytes.Clone(raw[:last]), make([]byte, 300)...)}
		for what, bytes := range damaged {
			if err := os.WriteFile(path, bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			b := setupDir(t, dir, Options{})
			if n := len(all(t, b.orders, bson.M{})); n != 9 {
				t.Errorf("%s: %d orders are left, want 9", what, n)
			}
			if n := strings.Count(b.log.String(), "level=WARN"); n != 1 || !strings.Contains(b.log.String(), fmt.Sprintf("offset=%d", last)) {
				t.Errorf("%s: log %s", what, b.log)
			}
			// What comes after goes where the torn frame was.
			mustInsert(t, b.orders, bson.M{"_id": "new"})
			b.stop()
			b = setupDir(t, dir, Options{})
			if n := len(all(t, b.orders, bson.M{})); n != 10 || strings.Contains(b.log.String(), "WARN") {
				t.Errorf("%s: %d orders after the next start, log %s", what, n, b.log)
			}
			b.stop()
		}
	})

	t.Run("damage before the end is an error that names file and offset, and changes nothing", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		path, raw := filled(t, dir)
		offsets := frameOffsets(raw)
		frame := offsets[4]
		flip := func(at int) []byte {
			b := bytes.Clone(raw)
			b[at] ^= 0x40
			return b
		}
		for what, damaged := range map[string][]byte{
			"payload": flip(frame + headerBytes + 20), "length": flip(frame + 6), "magic": flip(frame), "checksum": flip(frame + 17),
			"a frame is missing":        append(bytes.Clone(raw[:frame]), raw[offsets[5]:]...),
			"a frame lacks some bytes":  append(bytes.Clone(raw[:frame+50]), raw[frame+70:]...),
			"foreign bytes are between": append(append(bytes.Clone(raw[:frame]), "foreign"...), raw[frame:]...),
		} {
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(dir, quiet())
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), fmt.Sprintf("offset %d:", frame)) {
				t.Errorf("%s: got %v, want offset %d", what, err, frame)
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, damaged) {
				t.Errorf("%s: the file was changed", what)
			}
		}
	})

	t.Run("a missing file, a foreign file and a damaged snapshot are errors", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		path, _ := filled(t, dir)
		if err := os.Rename(path, journalPath(dir, 2)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, quiet()); err == nil || !strings.Contains(err.Error(), "journal-00000001 is missing") {
			t.Errorf("missing: %v", err)
		}
		other := t.TempDir()
		if err := os.WriteFile(journalPath(other, 1), []byte("something else altogether\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(other, quiet()); err == nil || !strings.Contains(err.Error(), "offset 0") {
			t.Errorf("foreign: %v", err)
		}
		third := t.TempDir()
		filled(t, third)
		s, err := Open(third, quiet())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.engine.compact(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		snapshot := snapshotPath(third, 2)
		raw, err := os.ReadFile(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)-3] ^= 1
		if err := os.WriteFile(snapshot, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(third, quiet()); err == nil || !strings.Contains(err.Error(), snapshot) {
			t.Errorf("snapshot: %v", err)
		}
	})

	t.Run("a process that died as it made a journal file leaves no harm", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		if err := os.WriteFile(journalPath(dir, 1), []byte(journalMagic[:5]), 0o600); err != nil {
			t.Fatal(err)
		}
		b := setupDir(t, dir, Options{})
		mustInsert(t, b.orders, bson.M{"_id": "a"})
	})
}

func TestRestart(t *testing.T) {
	t.Parallel()

	b := setup(t)
	index := mongo.IndexModel{Keys: bson.M{"n": 1}}
	if _, err := b.orders.Indexes().CreateOne(t.Context(), index); err != nil {
		t.Fatal(err)
	}
	mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1}, bson.M{"_id": "b", "n": 2}, bson.M{"_id": "c", "n": 3})
	if _, err := b.orders.DeleteOne(t.Context(), bson.M{"_id": "a"}); err != nil {
		t.Fatal(err)
	}
	dropped := b.client.Database("dropped").Collection("orders")
	mustInsert(t, dropped, bson.M{"_id": "old"})
	if err := dropped.Database().Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustInsert(t, dropped, bson.M{"_id": "new"})
	b.stop()

	b = setupDir(t, b.dir, Options{})
	if got := ids(all(t, b.orders, bson.M{})); got != "b c" {
		t.Errorf("orders after a restart: %q", got)
	}
	if got := ids(all(t, b.client.Database("dropped").Collection("orders"), bson.M{})); got != "new" {
		t.Errorf("dropped collection after a restart: %q", got)
	}
	if diff := cmp.Diff([]string{"_id_", "n_1"}, indexNames(t, b.orders)); diff != "" {
		t.Error(diff)
	}
}

func TestLock(t *testing.T) {
	t.Parallel()

	t.Run("keeps a second server out until the first one ends", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		_, err := Open(b.dir, quiet())
		if err == nil || !strings.Contains(err.Error(), "another process has it open") {
			t.Fatalf("got %v", err)
		}
		b.stop()
		s, err := Open(b.dir, quiet())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("is let go of on close, also while this process starts others", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		var forks sync.WaitGroup
		for range 2 {
			forks.Go(func() {
				for ctx.Err() == nil {
					_ = exec.CommandContext(ctx, os.Args[0], "-test.run=^$").Run()
				}
			})
		}
		dir := t.TempDir()
		for range 100 {
			s, err := Open(dir, quiet())
			if err != nil {
				t.Error(err)
				break
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		cancel()
		forks.Wait()
	})
}

func TestCompaction(t *testing.T) {
	t.Parallel()

	t.Run("keeps everything, and the folder small, as writers go on", func(t *testing.T) {
		t.Parallel()

		b := setupDir(t, t.TempDir(), Options{CompactBytes: 64 << 10})
		if _, err := b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"n": 1}}); err != nil {
			t.Fatal(err)
		}
		pad := strings.Repeat("x", 2000)
		together(8, func(i int) {
			for n := range 60 {
				_, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": fmt.Sprint(i)}, bson.M{"$set": bson.M{"pad": pad, "n": i*1000 + n}}, options.UpdateOne().SetUpsert(true))
				if err != nil {
					t.Errorf("write: %v", err)
				}
			}
		})
		want := all(t, b.orders, bson.M{}, options.Find().SetSort(bson.M{"_id": 1}))
		b.stop()
		if len(want) != 8 || want[3]["n"] != int32(3059) {
			t.Fatalf("stored %v", want)
		}
		files, err := filepath.Glob(filepath.Join(b.dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		var total int64
		snapshots := 0
		for _, f := range files {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			total += info.Size()
			snapshots += strings.Count(f, "snapshot-")
		}
		if snapshots != 1 || total > 600_000 { // about 1 MB was written
			t.Errorf("%d snapshots, %d bytes in %v", snapshots, total, files)
		}
		b2 := setupDir(t, b.dir, Options{})
		if diff := cmp.Diff(want, all(t, b2.orders, bson.M{}, options.Find().SetSort(bson.M{"_id": 1}))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"_id_", "n_1"}, indexNames(t, b2.orders)); diff != "" {
			t.Error(diff)
		}
		_, err = b2.orders.InsertOne(t.Context(), bson.M{"_id": "3"})
		wantCode(t, err, 11000)
	})

	t.Run("may be cut short at every step", func(t *testing.T) {
		t.Parallel()

		for _, step := range []string{"snapshot half written", "old files not removed", "snapshot not yet in place"} {
			dir := t.TempDir()
			path, before := filled(t, dir)
			s, err := Open(dir, quiet())
			if err != nil {
				t.Fatal(err)
			}
			if err := s.engine.compact(); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			snapshot := snapshotPath(dir, 2)
			switch step {
			case "old files not removed":
			case "snapshot half written":
				if err := os.Rename(snapshot, snapshot+".tmp"); err != nil {
					t.Fatal(err)
				}
			case "snapshot not yet in place":
				if err := os.Remove(snapshot); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(path, before, 0o600); err != nil {
				t.Fatal(err)
			}
			b := setupDir(t, dir, Options{})
			if n := len(all(t, b.orders, bson.M{})); n != 10 {
				t.Errorf("%s: %d orders", step, n)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); len(left) > 0 {
				t.Errorf("%s: left %v", step, left)
			}
			b.stop()
		}
	})
}

func TestGroupCommit(t *testing.T) {
	t.Parallel()

	t.Run("writers who come together share one frame and one fsync", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		j := b.server.engine.journal
		hold := func() uint64 { // as a flush under way would
			j.mu.Lock()
			defer j.mu.Unlock()
			j.flushing = true
			return j.seq
		}
		release := func() {
			j.mu.Lock()
			defer j.mu.Unlock()
			j.flushing = false
			j.changed.Broadcast()
		}
		appended := func() uint64 {
			j.mu.Lock()
			defer j.mu.Unlock()
			return j.appended
		}
		before := hold()
		answered := make(chan error, 16)
		for i := range 16 {
			go func() {
				_, err := b.orders.InsertOne(context.Background(), bson.M{"_id": i})
				answered <- err
			}()
		}
		waitFor(t, "sixteen writers", func() bool { return appended() == 16 })
		// All sixteen are visible in memory, and none of them is on disk: nobody may have been
		// answered, readers included.
		read := make(chan error, 1)
		go func() {
			_, err := b.orders.CountDocuments(context.Background(), bson.M{})
			read <- err
		}()
		select { // the delay gives a broken server time to show itself; a sound one needs none
		case err := <-answered:
			t.Errorf("a writer was answered before the fsync: %v", err)
		case err := <-read:
			t.Errorf("a reader was answered before the fsync: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		release()
		for range 16 {
			if err := <-answered; err != nil {
				t.Error(err)
			}
		}
		if err := <-read; err != nil {
			t.Error(err)
		}
		j.mu.Lock()
		defer j.mu.Unlock()
		if frames := j.seq - before; frames != 1 {
			t.Errorf("16 writers took %d frames", frames)
		}
	})

	t.Run("nothing is promised after an fsync that failed", func(t *testing.T) {
		t.Parallel()

		server, err := Open(t.TempDir(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		server.engine.journal.file = badDisk{server.engine.journal.file}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- server.Serve(context.Background(), l) }()
		orders := connect(t, l.Addr().String()).Database("shop").Collection("orders")
		for range 2 {
			_, err = orders.InsertOne(t.Context(), bson.M{"_id": "a"})
			wantCode(t, err, codeInternal)
		}
		_, err = orders.Find(t.Context(), bson.M{}) // would show what may be lost
		wantCode(t, err, codeInternal)
		if err := server.Close(); err == nil {
			t.Error("closed without a word")
		}
		if err := <-served; err == nil {
			t.Error("served without a word")
		}
	})
}

// badDisk takes writes and can't sync them.
type badDisk struct{ journalFile }

func (badDisk) Sync() error { return errors.New("no space left on device") }

func TestFrames(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "frames")
	raw := []byte(journalMagic)
	for i := range 3 {
		frame := append(make([]byte, headerBytes), fmt.Sprintf("payload %d", i)...)
		sealFrame(frame, uint64(i+8))
		raw = append(raw, frame...)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	fr, err := openFrames(path, journalMagic, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer fr.close()
	for i := range 3 {
		payload, err := fr.next()
		if err != nil || string(payload) != fmt.Sprintf("payload %d", i) {
			t.Errorf("frame %d: %q, %v", i, payload, err)
		}
	}
	if _, err := fr.next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
}
