package sendgrid

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
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

// inbox holds the newest messages, oldest first, and keeps its file in step when it has one.
type inbox struct {
	mu       sync.Mutex
	messages []Message
	file     *messageFile
}

func openInbox(path string) (*inbox, error) {
	b := &inbox{}
	if path == "" {
		return b, nil
	}
	b.file = &messageFile{path: path}
	messages, err := b.file.load()
	if err != nil {
		return nil, err
	}
	b.messages = messages
	return b, nil
}

// add keeps m; when it answers nil, m is in the file too.
func (b *inbox) add(m Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file != nil {
		if err := b.file.append(m, b.messages); err != nil {
			return err
		}
	}
	b.messages = newest(append(b.messages, m))
	return nil
}

func (b *inbox) clear() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file != nil {
		if err := b.file.rewrite(nil); err != nil {
			return err
		}
	}
	b.messages = nil
	return nil
}

// all answers the messages, oldest first.
func (b *inbox) all() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.messages)
}

func (b *inbox) get(id string) (Message, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.IndexFunc(b.messages, func(m Message) bool { return m.MessageID == id })
	if at < 0 {
		return Message{}, ErrNoMessage
	}
	return b.messages[at], nil
}

func newest(messages []Message) []Message {
	if extra := len(messages) - maxMessages; extra > 0 {
		return slices.Clone(messages[extra:])
	}
	return messages
}
