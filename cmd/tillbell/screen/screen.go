// Package screen shows what a command has found: as tables for people, with colours where there is a
// terminal to show them, or as JSON for programs.
package screen

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// Screen is where it is shown.
type Screen struct {
	Out io.Writer
	// JSON: what is shown is the answer itself, for a program.
	JSON bool
	// Colour: there is a terminal.
	Colour bool
}

// Of is a screen on a writer, with colours if it is a terminal and NO_COLOR is not set
// (https://no-color.org).
func Of(out io.Writer, json bool) Screen {
	file, _ := out.(*os.File)
	colour := file != nil && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(file.Fd()))
	return Screen{Out: out, JSON: json, Colour: colour}
}

// Tone is what a cell's colour says.
type Tone string

// The tones are ANSI's colours.
const (
	Plain Tone = ""
	Good  Tone = "32"
	Care  Tone = "33"
	Bad   Tone = "31"
	Dim   Tone = "2"
)

// Cell is a text in a table.
type Cell struct {
	Text string
	Tone Tone
}

// Value writes a value as indented JSON.
func (s Screen) Value(v any) error {
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Line writes one line.
func (s Screen) Line(format string, args ...any) {
	fmt.Fprintf(s.Out, format+"\n", args...)
}

// Table writes rows below their headings, if there are any, each column as wide as its widest text.
func (s Screen) Table(headings []string, rows [][]Cell) {
	all := rows
	if len(headings) > 0 {
		head := make([]Cell, len(headings))
		for i, h := range headings {
			head[i] = Cell{h, Dim}
		}
		all = append([][]Cell{head}, rows...)
	}
	var widths []int
	for _, row := range all {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(safe(c.Text)))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, c := range row {
			text := safe(c.Text)
			line.WriteString(s.painted(text, c.Tone))
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+2))
			}
		}
		fmt.Fprintln(s.Out, strings.TrimRight(line.String(), " "))
	}
}

func (s Screen) painted(text string, tone Tone) string {
	if !s.Colour || tone == Plain || text == "" {
		return text
	}
	return "\x1b[" + string(tone) + "m" + text + "\x1b[0m"
}

// safe is a text that does nothing to a terminal: what customers type may hold its control
// characters.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, text)
}
