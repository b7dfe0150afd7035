package mongod

import (
	"errors"
	"fmt"
	"io"
	"os"

	"go.mongodb.org/mongo-driver/bson"
)

const (
	opEnd         = "end"   // seq: the last journal frame that the snapshot holds; nothing comes after it
	snapshotFrame = 1 << 20 // bytes of a snapshot's frame, about
)

// compact replaces the journal so far by a snapshot of what lives. Writers wait only while the
// journal changes files: the snapshot is written from a version that nobody changes. At every
// instant the folder holds a whole database: the old snapshot and all journal files, or the new
// snapshot and the journal files since.
func (e *engine) compact() error {
	e.mu.Lock()
	if e.closing.Load() {
		e.mu.Unlock()
		return errClosing
	}
	state := e.head.Load()
	answers := &tx{}
	err := e.sessions.log(answers)
	gen, seq, rotateErr := e.journal.rotate()
	e.mu.Unlock()
	if err = errors.Join(err, rotateErr); err != nil {
		return err
	}
	path := snapshotPath(e.dir, gen)
	if err := e.writeSnapshot(path+".tmp", state, answers.ops, seq); err != nil {
		return errors.Join(err, os.Remove(path+".tmp"))
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("put the snapshot in place: %w", err)
	}
	if err := syncDir(e.dir); err != nil {
		return err
	}
	return removeBefore(e.dir, gen)
}

func (e *engine) writeSnapshot(path string, state *catalog, answers []byte, seq uint64) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("create a snapshot: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteString(snapMagic); err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	w := &snapshotWriter{tx: tx{ops: make([]byte, headerBytes)}, f: f, stopped: e.closing.Load}
	for _, ns := range state.names("") {
		if err := w.collection(ns, state.collections[ns]); err != nil {
			return err
		}
	}
	w.tx.ops = append(w.tx.ops, answers...)
	if err := w.tx.log(opEnd, "", "seq", int64(seq)); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync a snapshot: %w", err)
	}
	return nil
}

// snapshotWriter gathers operations, in the words of the journal, into frames.
type snapshotWriter struct {
	tx      tx // only its ops are used
	f       *os.File
	seq     uint64
	stopped func() bool
}

func (w *snapshotWriter) collection(ns string, c *collection) error {
	if err := w.tx.log(opCreate, ns, "", nil); err != nil {
		return err
	}
	for _, x := range c.indexes[1:] {
		if err := w.tx.log(opIndex, ns, "spec", x.document()); err != nil {
			return err
		}
	}
	var err error
	c.records.Scan(func(r record) bool {
		if err = w.tx.log(opPut, ns, "doc", *r.doc); err == nil && len(w.tx.ops) > snapshotFrame {
			err = w.flush()
		}
		return err == nil
	})
	return err
}

func (w *snapshotWriter) flush() error {
	if w.stopped() {
		return errClosing
	}
	w.seq++
	sealFrame(w.tx.ops, w.seq)
	if _, err := w.f.Write(w.tx.ops); err != nil {
		return fmt.Errorf("write a snapshot: %w", err)
	}
	w.tx.ops = w.tx.ops[:headerBytes]
	return nil
}

// readSnapshot loads a snapshot, which must be whole: it got its name only after it had been
// fsynced.
func (l *loaded) readSnapshot(path string) error {
	fr, err := openFrames(path, snapMagic, 0)
	if err != nil {
		return err
	}
	defer fr.close()
	ended := false
	for {
		payload, err := fr.next()
		if errors.Is(err, io.EOF) && !ended {
			return fr.damaged("it ends too early", false)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = eachDocument(payload, func(op bson.D) error {
			if lookup(op, "op") == opEnd {
				seq, _ := lookup(op, "seq").(int64)
				l.seq, ended = uint64(seq), true
				return nil
			}
			defer func() { l.tx.ops = l.tx.ops[:0] }()
			return l.tx.replay(op)
		})
		if err != nil {
			return fmt.Errorf("load %s before offset %d: %w", path, fr.offset, err)
		}
	}
}
