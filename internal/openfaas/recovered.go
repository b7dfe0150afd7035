package openfaas

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// ErrPanic: the code panicked on its input.
var ErrPanic = errors.New("panic")

// Recovered, deferred, makes a panic an error that is ErrPanic and holds the trace, where one order
// or event must not end the process.
func Recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: %v\n%s", ErrPanic, p, debug.Stack())
	}
}
