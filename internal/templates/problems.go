package templates

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// problems collects mistakes, each once: every template that uses a partial reports the partial's
// mistakes.
type problems struct {
	list []problem
}

type problem struct {
	path string
	line int
	what string
}

// Error is path:line: what. A mistake of a whole file, or of a folder, is on its first line.
func (p problem) Error() string {
	return fmt.Sprintf("%s:%d: %s", p.path, max(p.line, 1), p.what)
}

// oneLiner makes one line of a message that quotes several of a template.
var oneLiner = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")

func (p *problems) addf(path string, line int, format string, args ...any) {
	what := oneLiner.Replace(fmt.Sprintf(format, args...))
	if found := (problem{path, line, what}); !slices.Contains(p.list, found) {
		p.list = append(p.list, found)
	}
}

func (p *problems) err() error {
	slices.SortStableFunc(p.list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	var errs []error
	for _, problem := range p.list {
		errs = append(errs, problem)
	}
	return errors.Join(errs...)
}
