// Package terminal asks the person at the terminal for a yes, or for a secret without showing it.
package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNone: the input is not a terminal, or has ended, so there is no answer.
var ErrNone = errors.New("there is no terminal to ask on")

// Terminal is a person's input and output.
type Terminal struct {
	In  *os.File
	Out io.Writer
}

// Confirm asks a question, and reports whether the answer is y or yes. It ends with the context,
// and returns ErrNone without an answer.
func (t Terminal) Confirm(ctx context.Context, question string) (bool, error) {
	if !t.there() {
		return false, ErrNone
	}
	answer, err := t.ask(ctx, question, func() (string, error) { return bufio.NewReader(t.In).ReadString('\n') })
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", err
}

// Hidden asks for a line that does not appear on the screen: a secret. It is without the white
// space around it, and empty where only Enter was pressed. It ends with the context, and returns
// ErrNone without an answer.
func (t Terminal) Hidden(ctx context.Context, prompt string) (string, error) {
	fd := int(t.In.Fd())
	before, err := term.GetState(fd)
	if err == nil {
		err = quiet(fd)
	}
	if err != nil {
		return "", ErrNone
	}
	line, err := t.ask(ctx, prompt, func() (string, error) {
		b, err := term.ReadPassword(fd)
		return string(b), err
	})
	// If the context ended, the reader still runs, and the screen would stay without echo.
	_ = term.Restore(fd, before)
	fmt.Fprintln(t.Out)
	return line, err
}

func (t Terminal) there() bool {
	info, err := t.In.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// ask reads a line for as long as the context lasts.
func (t Terminal) ask(ctx context.Context, prompt string, read func() (string, error)) (string, error) {
	fmt.Fprint(t.Out, prompt)
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // which a Ctrl-C leaves behind, and the process ends
		line, err := read()
		answers <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(t.Out)
		return "", ctx.Err()
	case a := <-answers:
		if a.err != nil && a.text == "" { // the end of the input, such as /dev/null
			fmt.Fprintln(t.Out)
			return "", ErrNone
		}
		return a.text, nil
	}
}
