package mongod

import (
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// engine holds the latest version of the catalog and lets one writer at a time make the next one.
type engine struct {
	dir          string
	log          *slog.Logger
	compactBytes int64
	lock         *os.File
	journal      *journal
	head         atomic.Pointer[catalog]

	mu         sync.Mutex // held by the writer
	sessions   sessions
	compacting atomic.Bool
	closing    atomic.Bool
	background sync.WaitGroup
}

func openEngine(dir string, opts Options) (*engine, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	e := &engine{dir: dir, log: opts.Logger, compactBytes: opts.CompactBytes, lock: lock}
	state, err := loadDir(dir, opts.Logger)
	if err == nil {
		e.journal, err = continueJournal(dir, state)
	}
	if err != nil {
		return nil, errors.Join(err, unlockDir(lock))
	}
	e.head.Store(state.tx.catalog)
	e.sessions = state.tx.sessions
	e.maybeCompact()
	return e, nil
}

// write runs fn on the next version and publishes it, unless fn fails: then nothing has happened.
// The writes are on their way to the disk when it returns, in the order of their versions: settle
// waits for them.
func (e *engine) write(fn func(*tx) error) error { return e.writeOnce(nil, fn) }

// writeOnce is write for a retryable write, if id is not nil.
func (e *engine) writeOnce(id *writeID, fn func(*tx) error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := newTx(e.head.Load(), e.sessions)
	if id != nil {
		if err := e.sessions.begin(id, time.Now()); err != nil {
			return err
		}
		t.id = id
	}
	if err := fn(t); err != nil {
		return err
	}
	if len(t.ops) == 0 {
		return nil
	}
	if err := e.journal.append(t.ops); err != nil {
		return err
	}
	e.head.Store(t.catalog)
	if id != nil {
		e.sessions.keep(*id, t.answers, time.Now())
	}
	e.maybeCompact()
	return nil
}

// collection is the latest version of ns for a reader: nil if there is none.
func (e *engine) collection(ns string) *collection { return e.head.Load().collections[ns] }

// settle waits until everything that was visible when it was called is on disk.
func (e *engine) settle() error { return e.journal.wait() }

// maybeCompact starts a compaction when the journal holds much more than what lives.
func (e *engine) maybeCompact() {
	live := e.head.Load().bytes()
	if e.journal.bytes() < max(e.compactBytes, 2*live) || e.closing.Load() || !e.compacting.CompareAndSwap(false, true) {
		return
	}
	e.background.Go(func() {
		defer e.compacting.Store(false)
		// The old files still hold everything if this fails, and the next attempt comes with the
		// next growth.
		if err := e.compact(); err != nil && !errors.Is(err, errClosing) {
			e.log.Warn("the database's journal was not compacted", "path", e.dir, "err", err)
		}
	})
}

var errClosing = errorf(codeShutdown, "the database is closing")

func (e *engine) close() error {
	e.mu.Lock() // so that no writer starts a compaction after this
	e.closing.Store(true)
	e.mu.Unlock()
	e.background.Wait()
	return errors.Join(e.journal.close(), unlockDir(e.lock))
}
