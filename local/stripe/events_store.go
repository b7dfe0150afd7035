package stripe

import (
	"cmp"
	"slices"
)

func (s *store) addEvent(e event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.file.Append(record{Event: e.raw}); err != nil {
		return err
	}
	s.keep(e)
	return nil
}

// keep takes an event in the place of one of its ID, or as the newest, and lets the oldest go
// beyond maxEvents.
func (s *store) keep(e event) {
	if i := slices.IndexFunc(s.events, func(old event) bool { return old.ID == e.ID }); i >= 0 {
		s.events[i] = e
		return
	}
	s.events = append(s.events, e)
	if beyond := len(s.events) - maxEvents; beyond > 0 {
		s.events = slices.Delete(s.events, 0, beyond)
	}
}

// eventsOf are an account's events, the newest first.
func (s *store) eventsOf(account string) []event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []event
	for _, e := range slices.Backward(s.events) { // of one second the last to come is first
		if e.Account == account {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(b.Created, a.Created) })
	return all
}

// sessionsOf are an account's sessions, each as its newest event says, the newest first.
func (s *store) sessionsOf(account string) []*session {
	var all []*session
	seen := map[string]bool{}
	for _, e := range s.eventsOf(account) {
		if e.session != nil && !seen[e.session.ID] {
			seen[e.session.ID] = true
			all = append(all, e.session)
		}
	}
	slices.SortStableFunc(all, func(a, b *session) int { return cmp.Compare(b.Created, a.Created) })
	return all
}

func (s *store) session(k key) (*session, bool) {
	for _, c := range s.sessionsOf(k.account) {
		if c.ID == k.session {
			return c, true
		}
	}
	return nil, false
}
