package openfaas

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// CallTolerance is how far the time in a call may differ from ours: a copy of a signed call is
// valid for no longer.
const CallTolerance = 5 * time.Minute

// What is wrong with a signed call.
var (
	// ErrCall: its body is not a known call.
	ErrCall = errors.New("unknown request")
	// ErrStale: it changes something, and says no time, or one that is too far from now.
	ErrStale = errors.New("the call is too old, too early, or undated")
)

// Call is what a signed body asks a function for: {"command": arguments}, and beside it {"at": RFC
// 3339} where it is to change something.
type Call struct {
	// Command is what is asked for.
	Command string
	// At is when the call was made; zero where it does not say.
	At time.Time
	// ID is 8 lower-case hexadecimal digits that a copy of the call has too, and that differ from
	// those of other calls: they depend on the call's time.
	ID string

	arguments json.RawMessage
}

// ParseCall reads a signed body. Its error is ErrCall or an ArgumentError, and quotes nothing.
func ParseCall(body []byte) (Call, error) {
	var fields map[string]json.RawMessage
	if strict(body, &fields) != nil {
		return Call{}, ErrCall
	}
	sum := sha256.Sum256(body)
	c := Call{ID: hex.EncodeToString(sum[:4])}
	if at, dated := fields["at"]; dated {
		if strict(at, &c.At) != nil {
			return Call{}, &ArgumentError{"at", "a time such as 2026-11-01T00:00:00Z"}
		}
		delete(fields, "at")
	}
	if len(fields) != 1 {
		return Call{}, ErrCall // nothing, or two things at once
	}
	for c.Command, c.arguments = range fields {
	}
	return c, nil
}

// Arguments reads the arguments of the call. A field that into does not have is an error: it may
// have been meant to matter. Its error is an ArgumentError.
func (c Call) Arguments(into any) error {
	if err := strict(c.arguments, into); err != nil {
		return argumentError(c.Command, into, err)
	}
	return nil
}

// Fresh is ErrStale where the call was not made just now.
func (c Call) Fresh(now time.Time) error {
	if c.At.IsZero() || now.Sub(c.At).Abs() > CallTolerance {
		return ErrStale
	}
	return nil
}

// strict reads one JSON value, with no field that is not known, and nothing behind it.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return ErrCall
	}
	return nil
}
