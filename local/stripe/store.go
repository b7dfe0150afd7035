package stripe

import (
	"encoding/json"
	"sync"

	"handler/function/local/jsonl"
)

// key says whose session: the shop's own when account is empty, else a connected account's.
type key struct{ session, account string }

// store holds the line items of sessions, and events, and appends each change to its file.
type store struct {
	mu    sync.Mutex
	items map[key][]item
	// events are the newest, as they came.
	events []event
	file   *jsonl.File[record]
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
	s := &store{items: map[key][]item{}}
	var err error
	s.file, err = jsonl.Open(path, 2*maxEvents, s.replay, s.records)
	return s, err
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
	if err := s.file.Append(itemsRecord(k, items)); err != nil {
		return err
	}
	s.items[k] = items
	return nil
}

func (s *store) remove(k key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.file.Append(itemsRecord(k, nil)); err != nil {
		return err
	}
	delete(s.items, k)
	return nil
}

func (s *store) replay(rec record) error {
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

// records are what the store holds now.
func (s *store) records() []record {
	var all []record
	for k, items := range s.items {
		all = append(all, itemsRecord(k, items))
	}
	for _, e := range s.events {
		all = append(all, record{Event: e.raw})
	}
	return all
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
