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

// store holds the line items of sessions, and appends each change to its file when it has one.
type store struct {
	mu    sync.Mutex
	items map[key][]item
	path  string
}

// record is one line of the file: the items that a session had from then on, or null for none.
type record struct {
	Session string            `json:"session"`
	Account string            `json:"account,omitempty"`
	Items   []json.RawMessage `json:"items"`
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
	if err := s.append(k, items); err != nil {
		return err
	}
	s.items[k] = items
	return nil
}

func (s *store) remove(k key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(k, nil); err != nil {
		return err
	}
	delete(s.items, k)
	return nil
}

// load replays the file and writes it anew, without what was replaced since. A last line that was cut short
// by the end of the process was never acknowledged, and goes.
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

func (s *store) append(k key, items []item) error {
	if s.path == "" {
		return nil
	}
	line, err := encode(k, items)
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
	return nil
}

// rewrite puts a new file in the old one's place, so that there is always a whole one.
func (s *store) rewrite() error {
	var all bytes.Buffer
	for k, items := range s.items {
		line, err := encode(k, items)
		if err != nil {
			return err
		}
		all.Write(line)
	}
	next := s.path + ".next"
	if err := os.WriteFile(next, all.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.path)
}

// encode is one line. No items is a session that bought nothing, nil one that is not there.
func encode(k key, items []item) ([]byte, error) {
	rec := record{Session: k.session, Account: k.account}
	if items != nil {
		rec.Items = []json.RawMessage{}
	}
	for _, it := range items {
		rec.Items = append(rec.Items, it.raw)
	}
	b, err := json.Marshal(rec)
	return append(b, '\n'), err
}
