package stripe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// key says whose session: the shop's own when account is empty, else a connected account's.
type key struct{ session, account string }

// store holds the line items of sessions, and events, and appends each change to its file when it
// has one.
type store struct {
	mu    sync.Mutex
	items map[key][]item
	// events are the newest, as they came.
	events []event
	path   string
	// appended is how many lines the file has got since it was written anew.
	appended int
}

// record is one line of the file: the items that a session had from then on, or null for none; or
// an event.
type record struct {
	Session string            `json:"session,omitempty"`
	Account string            `json:"account,omitempty"`
	Items   []json.RawMessage `json:"items"`
	Event   json.RawMessage   `json:"event,omitempty"`
}

func openStore(path string) (*store, error) {
	s := &store{items: map[key][]item{}, path: path}
	if path == "" {
		return s, nil
	}
	return s, s.load()
}

func (s *store) get(k key) ([]item, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items, ok := s.items[k]
	return items, ok
}

func (s *store) set(k key, items []item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(itemsRecord(k, items)); err != nil {
		return err
	}
	s.items[k] = items
	return nil
}

func (s *store) remove(k key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(itemsRecord(k, nil)); err != nil {
		return err
	}
	delete(s.items, k)
	return nil
}

// load replays the file and writes it anew, without what was replaced since. A last line that was
// cut short by the end of the process was never acknowledged, and goes.
func (s *store) load() error {
	file, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()

	r := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return s.rewrite()
		}
		if err != nil {
			return err
		}
		if err := s.replay(line); err != nil {
			return fmt.Errorf("%s, line %d: %w", s.path, n, err)
		}
	}
}

func (s *store) replay(line []byte) error {
	var rec record
	if err := json.Unmarshal(line, &rec); err != nil {
		return err
	}
	if rec.Event != nil {
		e, err := parseEvent(rec.Event)
		s.keep(e)
		return err
	}
	k := key{rec.Session, rec.Account}
	if rec.Items == nil {
		delete(s.items, k)
		return nil
	}
	b, err := json.Marshal(rec.Items)
	if err != nil {
		return err
	}
	s.items[k], err = parseItems(b)
	return err
}

func (s *store) append(rec record) error {
	if s.path == "" {
		return nil
	}
	if s.appended > 2*maxEvents { // most of them are of no use any more
		if err := s.rewrite(); err != nil {
			return err
		}
	}
	line, err := rec.line()
	if err != nil {
		return err
	}
	file, err := os.OpenFile(s.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(line)
	if err = errors.Join(err, file.Close()); err != nil {
		// Half a line may be there now, and the next one must not be glued to it.
		return errors.Join(err, s.rewrite())
	}
	s.appended++
	return nil
}

// rewrite puts a new file in the old one's place, so that there is always a whole one.
func (s *store) rewrite() error {
	var all bytes.Buffer
	var records []record
	for k, items := range s.items {
		records = append(records, itemsRecord(k, items))
	}
	for _, e := range s.events {
		records = append(records, record{Event: e.raw})
	}
	for _, rec := range records {
		line, err := rec.line()
		if err != nil {
			return err
		}
		all.Write(line)
	}
	s.appended = 0
	next := s.path + ".next"
	if err := os.WriteFile(next, all.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.path)
}

// itemsRecord is what a session bought. No items is a session that bought nothing, nil one that is
// not there.
func itemsRecord(k key, items []item) record {
	rec := record{Session: k.session, Account: k.account}
	if items != nil {
		rec.Items = []json.RawMessage{}
	}
	for _, it := range items {
		rec.Items = append(rec.Items, it.raw)
	}
	return rec
}

func (rec record) line() ([]byte, error) {
	b, err := json.Marshal(rec)
	return append(b, '\n'), err
}
