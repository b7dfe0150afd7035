// Package fault makes a mock fail on request as the real service can: slow, refusing, or accepting
// a request and breaking the connection before the answer.
//
// A mock wraps its handler with Injector.Wrap. Then
//
//	PUT /_local/fault {"status": 503, "times": 3, "delay_ms": 2000, "after_accepting": true, "retry_after_s": 1}
//
// arms a fault for its next three API calls, `{}` ends it, and GET tells what is left of it. The
// package promises that one API call uses up exactly one time, however many calls come at once, and
// that no path under /_local/ ever fails.
package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"
)

// Endless, given as Times, makes a fault last until it is ended.
const Endless = -1

// maxDelay keeps a mistyped delay from holding a caller for a day.
const maxDelay = time.Hour

// Fault is what happens to an API call: nothing for the zero value.
type Fault struct {
	// Status is what the call is answered with, in the service's own error form. AfterAccepting
	// wins over it.
	Status int `json:"status,omitempty"`
	// Times is for how many calls. 1 unless given; Endless until it is ended.
	Times int `json:"times,omitempty"`
	// DelayMS comes before all else.
	DelayMS int `json:"delay_ms,omitempty"`
	// AfterAccepting lets the service do its work, then breaks the connection without an answer.
	AfterAccepting bool `json:"after_accepting,omitempty"`
	// RetryAfterS is the Retry-After header that goes with Status.
	RetryAfterS int `json:"retry_after_s,omitempty"`
}

func (f Fault) delay() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

// Parse reads the body of a PUT. An empty object is the zero Fault, which ends an armed one. Each
// error is one line for the person who typed the fault.
func Parse(body []byte) (Fault, error) {
	if trimmed := bytes.TrimSpace(body); len(trimmed) == 0 || trimmed[0] != '{' {
		return Fault{}, errors.New("a fault is a JSON object; {} ends it")
	}
	const notGiven = math.MinInt
	f := Fault{Times: notGiven}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return Fault{}, fmt.Errorf("read the fault: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Fault{}, errors.New("read the fault: there is more after the object")
	}
	switch {
	case f == Fault{Times: notGiven}:
		return Fault{}, nil
	case f.Times == notGiven:
		f.Times = 1
	}
	return f, f.validate()
}

func (f Fault) validate() error {
	switch {
	case f.Times != Endless && f.Times < 1:
		return fmt.Errorf("times is %d: it must be 1 or more, or -1 for until it is ended", f.Times)
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("status is %d: it must be from 400 to 599", f.Status)
	case f.DelayMS < 0 || f.DelayMS > int(maxDelay.Milliseconds()):
		return fmt.Errorf("delay_ms is %d: it must be from 0 to %d", f.DelayMS, maxDelay.Milliseconds())
	case f.RetryAfterS < 0:
		return fmt.Errorf("retry_after_s is %d: it cannot be negative", f.RetryAfterS)
	case f.Status == 0 && f.DelayMS == 0 && !f.AfterAccepting:
		return errors.New("nothing would happen: give a status, delay_ms or after_accepting; {} ends a fault")
	}
	return nil
}
