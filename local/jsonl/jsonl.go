// Package jsonl keeps the records of a mock in a file, one JSON value a line. What was appended
// survives the end of the process, also by a kill; it is not synced, since what a laptop's mock
// keeps need not survive the laptop.
package jsonl

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

// File is the records of one owner, who reads them once, at the start, and locks: only one call at
// a time. A nil File keeps nothing.
type File[R any] struct {
	path string
	// current gives the records that still count.
	current  func() []R
	most     int
	appended int
}

// Open replays the file's records, oldest first. From then on it is written anew with the current
// records once as many as most were appended, so that it does not grow without end. An empty path
// is no file.
func Open[R any](path string, most int, replay func(R) error, current func() []R) (*File[R], error) {
	if path == "" {
		return nil, nil
	}
	f := &File[R]{path: path, current: current, most: most}
	lines, torn, err := f.load(replay)
	if err == nil && (torn || lines > len(current())) {
		err = f.Rewrite()
	}
	return f, err
}

// load counts the lines. A last one that was cut short by the end of the process was never
// acknowledged, so it is dropped; anything else that cannot be read is an error.
func (f *File[R]) load(replay func(R) error) (lines int, torn bool, err error) {
	file, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer file.Close()

	for r := bufio.NewReader(file); ; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return lines, len(line) > 0, nil
		}
		if err != nil {
			return lines, false, err
		}
		lines++
		var record R
		if err = json.Unmarshal(line, &record); err == nil {
			err = replay(record)
		}
		if err != nil {
			return lines, false, fmt.Errorf("%s, line %d: %w", f.path, lines, err)
		}
	}
}

// Append adds a record, which is not current yet.
func (f *File[R]) Append(record R) error {
	if f == nil {
		return nil
	}
	if f.appended >= f.most {
		if err := f.Rewrite(); err != nil {
			return err
		}
	}
	line, err := encode(record)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(line)
	if err = errors.Join(err, file.Close()); err != nil {
		// Half a line may be there now, and the next record must not be glued to it.
		return errors.Join(err, f.Rewrite())
	}
	f.appended++
	return nil
}

// Rewrite puts a new file with the current records in the old one's place, so that there is always
// a whole one.
func (f *File[R]) Rewrite() error {
	if f == nil {
		return nil
	}
	text, err := encode(f.current()...)
	if err != nil {
		return err
	}
	next := f.path + ".next"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(next, f.path); err != nil {
		return err
	}
	f.appended = 0
	return nil
}

// encode keeps <, > and & as they were written.
func encode[R any](records ...R) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	for _, r := range records {
		if err := e.Encode(r); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}
