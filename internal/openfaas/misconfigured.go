package openfaas

import (
	"errors"
	"fmt"

	"handler/function/internal/mongodb"
)

// Misconfigured is an error that the owner mends: a secret or a setting is missing or wrong. Its text
// names it, holds no secret, and may be shown to whoever calls.
type Misconfigured struct{ err error }

func (m *Misconfigured) Error() string { return m.err.Error() }

// Unwrap is what was found.
func (m *Misconfigured) Unwrap() error { return m.err }

// Misconfiguration is what the owner is to mend, if err is of that kind: a Misconfigured, or a database
// that does not know us.
func Misconfiguration(err error) (string, bool) {
	if errors.Is(err, mongodb.ErrAuth) {
		return "secret mongodb-uri: " + mongodb.ErrAuth.Error(), true
	}
	var m *Misconfigured
	if !errors.As(err, &m) {
		return "", false
	}
	return m.Error(), true
}

// NewMisconfigured is for what a function itself finds missing or wrong.
func NewMisconfigured(format string, args ...any) error { return misconfigured(format, args...) }

func misconfigured(format string, args ...any) error {
	return &Misconfigured{fmt.Errorf(format, args...)}
}
