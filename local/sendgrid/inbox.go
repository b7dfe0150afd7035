package sendgrid

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"

	"handler/function/local/jsonl"
	"handler/function/local/reply"
)

// timeLayout is RFC 3339 to the millisecond, always with three digits.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// maxMessages is how many the inbox keeps; older ones make room.
const maxMessages = 5000

// ErrNoMessage: no message has that ID, or it was forgotten.
var ErrNoMessage = errors.New("no such message")

// A Message is one accepted mail send request.
type Message struct {
	MessageID  string            `json:"message_id"`
	ReceivedAt string            `json:"received_at"`
	Request    json.RawMessage   `json:"request"`
	Headers    map[string]string `json:"headers"`
}

// inbox holds the newest messages, oldest first, and keeps its file in step.
type inbox struct {
	mu       sync.Mutex
	messages []Message
	file     *jsonl.File[Message]
}

func openInbox(path string) (*inbox, error) {
	b := &inbox{messages: []Message{}}
	var err error
	b.file, err = jsonl.Open(path, 2*maxMessages, b.keep, func() []Message { return b.messages })
	return b, err
}

func (b *inbox) keep(m Message) error {
	b.messages = append(b.messages, m)
	if extra := len(b.messages) - maxMessages; extra > 0 {
		b.messages = slices.Clone(b.messages[extra:])
	}
	return nil
}

// add keeps m; when it answers nil, m is in the file too.
func (b *inbox) add(m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.file.Append(m); err != nil {
		return err
	}
	return b.keep(m)
}

func (b *inbox) clear() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.messages
	b.messages = []Message{}
	err := b.file.Rewrite()
	if err != nil {
		b.messages = before
	}
	return err
}

// Messages are all that were accepted and not forgotten, oldest first.
func (s *Service) Messages() []Message {
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	return slices.Clone(s.inbox.messages)
}

// Message is the one of an ID; ErrNoMessage where there is none, or no more.
func (s *Service) Message(id string) (Message, error) {
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	i := slices.IndexFunc(s.inbox.messages, func(m Message) bool { return m.MessageID == id })
	if i < 0 {
		return Message{}, ErrNoMessage
	}
	return s.inbox.messages[i], nil
}

// Inbox serves the messages to scripts, at /api/messages: GET lists them oldest first, DELETE
// forgets them, and GET /api/messages/{id} answers one.
func (s *Service) Inbox() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/messages", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, http.StatusOK, s.Messages())
	})
	mux.HandleFunc("GET /api/messages/{id}", s.getMessage)
	mux.HandleFunc("DELETE /api/messages", s.deleteMessages)
	return mux
}

func (s *Service) getMessage(w http.ResponseWriter, r *http.Request) {
	m, err := s.Message(r.PathValue("id"))
	if err != nil {
		reply.Error(w, http.StatusNotFound, err.Error())
		return
	}
	reply.JSON(w, http.StatusOK, m)
}

func (s *Service) deleteMessages(w http.ResponseWriter, _ *http.Request) {
	if err := s.inbox.clear(); err != nil {
		s.log.Error("the inbox could not be emptied", "err", err)
		reply.Error(w, http.StatusInternalServerError, "the inbox's file could not be written")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
