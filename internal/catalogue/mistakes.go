package catalogue

import (
	"cmp"

	"handler/function/internal/typed"
)

// checker collects the mistakes of a catalogue, each once and without follow-up mistakes.
type checker struct {
	mistakes typed.Mistakes
	// lines are those of the catalogue's values, by their addresses.
	lines map[any]int
	// reported are the values that were reported as unreadable.
	reported map[any]bool
	// vague are the objects with an unknown field: it may be meant as the missing one.
	vague map[any]bool
}

func newChecker() *checker {
	return &checker{lines: map[any]int{}, reported: map[any]bool{}, vague: map[any]bool{}}
}

// err is all mistakes, each as file:line: what.
func (k *checker) err(file string) error { return typed.In(file, k.mistakes.Err()) }

// wrong records a mistake. One without a place in the file, on line 0, is reported on line 1.
func (k *checker) wrong(line int, format string, args ...any) {
	k.mistakes = append(k.mistakes, *typed.Mistakef(max(line, 1), format, args...))
}

// missing records that an object lacks one of its fields; both are addresses. The line is that of
// the empty field, else that of the object. A field that is there and wrong is not missing.
func (k *checker) missing(object, field any, format string, args ...any) {
	if !k.reported[object] && !k.reported[field] && !k.vague[object] && !k.vague[field] {
		k.wrong(cmp.Or(k.lines[field], k.lines[object]), format, args...)
	}
}
