package openfaas

import (
	"errors"
	"fmt"
)

// Misconfigured is an error that the owner must correct: a secret or a setting is missing or wrong.
// Its text names it, holds no secret, and may go into an answer.
type Misconfigured struct{ err error }

func (m *Misconfigured) Error() string { return m.err.Error() }

// Unwrap returns the cause.
func (m *Misconfigured) Unwrap() error { return m.err }

// Misconfiguration is the text of the Misconfigured that err is or wraps, if any.
func Misconfiguration(err error) (string, bool) {
	var m *Misconfigured
	if !errors.As(err, &m) {
		return "", false
	}
	return m.Error(), true
}

// NewMisconfigured is for a missing or wrong value, found here or by a function.
func NewMisconfigured(format string, args ...any) error {
	return &Misconfigured{fmt.Errorf(format, args...)}
}
