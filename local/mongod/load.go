package mongod

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// loaded is what a folder holds, and where its journal goes on.
type loaded struct {
	tx    *tx
	gen   uint64 // the journal file to append to
	seq   uint64 // its last frame
	size  int64  // bytes of journal since the snapshot
	fresh bool   // the journal file does not exist yet, or not even its first line
}

// loadDir reads the newest snapshot and every journal file since. A half-written last frame is cut
// off.
func loadDir(dir string, log *slog.Logger) (*loaded, error) {
	snapshots, journals, err := listFiles(dir)
	if err != nil {
		return nil, err
	}
	state := &loaded{tx: newTx(&catalog{}, sessions{}), gen: 1}
	state.tx.catalog.collections = map[string]*collection{}
	if len(snapshots) > 0 {
		state.gen = slices.Max(snapshots)
		if err := state.readSnapshot(snapshotPath(dir, state.gen)); err != nil {
			return nil, err
		}
	}
	// Older files are in the snapshot: a crash came before they were removed.
	if err := removeBefore(dir, state.gen); err != nil {
		return nil, err
	}
	journals = slices.DeleteFunc(journals, func(gen uint64) bool { return gen < state.gen })
	if len(journals) == 0 {
		if len(snapshots) > 0 {
			return nil, fmt.Errorf("%s is missing", journalPath(dir, state.gen))
		}
		state.fresh = true
		return state, nil
	}
	for i, gen := range journals {
		if want := state.gen + uint64(i); gen != want {
			return nil, fmt.Errorf("%s is missing", journalPath(dir, want))
		}
		if err := state.readJournal(journalPath(dir, gen), i == len(journals)-1, log); err != nil {
			return nil, err
		}
	}
	state.gen = journals[len(journals)-1]
	return state, nil
}

// listFiles returns the numbers of the snapshots and journal files in dir, sorted, and removes
// half-made snapshots.
func listFiles(dir string) (snapshots, journals []uint64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		kind, number, _ := strings.Cut(entry.Name(), "-")
		if strings.HasSuffix(number, ".tmp") {
			if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
				return nil, nil, fmt.Errorf("remove a half-made snapshot: %w", err)
			}
			continue
		}
		gen, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			continue
		}
		switch kind {
		case "snapshot":
			snapshots = append(snapshots, gen)
		case "journal":
			journals = append(journals, gen)
		}
	}
	slices.SortFunc(journals, cmp.Compare[uint64])
	return snapshots, journals, nil
}

func removeBefore(dir string, gen uint64) error {
	snapshots, journals, err := listFiles(dir)
	if err != nil {
		return err
	}
	for _, old := range snapshots {
		if old < gen {
			err = errors.Join(err, os.Remove(snapshotPath(dir, old)))
		}
	}
	for _, old := range journals {
		if old < gen {
			err = errors.Join(err, os.Remove(journalPath(dir, old)))
		}
	}
	return err
}

// readJournal replays a journal file. Only the last one may be torn: its end is cut off, so that
// appending goes on from there.
func (l *loaded) readJournal(path string, last bool, log *slog.Logger) error {
	fr, err := openFrames(path, journalMagic, l.seq)
	if err == nil {
		defer fr.close()
		for err == nil {
			err = l.readFrame(fr)
		}
		l.seq = fr.seq
		l.size += fr.offset
	}
	var d *damage
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &d) && d.torn && last:
		return l.cut(d, log)
	}
	return err
}

func (l *loaded) cut(d *damage, log *slog.Logger) error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	log.Warn("cut off the journal's half-written end, which nobody was told is stored",
		"path", d.path, "offset", d.offset, "bytes", info.Size()-d.offset, "err", d.reason)
	if d.offset == 0 {
		l.fresh = true
		return nil
	}
	f, err := os.OpenFile(d.path, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(d.offset); err != nil {
		return fmt.Errorf("cut off the journal's end: %w", err)
	}
	return f.Sync()
}

// readFrame replays the operations of the next frame.
func (l *loaded) readFrame(fr *frameReader) error {
	at := fr.offset
	payload, err := fr.next()
	if err != nil {
		return err
	}
	return eachDocument(payload, func(op bson.D) error {
		err := l.tx.replay(op)
		l.tx.ops = l.tx.ops[:0]
		if err != nil {
			return fmt.Errorf("replay %s at offset %d: %w", fr.f.Name(), at, err)
		}
		return nil
	})
}

func eachDocument(payload []byte, fn func(bson.D) error) error {
	for len(payload) > 0 {
		if len(payload) < 4 || uint64(binary.LittleEndian.Uint32(payload)) > uint64(len(payload)) {
			return errorf(codeInvalidBSON, "an operation is cut short")
		}
		n := max(binary.LittleEndian.Uint32(payload), 4)
		op, err := decode(payload[:n])
		if err != nil {
			return err
		}
		if err := fn(op); err != nil {
			return err
		}
		payload = payload[n:]
	}
	return nil
}
