package view_test

import (
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func later(d time.Duration) time.Time { return start.Add(d) }

// fetched is the order of a sample event at start, with its items, and not planned yet.
func fetched(t *testing.T, name string) *order.Order {
	t.Helper()
	all, err := sample.Orders(start)
	if err != nil {
		t.Fatal(err)
	}
	return all[name]
}

// halfSent is an order of which one e-mail was sent and the other is to be tried again.
func halfSent(t *testing.T) *order.Order {
	t.Helper()
	o, err := sample.HalfSent(start)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func mustHave(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
