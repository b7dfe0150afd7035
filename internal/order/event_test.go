package order_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// Stripe sends all types that the endpoint is registered for, about objects of any kind.
func TestParseEnvelopeOfOtherObjects(t *testing.T) {
	t.Parallel()

	for name, object := range map[string]string{
		"no session":                     `{"object":"charge"}`,
		"fields of other types":          `{"id":1,"metadata":[],"payment_link":7,"created":"today"}`,
		"a list":                         `[1]`,
		"nothing":                        `null`,
		"a session of a broken metadata": `{"id":"cs_1","object":"checkout.session","metadata":{"a":{}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			payload := []byte(`{"id":"evt_1","data":{"object":` + object + `},"livemode":true,"created":1700000000,"type":"charge.succeeded"}`)
			env, err := order.ParseEnvelope(payload)
			if err != nil || env.ID != "evt_1" || env.Type != "charge.succeeded" || !env.Livemode || env.Created.Unix() != 1700000000 {
				t.Errorf("got %+v, %v", env, err)
			}
			if e, err := env.Event(time.Now()); err == nil {
				t.Errorf("it is an event about a session: %+v", e)
			}
		})
	}
}

// Thin events have a date where an event has seconds; one that had seconds would still hold nothing.
func TestThinEventIsNoEnvelope(t *testing.T) {
	t.Parallel()

	for _, created := range []string{`"2026-11-30T12:00:00.000Z"`, "1700000000"} {
		payload := []byte(`{"id":"evt_1","object":"v2.core.event","created":` + created + `,"livemode":true,"type":"v1.charge.refunded"}`)
		if _, err := order.ParseEnvelope(payload); !errors.Is(err, order.ErrMalformed) {
			t.Errorf("created %s: got %v", created, err)
		}
		if id, eventType, thin := order.Thin(payload); !thin || id != "evt_1" || eventType != "v1.charge.refunded" {
			t.Errorf("created %s: got %q, %q, %v", created, id, eventType, thin)
		}
	}
}

func BenchmarkParseEvent(b *testing.B) {
	payload, err := sample.Event("completed_paid")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := order.ParseEvent(payload, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

// Field paths are made of IDs.
func TestValidID(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("a", 250)
	for id, want := range map[string]bool{
		"cs_test_aZ09": true, "cs_" + long: true, "cs_": false, "cs_" + long + "a": false, "evt_1": false, "": false,
		"cs_a.b": false, "cs_$a": false, "cs_a\x00": false, "cs_a\n": false, "cs_ä": false, "cs_a-b": false, "cs_a b": false, " cs_a": false,
	} {
		if got := order.ValidID(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}
