package shop

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

var today = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestNewPurchase(t *testing.T) {
	t.Parallel()

	t.Run("gives IDs of its own and today's date, and leaves all else of each sample", func(t *testing.T) {
		t.Parallel()

		for _, name := range sample.Names() {
			body, err := sample.Event(name)
			if err != nil {
				t.Fatal(err)
			}
			if e, err := order.ParseEvent(body, today); err != nil || order.ByIntent(e.Type) {
				continue // begins no purchase
			}
			p, err := NewPurchase(body, nil, today)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if live := strings.HasPrefix(p.Session, "cs_live_"); live != (name == "completed_de") {
				t.Errorf("%s: the session is %s", name, p.Session)
			}
			want, got := decode(t, body), decode(t, p.Body)
			renew(want, p)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})

	t.Run("keeps what a float or a map of strings would lose", func(t *testing.T) {
		t.Parallel()

		event := `{"id": "evt_1", "created": 1, "big": 9007199254740993, "exact": 1.10, "exponent": 1e400, "null": null, "none": [],
			"data": {"object": {"id": "cs_test_1", "object": "checkout.session", "created": 1, "amount_total": 123456789012345678,
				"metadata": {"a.b": "$set", "html": "<b>&amp;</b>", "": "é\u2028\u0000"}}}}`
		p, err := NewPurchase([]byte(event), nil, today)
		if err != nil {
			t.Fatal(err)
		}
		want := decode(t, []byte(event))
		renew(want, p)
		if diff := cmp.Diff(want, decode(t, p.Body)); diff != "" {
			t.Error(diff)
		}
		mustContain(t, string(p.Body), "9007199254740993", "123456789012345678", "1.10", "1e400")
	})

	t.Run("has no ID twice, and each is as Stripe's are", func(t *testing.T) {
		t.Parallel()

		body := mustSample(t, "completed_paid")
		seen := map[string]bool{}
		for range 100 {
			p, err := NewPurchase(body, nil, today)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(p.Session, "cs_test_") || !strings.HasPrefix(p.Event, "evt_") {
				t.Fatalf("IDs %s and %s", p.Session, p.Event)
			}
			if !strings.HasPrefix(p.Payment, "pi_") {
				t.Fatalf("payment intent %s", p.Payment)
			}
			seen[p.Session], seen[p.Event], seen[p.Payment] = true, true, true
		}
		if len(seen) != 300 {
			t.Errorf("%d different IDs, want 300", len(seen))
		}
	})

	t.Run("is an event that an order can be made of", func(t *testing.T) {
		t.Parallel()

		p, err := NewPurchase(mustSample(t, "completed_paid"), nil, today)
		if err != nil {
			t.Fatal(err)
		}
		o, err := order.New(order.Event{ID: p.Event, Type: order.Completed, Created: today, ReceivedAt: today, Payload: string(p.Body)}, today)
		if err != nil {
			t.Fatal(err)
		}
		if o.ID != p.Session {
			t.Errorf("order %s, want %s", o.ID, p.Session)
		}
	})

	t.Run("takes the items along untouched", func(t *testing.T) {
		t.Parallel()

		items := []byte(`{"data": [ ]}`)
		p, err := NewPurchase(mustSample(t, "completed_paid"), items, today)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.Items, items) {
			t.Errorf("items %s", p.Items)
		}
	})

	t.Run("may be followed by another event of the same session", func(t *testing.T) {
		t.Parallel()

		p, err := NewPurchase(mustSample(t, "completed_unpaid"), []byte("[]"), today)
		if err != nil {
			t.Fatal(err)
		}
		body := mustSample(t, "async_payment_succeeded")
		then, err := p.Then(body, today)
		if err != nil {
			t.Fatal(err)
		}
		if then.Session != p.Session || then.Event == p.Event {
			t.Errorf("event %s of %s after %s of %s", then.Event, then.Session, p.Event, p.Session)
		}
		want := decode(t, body)
		renew(want, then)
		if diff := cmp.Diff(want, decode(t, then.Body)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("may be followed by what becomes of its own payment", func(t *testing.T) {
		t.Parallel()

		p, err := NewPurchase(mustSample(t, "completed_paid"), nil, today)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"payment_captured", "charge_refunded", "charge_refunded_partly", "refund_failed", "charge_dispute_created", "dispute_inquiry", "dispute_won", "dispute_lost"} {
			then, err := p.Then(mustSample(t, name), today)
			if err != nil {
				t.Fatal(err)
			}
			e, err := order.ParseEvent(then.Body, today)
			if err != nil {
				t.Fatal(err)
			}
			c, err := e.Charge()
			if err != nil || c.PaymentIntent != p.Payment || then.Session != p.Session || e.ID != then.Event || then.Event == p.Event || !e.Created.Equal(today) {
				t.Errorf("%s: event %s of %s, of payment %s after %s of %s, %v", name, e.ID, then.Session, c.PaymentIntent, p.Event, p.Payment, err)
			}
		}
	})

	t.Run("refuses what is not JSON", func(t *testing.T) {
		t.Parallel()

		for _, body := range []string{"", "no", `{"data": `, `[]`} {
			_, err := NewPurchase([]byte(body), nil, today)
			if err == nil {
				t.Fatalf("%q is taken", body)
			}
			mustContain(t, err.Error(), "is not JSON")
		}
	})

	t.Run("refuses an event about anything but a Checkout Session", func(t *testing.T) {
		t.Parallel()

		for _, body := range []string{
			"null", "{}", `{"data": null}`, `{"data": []}`, `{"data": {"object": "checkout.session"}}`,
			`{"data": {"object": {"object": "invoice"}}}`, `{"object": "checkout.session"}`,
			string(mustSample(t, "payment_intent_succeeded")), string(mustSample(t, "charge_refunded")), string(mustSample(t, "charge_dispute_created")),
		} {
			_, err := NewPurchase([]byte(body), nil, today)
			if err == nil {
				t.Fatalf("%.60q is taken", body)
			}
			mustContain(t, err.Error(), "checkout.session")
		}
	})
}

func TestPay(t *testing.T) {
	t.Parallel()

	t.Run("signs the very bytes that it sends, and gives the answer", func(t *testing.T) {
		t.Parallel()

		s := setupShop(t, func(w http.ResponseWriter, body []byte, signature string) {
			if err := webhook.ValidatePayload(body, signature, "whsec_ours"); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			_, _ = w.Write(append([]byte("got "), append(body, '\n')...))
		})
		answer, err := s.Pay(t.Context(), Purchase{Body: []byte(`{"id": "evt_1"}`)})
		if err != nil || answer != `got {"id": "evt_1"}` {
			t.Errorf("answer %q, error %v", answer, err)
		}
	})

	t.Run("reports which service refused it and why", func(t *testing.T) {
		t.Parallel()

		s := setupShop(t, func(w http.ResponseWriter, _ []byte, _ string) {
			http.Error(w, "the database is away", http.StatusServiceUnavailable)
		})
		_, err := s.Pay(t.Context(), Purchase{Body: []byte("{}")})
		if err == nil {
			t.Fatal("no error for a 503")
		}
		mustContain(t, err.Error(), s.Env["WEBHOOK_URL"], "503", "the database is away")
	})
}

func TestSetItems(t *testing.T) {
	t.Parallel()

	t.Run("puts the session's items where the stand-in takes them", func(t *testing.T) {
		t.Parallel()

		var got []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, r.Method+" "+r.URL.Path+" "+string(body))
		}))
		defer server.Close()
		s := &Shop{Env: map[string]string{"STRIPE_URL": server.URL}}
		if err := s.SetItems(t.Context(), Purchase{Session: "cs_test_1", Items: []byte("[]")}); err != nil {
			t.Fatal(err)
		}
		if err := s.SetItems(t.Context(), Purchase{Session: "cs_test_2"}); err != nil { // has none
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"PUT /_local/line_items/cs_test_1 []"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What is missed is at Stripe, as if it had been delivered, and the webhook hears nothing.
func TestMiss(t *testing.T) {
	t.Parallel()

	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+string(body))
	}))
	defer server.Close()
	s := &Shop{Env: map[string]string{"STRIPE_URL": server.URL, "WEBHOOK_URL": server.URL + "/webhook"}}
	p, err := s.Miss(t.Context(), mustSample(t, "completed_paid"), []byte("[]"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PUT /_local/line_items/" + p.Session + " []", "PUT /_local/events " + string(p.Body)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// setupShop is a shop whose webhook is the function given.
func setupShop(t *testing.T, answer func(w http.ResponseWriter, body []byte, signature string)) *Shop {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer(w, body, r.Header.Get("Stripe-Signature"))
	}))
	t.Cleanup(server.Close)
	return &Shop{Env: map[string]string{"WEBHOOK_URL": server.URL + "/function/stripe-webhook", "WEBHOOK_SECRET": "whsec_ours"}}
}

func decode(t *testing.T, body []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// renew makes of a sample what the purchase of it should be.
func renew(event map[string]any, p Purchase) {
	now := json.Number("1772600767") // today
	event["id"], event["created"] = p.Event, now
	object := event["data"].(map[string]any)["object"].(map[string]any)
	object["id"], object["created"] = p.Session, now
	if object["payment_intent"] != nil {
		object["payment_intent"] = p.Payment
	}
}

func mustSample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}
