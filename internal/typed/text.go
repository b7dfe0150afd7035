// Package typed reads what a person typed, or pasted: files as editors on any system save them, and
// words with the slips that keyboards and copying make.
package typed

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Mistake is what is wrong in a file, and where.
type Mistake struct {
	Line int // from 1
	What string
}

// Mistakef is a mistake whose text is formatted.
func Mistakef(line int, format string, args ...any) *Mistake {
	return &Mistake{line, fmt.Sprintf(format, args...)}
}

// Mistakes are all that is wrong in a file.
type Mistakes []Mistake

// Err is the mistakes as an error, or nil where there are none.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

// In puts a file's name before each of the mistakes that an error is: file:line: what.
func In(file string, err error) error {
	var m Mistakes
	if !errors.As(err, &m) {
		return err
	}
	var all []error
	for _, one := range m.sorted() {
		all = append(all, fmt.Errorf("%s:%d: %s", file, one.Line, oneLine.Replace(one.What)))
	}
	return errors.Join(all...)
}

// Error is the mistakes by their lines, each as line 3: what.
func (m Mistakes) Error() string {
	var all []string
	for _, one := range m.sorted() {
		all = append(all, fmt.Sprintf("line %d: %s", one.Line, oneLine.Replace(one.What)))
	}
	return strings.Join(all, "\n")
}

// sorted is each mistake once; those of one line stay in their order.
func (m Mistakes) sorted() Mistakes {
	seen := map[Mistake]bool{}
	byLine := slices.SortedStableFunc(slices.Values(m), func(a, b Mistake) int { return cmp.Compare(a.Line, b.Line) })
	return slices.DeleteFunc(byLine, func(one Mistake) bool {
		again := seen[one]
		seen[one] = true
		return again
	})
}

// oneLine keeps a mistake on one line, also if it quotes several.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

const byteOrderMark = "\ufeff"

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Text is a file as text, without a byte order mark and with \n for every line break. It refuses
// what is not UTF-8.
func Text(file []byte) (string, *Mistake) {
	if bytes.HasPrefix(file, []byte("\xff\xfe")) || bytes.HasPrefix(file, []byte("\xfe\xff")) {
		return "", Mistakef(1, "the file is UTF-16: save it as UTF-8")
	}
	text := lineBreaks.Replace(strings.TrimPrefix(string(file), byteOrderMark))
	if utf8.ValidString(text) {
		return text, nil
	}
	line := 0
	for l := range strings.Lines(text) {
		line++
		if !utf8.ValidString(l) {
			break
		}
	}
	return "", Mistakef(line, "this line is not UTF-8: save the file as UTF-8")
}
