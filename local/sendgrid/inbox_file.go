package sendgrid

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// messageFile is the inbox on disk: one message a line, newest last. It is read once, at the start,
// and from then on only this process writes it. What it holds survives the process being killed; it
// is not synced, since an inbox on a laptop need not survive the laptop.
type messageFile struct {
	path  string
	lines int
}

// load reads the newest messages. A last line that was cut short, because the process was killed
// while it wrote, was never acknowledged, so it is dropped; anything else that cannot be read is an
// error.
func (f *messageFile) load() ([]Message, error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()

	var messages []Message
	torn := false
	for r := bufio.NewReader(file); ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			torn = len(line) > 0
			break
		}
		if err != nil {
			return nil, err
		}
		f.lines++
		var m Message
		if err := json.Unmarshal(line, &m); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", f.path, f.lines, err)
		}
		messages = newest(append(messages, m))
	}
	if torn || f.lines > len(messages) {
		return messages, f.rewrite(messages)
	}
	return messages, nil
}

// append adds m, and leaves out the old lines once they are as many as those that count.
func (f *messageFile) append(m Message, before []Message) error {
	if f.lines >= 2*maxMessages {
		if err := f.rewrite(before); err != nil {
			return err
		}
	}
	line, err := encode([]Message{m})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(line)
	if err = errors.Join(err, file.Close()); err != nil {
		// Half a line may be there now, and the next message must not be glued to it.
		return errors.Join(err, f.rewrite(before))
	}
	f.lines++
	return nil
}

// rewrite puts a new file in the old one's place, so that there is always a whole one.
func (f *messageFile) rewrite(messages []Message) error {
	b, err := encode(messages)
	if err != nil {
		return err
	}
	next := f.path + ".next"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	if err := os.Rename(next, f.path); err != nil {
		return err
	}
	f.lines = len(messages)
	return nil
}

func encode(messages []Message) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, m := range messages {
		if err := enc.Encode(m); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
