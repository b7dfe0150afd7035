package order_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// sessionOf is the session of a sample event, as Stripe's API gives it, and the event.
func sessionOf(t *testing.T, name string) (json.RawMessage, order.Event) {
	t.Helper()
	e := event(t, name, nil)
	var in struct {
		Data struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(e.Payload), &in); err != nil {
		t.Fatal(err)
	}
	return in.Data.Object, e
}

func TestEventOfSession(t *testing.T) {
	t.Parallel()

	t.Run("says what Stripe's own event said", func(t *testing.T) {
		t.Parallel()

		for _, name := range []string{"completed_paid", "completed_unpaid", "completed_no_payment_required", "completed_jpy"} {
			raw, want := sessionOf(t, name)
			payload, err := order.EventOfSession(raw)
			if err != nil {
				t.Fatal(err)
			}
			got, err := order.ParseEvent(payload, want.ReceivedAt)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			id, facts, err := got.Session()
			wantID, wantFacts, _ := want.Session()
			if d := cmp.Diff(wantFacts, facts); d != "" || err != nil || id != wantID || got.Type != order.Completed {
				t.Errorf("%s: %s of %s, %v (-want +got):\n%s", name, got.Type, id, err, d)
			}
			if !got.Created.Equal(facts.SessionCreated) || !strings.Contains(got.Payload, string(raw)) {
				t.Errorf("%s: created %v, payload %s", name, got.Created, got.Payload)
			}
		}
	})

	t.Run("has an ID for what is unpaid, and another for the same when it is paid", func(t *testing.T) {
		t.Parallel()

		raw, _ := sessionOf(t, "completed_unpaid")
		paid := json.RawMessage(strings.Replace(string(raw), `"payment_status": "unpaid"`, `"payment_status": "paid"`, 1))
		var ids []string
		for _, r := range []json.RawMessage{raw, paid} {
			payload, err := order.EventOfSession(r)
			if err != nil {
				t.Fatal(err)
			}
			e, err := order.ParseEvent(payload, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.ID)
		}
		const session = "cs_test_a100000000000000000000000000000000000000000000000000000003"
		if d := cmp.Diff([]string{"evt_unpaid_" + session, "evt_paid_" + session}, ids); d != "" {
			t.Errorf("IDs (-want +got):\n%s", d)
		}
	})

	t.Run("is made of nothing but a session", func(t *testing.T) {
		t.Parallel()

		for _, raw := range []string{
			`null`, `{}`, `[]`, `{"object":"checkout.session","id":"pi_1","payment_status":"paid"}`,
			`{"object":"charge","id":"cs_1","payment_status":"paid"}`, `{"object":"checkout.session","id":"cs_1","payment_status":"\",\"x"}`,
			`{"object":"checkout.session","id":"cs_1"}`, `{"object":"checkout.session","id":7}`,
		} {
			if payload, err := order.EventOfSession(json.RawMessage(raw)); !errors.Is(err, order.ErrMalformed) {
				t.Errorf("%s: %s, %v", raw, payload, err)
			}
		}
	})
}

// What was found late pays an order that a webhook said was unpaid.
func TestAFoundEventPays(t *testing.T) {
	t.Parallel()

	raw, unpaid := sessionOf(t, "completed_unpaid")
	payload, err := order.EventOfSession(json.RawMessage(strings.Replace(string(raw), `"payment_status": "unpaid"`, `"payment_status": "paid"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	found, err := order.ParseEvent(payload, start)
	if err != nil {
		t.Fatal(err)
	}
	o, err := order.New(unpaid, start)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Add(found.FoundBy(order.FoundByItself), start); err != nil || o.PaymentStatus != order.Paid {
		t.Errorf("it is %s, %v", o.PaymentStatus, err)
	}
	if e := o.Events[found.ID]; e.Found != order.FoundByItself || e.Deliveries != 0 || len(o.Audit) != 0 {
		t.Errorf("%+v, audit %v", e, o.Audit)
	}
}

func TestAPersonsFindIsInTheAudit(t *testing.T) {
	t.Parallel()

	e := event(t, "completed_paid", nil).FoundBy(order.FoundByOwner)
	o, err := order.New(e, start)
	if err != nil {
		t.Fatal(err)
	}
	if known, err := o.Add(e, start.Add(time.Hour)); known || err != nil {
		t.Errorf("the same event is new again: %v", err)
	}
	if d := cmp.Diff([]order.Entry{{At: start, Command: "reconcile"}}, o.Audit); d != "" {
		t.Errorf("audit (-want +got):\n%s", d)
	}
}
