package mongodb

import (
	"context"
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/internal/order"
)

// unsteady is a collection whose connection breaks.
type unsteady struct {
	Documents
	errs  []error
	calls int
}

func (c *unsteady) Load(context.Context, string) (*order.Order, error) {
	c.calls++
	if c.calls > len(c.errs) {
		return new(order.Order), nil
	}
	return nil, c.errs[c.calls-1]
}

func TestRetry(t *testing.T) {
	t.Parallel()

	broken := mongo.CommandError{Labels: []string{"NetworkError"}}
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		errs  []error
		calls int
		want  error
	}{
		"an operation that succeeds is not repeated":   {nil, 1, nil},
		"two broken connections are survived":          {[]error{broken, broken}, 3, nil},
		"three are not":                                {[]error{broken, broken, broken, broken}, 3, broken},
		"an error of another kind is returned at once": {[]error{refused}, 1, refused},
		"so is one after a broken connection":          {[]error{broken, refused}, 2, refused},
		"nor is one after a timeout":                   {[]error{context.DeadlineExceeded}, 1, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			documents := &unsteady{errs: c.errs}
			_, err := NewStoreOf(documents).Load(t.Context(), "cs_1")
			if !sameError(err, c.want) || documents.calls != c.calls {
				t.Errorf("%d calls and %v, want %d and %v", documents.calls, err, c.calls, c.want)
			}
		})
	}
}

// sameError compares by text where an error cannot be compared.
func sameError(err, want error) bool {
	var command mongo.CommandError
	if errors.As(want, &command) {
		return errors.As(err, &command) && command.HasErrorLabel("NetworkError")
	}
	return errors.Is(err, want)
}
