package mongodb

import (
	"testing"

	"handler/function/internal/order"
)

// A field that is left out of a write stays as it was: money that is back again would stay away.
func TestEmptyMoneyIsWritten(t *testing.T) {
	t.Parallel()

	set, err := fields(&order.Order{ID: "cs_1"})
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	for _, e := range set {
		written[e.Key] = true
	}
	for _, field := range []string{"refunded", "refunded_wholly", "disputed", "disputed_amount", "dispute_reason", "dispute", "withdrawn"} {
		if !written[field] {
			t.Errorf("%s is not written when it is empty", field)
		}
	}
}
