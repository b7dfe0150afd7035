package mongod

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// journalFile is what a journal needs of an *os.File.
type journalFile interface {
	Write(b []byte) (int, error)
	Sync() error
	Close() error
}

// journal appends operations to the newest journal file. Writers hand over their operations under
// the engine's lock and then wait together: one of them writes and fsyncs for all that have come by
// then.
type journal struct {
	dir string

	mu       sync.Mutex
	changed  sync.Cond // flushing, durable or err have changed
	file     journalFile
	gen      uint64 // the file's number
	seq      uint64 // the last frame's number
	pending  []byte // the next frame, with room for its header
	spare    []byte
	appended uint64 // commits handed over
	durable  uint64 // commits on disk
	flushing bool
	size     int64 // bytes of journal since the last snapshot
	err      error // what ended the journal: after a failed fsync nobody knows what is on disk, so nothing more is promised
}

func journalPath(dir string, gen uint64) string {
	return filepath.Join(dir, fmt.Sprintf("journal-%08d", gen))
}

func snapshotPath(dir string, gen uint64) string {
	return filepath.Join(dir, fmt.Sprintf("snapshot-%08d", gen))
}

// continueJournal opens the file that loadDir ended at, for appending.
func continueJournal(dir string, state *loaded) (*journal, error) {
	j := &journal{dir: dir, gen: state.gen, seq: state.seq, size: state.size, pending: make([]byte, headerBytes)}
	j.changed.L = &j.mu
	var err error
	if state.fresh {
		j.file, err = createJournal(dir, state.gen)
	} else {
		j.file, err = os.OpenFile(journalPath(dir, state.gen), os.O_WRONLY|os.O_APPEND, 0o600)
	}
	return j, err
}

func createJournal(dir string, gen uint64) (*os.File, error) {
	f, err := os.OpenFile(journalPath(dir, gen), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create a journal file: %w", err)
	}
	if _, err = f.WriteString(journalMagic); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		// Were the file left while the one before it goes on, a torn end of that one would pass for
		// damage in the middle.
		return nil, fmt.Errorf("create a journal file: %w", errors.Join(err, f.Close(), os.Remove(f.Name())))
	}
	return f, nil
}

// append takes over one commit's operations; they go to disk with the next flush.
func (j *journal) append(ops []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	j.pending = append(j.pending, ops...)
	j.size += int64(len(ops))
	j.appended++
	return nil
}

// wait returns when every commit that was appended before the call is on disk. Whoever finds nobody
// flushing does it.
func (j *journal) wait() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	target := j.appended
	for j.durable < target {
		if j.err != nil {
			return j.err
		}
		if j.flushing {
			j.changed.Wait()
			continue
		}
		j.flush()
	}
	return nil
}

// flush writes the pending commits as one frame and fsyncs. The lock is free meanwhile, so that the
// next ones gather.
func (j *journal) flush() {
	frame, commits := j.pending, j.appended
	j.pending = append(j.spare[:0], make([]byte, headerBytes)...)
	j.seq++
	seq, file := j.seq, j.file
	j.flushing = true
	j.mu.Unlock()

	sealFrame(frame, seq)
	_, err := file.Write(frame)
	if err == nil {
		err = file.Sync()
	}

	j.mu.Lock()
	j.flushing = false
	j.spare = frame
	if cap(frame) > 8<<20 {
		j.spare = nil // one huge insert should not hold its memory for ever
	}
	if err != nil {
		j.fail(errorf(codeInternal, "write the journal: %v", err))
	} else {
		j.durable = commits
	}
	j.changed.Broadcast()
}

func (j *journal) fail(err error) {
	if j.err == nil {
		j.err = err
	}
}

// rotate writes what is pending and goes on in a new file. It returns that file's number and the
// last frame before it. The caller keeps writers away.
func (j *journal) rotate() (gen, seq uint64, err error) {
	if err := j.wait(); err != nil {
		return 0, 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.flushing { // of a waiter that came after ours; with no writer there is nothing left to flush after it
		j.changed.Wait()
	}
	if j.err != nil {
		return 0, 0, j.err
	}
	file, err := createJournal(j.dir, j.gen+1)
	if err != nil {
		return 0, 0, err
	}
	old := j.file
	j.file, j.gen, j.size = file, j.gen+1, 0
	return j.gen, j.seq, old.Close()
}

// bytes is how much journal was written since the last snapshot.
func (j *journal) bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

func (j *journal) close() error {
	err := j.wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.flushing {
		j.changed.Wait()
	}
	j.fail(errClosing)
	return errors.Join(err, j.file.Close())
}
