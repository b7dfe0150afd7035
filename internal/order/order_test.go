package order_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

var start = time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)

// event is a sample event, changed as a test needs it.
func event(t *testing.T, name string, change func(event, session map[string]any)) order.Event {
	t.Helper()
	body, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	var e map[string]any
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(e, e["data"].(map[string]any)["object"].(map[string]any))
		if body, err = json.Marshal(e); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := order.ParseEvent(body, start)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// placed is the order that the events make, in the order given.
func placed(t *testing.T, events ...order.Event) *order.Order {
	t.Helper()
	o, err := order.New(events[0], start)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events[1:] {
		if _, err := o.Add(e, start); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func permutations(events []order.Event) [][]order.Event {
	if len(events) < 2 {
		return [][]order.Event{events}
	}
	var out [][]order.Event
	for i := range events {
		rest := append(append([]order.Event{}, events[:i]...), events[i+1:]...)
		for _, p := range permutations(rest) {
			out = append(out, append([]order.Event{events[i]}, p...))
		}
	}
	return out
}

func TestOrderIsAFunctionOfItsEvents(t *testing.T) {
	t.Parallel()

	at := func(created int, email any) func(event, session map[string]any) {
		return func(event, session map[string]any) {
			event["created"] = created
			session["customer_details"].(map[string]any)["email"] = email
		}
	}
	sets := map[string]struct {
		events []order.Event
		want   order.PaymentStatus
		failed bool
		email  string
	}{
		"unpaid, then paid": {
			[]order.Event{event(t, "completed_unpaid", at(100, "a@example.com")), event(t, "async_payment_succeeded", at(200, "b@example.com"))},
			order.Paid, false, "b@example.com",
		},
		"unpaid, then failed": {
			[]order.Event{event(t, "completed_unpaid", at(100, "a@example.com")), event(t, "async_payment_failed", at(200, nil))},
			order.Unpaid, true, "a@example.com",
		},
		"all three within one second": {
			[]order.Event{event(t, "completed_unpaid", at(100, "a@example.com")), event(t, "async_payment_failed", at(100, "c@example.com")), event(t, "async_payment_succeeded", at(100, "b@example.com"))},
			order.Paid, true, "c@example.com",
		},
		"failed, and completed by an event that is dated later": {
			[]order.Event{event(t, "async_payment_failed", at(100, nil)), event(t, "completed_unpaid", at(200, "a@example.com"))},
			order.Unpaid, true, "a@example.com",
		},
		"paid by the type of the event, though the session in it is older": {
			[]order.Event{event(t, "completed_unpaid", at(100, "a@example.com")), event(t, "async_payment_succeeded", func(e, session map[string]any) {
				e["created"], session["payment_status"] = 200, "unpaid"
			})},
			order.Paid, false, "grace@example.com",
		},
		"an unpaid one that is dated after the payment": {
			[]order.Event{event(t, "completed_unpaid", at(300, "a@example.com")), event(t, "async_payment_succeeded", at(200, "b@example.com"))},
			order.Paid, false, "a@example.com",
		},
	}
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var first order.Facts
			for i, p := range permutations(set.events) {
				o := placed(t, p...)
				if i == 0 {
					first = o.Facts
				}
				if d := cmp.Diff(first, o.Facts); d != "" {
					t.Errorf("another order of arrival gives another order (-first +this):\n%s", d)
				}
				if o.PaymentStatus != set.want || o.PaymentFailed != set.failed || o.CustomerEmail != set.email {
					t.Errorf("got %s, failed %v, %s; want %s, %v, %s", o.PaymentStatus, o.PaymentFailed, o.CustomerEmail, set.want, set.failed, set.email)
				}
			}
		})
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()

	t.Run("takes an event once", func(t *testing.T) {
		t.Parallel()

		e := event(t, "completed_paid", nil)
		o := placed(t, e)
		added, err := o.Add(e, start)
		if err != nil || added {
			t.Errorf("a redelivered event: added %v, err %v", added, err)
		}
		if len(o.Events) != 1 {
			t.Errorf("the order holds %d events, want 1", len(o.Events))
		}
	})

	t.Run("keeps the exact payload", func(t *testing.T) {
		t.Parallel()

		body, err := sample.Event("completed_two_products")
		if err != nil {
			t.Fatal(err)
		}
		e, err := order.ParseEvent(body, start)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(body), placed(t, e).Events[e.ID].Payload); d != "" {
			t.Errorf("the payload is not what came (-came +kept):\n%s", d)
		}
	})

	t.Run("keeps metadata with any keys", func(t *testing.T) {
		t.Parallel()

		e := event(t, "completed_paid", func(_, session map[string]any) {
			session["metadata"] = map[string]string{"a.b": "1", "$set": "2", "": "3"}
		})
		want := []order.Pair{{Key: "", Value: "3"}, {Key: "$set", Value: "2"}, {Key: "a.b", Value: "1"}}
		if d := cmp.Diff(want, placed(t, e).Metadata); d != "" {
			t.Errorf("metadata (-want +got):\n%s", d)
		}
	})

	t.Run("reads what the shop needs", func(t *testing.T) {
		t.Parallel()

		e := event(t, "completed_paid", func(event, session map[string]any) {
			event["account"] = "acct_1"
			session["locale"] = "fr"
		})
		want := order.Facts{
			PaymentStatus: order.Paid, PaidAt: time.Unix(1732400100, 0).UTC(), CustomerName: "Ada Example", CustomerEmail: "ada@example.com",
			AmountTotal: 4900, AmountSubtotal: 4900, Currency: "usd", Mode: "payment", Locale: "fr",
			PaymentLink: "plink_ebook0000000000000000", Account: "acct_1",
		}
		ignored := cmpopts.IgnoreFields(order.Facts{}, "SessionCreated", "PaymentIntent")
		if d := cmp.Diff(want, placed(t, e).Facts, ignored); d != "" {
			t.Errorf("facts (-want +got):\n%s", d)
		}
	})
}

func TestParseEventRefuses(t *testing.T) {
	t.Parallel()

	bodies := map[string]string{
		"nothing":                     ``,
		"no JSON":                     `event`,
		"a list":                      `[]`,
		"no data":                     `{"id":"evt_1","type":"checkout.session.completed","created":1}`,
		"null data":                   `{"id":"evt_1","type":"checkout.session.completed","data":null}`,
		"null object":                 `{"id":"evt_1","type":"checkout.session.completed","data":{"object":null}}`,
		"another object":              `{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"object":"charge","id":"cs_1"}}}`,
		"no event ID":                 `{"type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"cs_1"}}}`,
		"an event ID that is a path":  `{"id":"evt_1.x","type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"cs_1"}}}`,
		"a session ID that is a path": `{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"cs_$1"}}}`,
		"an amount that is no number": `{"id":"evt_1","type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"cs_1","amount_total":"x"}}}`,
		"bytes that are no text":      "{\"id\":\"evt_1\",\"type\":\"checkout.session.completed\",\"data\":{\"object\":{\"object\":\"checkout.session\",\"id\":\"cs_1\",\"mode\":\"\xff\"}}}",
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if _, err := order.ParseEvent([]byte(body), start); !isMalformed(err) {
				t.Errorf("got %v, want ErrMalformed", err)
			}
		})
	}
}
