// Package alerts stands in for the owner's alert channel on the laptop: it keeps what send-email
// posts to the address in the secret alert-url, and refuses what has not the documented form.
package alerts

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"handler/function/internal/alert"
	"handler/function/local/fault"
	"handler/function/local/jsonl"
	"handler/function/local/reply"
)

const (
	// maxAlerts is how many are kept; older ones make room.
	maxAlerts = 1000
	maxBody   = 1 << 20
)

// Alert is one that was accepted.
type Alert struct {
	alert.Message
	ReceivedAt time.Time `json:"received_at"`
}

// Service is the channel. Make it with New.
type Service struct {
	now    func() time.Time
	faults *fault.Injector

	mu   sync.Mutex
	kept []Alert
	file *jsonl.File[Alert]
}

// New reads the alerts of an earlier run from the file; an empty path keeps none.
func New(path string, now func() time.Time) (*Service, error) {
	s := &Service{now: now, kept: []Alert{}}
	s.faults = fault.New(func(w http.ResponseWriter, _ *http.Request, f fault.Fault) {
		reply.Error(w, f.Status, "as the laptop was told to answer")
	})
	var err error
	s.file, err = jsonl.Open(path, 2*maxAlerts, s.keep, func() []Alert { return s.kept })
	return s, err
}

func (s *Service) keep(a Alert) error {
	s.kept = append(s.kept, a)
	s.kept = slices.Clone(s.kept[max(0, len(s.kept)-maxAlerts):])
	return nil
}

// All are the kept alerts, the oldest first.
func (s *Service) All() []Alert {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.kept)
}

// Handler takes alerts at any path, and has for scripts:
//
//	GET /_local/alerts       those that were accepted, the oldest first
//	DELETE /_local/alerts    forgets them
//	PUT /_local/fault        makes the next calls fail, see package fault
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", s.receive)
	mux.HandleFunc("GET /_local/alerts", func(w http.ResponseWriter, _ *http.Request) { reply.JSON(w, http.StatusOK, s.All()) })
	mux.HandleFunc("DELETE /_local/alerts", s.forget)
	return s.faults.Wrap(mux)
}

func (s *Service) receive(w http.ResponseWriter, r *http.Request) {
	m, err := read(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil && r.Header.Get("Content-Type") != "application/json" {
		err = errors.New("the Content-Type is not application/json")
	}
	if err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := Alert{m, s.now().UTC()}
	if err := s.file.Append(a); err != nil {
		reply.Error(w, http.StatusInternalServerError, err.Error())
		return
	}
	_ = s.keep(a) // never fails
	w.WriteHeader(http.StatusNoContent)
}

// read takes an alert of exactly the documented form.
func read(body io.Reader) (m alert.Message, err error) {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("there is more after the object")
	}
	switch {
	case m.Title == "" || m.Text == "" || m.Kind == "" || m.At.IsZero():
		return m, errors.New("title, text, kind and at are required")
	case !slices.Contains([]string{"", alert.Begun, alert.Lasts, alert.Over}, m.State):
		return m, errors.New("state is empty, begun, lasts or over")
	}
	return m, nil
}

func (s *Service) forget(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.kept
	s.kept = []Alert{}
	if err := s.file.Rewrite(); err != nil {
		s.kept = before
		reply.Error(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
