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

// Misconfiguration is what the owner is to mend, if err is of that kind: a Misconfigured, or what the
// database's package finds wrong with its secret.
func Misconfiguration(err error) (string, bool) {
	for _, wrong := range []error{mongodb.ErrURI, mongodb.ErrAuth} {
		if errors.Is(err, wrong) {
			return wrong.Error(), true
		}
	}
	var m *Misconfigured
	if !errors.As(err, &m) {
		return "", false
	}
	return m.Error(), true
}

// NewMisconfigured is for what is found missing or wrong, here or by a function.
func NewMisconfigured(format string, args ...any) error {
	return &Misconfigured{fmt.Errorf(format, args...)}
}
