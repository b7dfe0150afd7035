package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
			if name == "payment_intent_succeeded" {
				continue
			}
			body, err := sample.Event(name)
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPurchase(body, nil, today)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want, got := decode(t, body), decode(t, p.body)
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
		p, err := newPurchase([]byte(event), nil, today)
		if err != nil {
			t.Fatal(err)
		}
		want := decode(t, []byte(event))
		renew(want, p)
		if diff := cmp.Diff(want, decode(t, p.body)); diff != "" {
			t.Error(diff)
		}
		mustContain(t, string(p.body), "9007199254740993", "123456789012345678", "1.10", "1e400")
	})

	t.Run("has no ID twice, and each is as Stripe's are", func(t *testing.T) {
		t.Parallel()

		body := mustSample(t, "completed_paid")
		seen := map[string]bool{}
		for range 100 {
			p, err := newPurchase(body, nil, today)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(p.session, "cs_test_") || !strings.HasPrefix(p.event, "evt_") {
				t.Fatalf("IDs %s and %s", p.session, p.event)
			}
			seen[p.session], seen[p.event] = true, true
		}
		if len(seen) != 200 {
			t.Errorf("%d different IDs, want 200", len(seen))
		}
	})

	t.Run("is an event that an order can be made of", func(t *testing.T) {
		t.Parallel()

		p, err := newPurchase(mustSample(t, "completed_paid"), nil, today)
		if err != nil {
			t.Fatal(err)
		}
		o, err := order.New(order.Event{ID: p.event, Type: order.Completed, Created: today, ReceivedAt: today, Payload: string(p.body)}, today)
		if err != nil {
			t.Fatal(err)
		}
		if o.ID != p.session {
			t.Errorf("order %s, want %s", o.ID, p.session)
		}
	})

	t.Run("takes the items along untouched", func(t *testing.T) {
		t.Parallel()

		items := []byte(`{"data": [ ]}`)
		p, err := newPurchase(mustSample(t, "completed_paid"), items, today)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p.items, items) {
			t.Errorf("items %s", p.items)
		}
	})

	t.Run("refuses what is not JSON", func(t *testing.T) {
		t.Parallel()

		for _, body := range []string{"", "no", `{"data": `, `[]`} {
			_, err := newPurchase([]byte(body), nil, today)
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
			string(mustSample(t, "payment_intent_succeeded")),
		} {
			_, err := newPurchase([]byte(body), nil, today)
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
		answer, err := s.pay(t.Context(), purchase{body: []byte(`{"id": "evt_1"}`)})
		if err != nil || answer != `got {"id": "evt_1"}` {
			t.Errorf("answer %q, error %v", answer, err)
		}
	})

	t.Run("tells who refused it and why", func(t *testing.T) {
		t.Parallel()

		s := setupShop(t, func(w http.ResponseWriter, _ []byte, _ string) {
			http.Error(w, "the database is away", http.StatusServiceUnavailable)
		})
		_, err := s.pay(t.Context(), purchase{body: []byte("{}")})
		if err == nil {
			t.Fatal("no error for a 503")
		}
		mustContain(t, err.Error(), s.env["WEBHOOK_URL"], "503", "the database is away")
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
		s := &shop{env: map[string]string{"STRIPE_URL": server.URL}}
		if err := s.setItems(t.Context(), purchase{session: "cs_test_1", items: []byte("[]")}); err != nil {
			t.Fatal(err)
		}
		if err := s.setItems(t.Context(), purchase{session: "cs_test_2"}); err != nil { // has none
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"PUT /_local/line_items/cs_test_1 []"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBusy(t *testing.T) {
	t.Parallel()

	paid, failed := order.Facts{PaymentStatus: "paid"}, order.Facts{PaymentFailed: true}
	planned := map[order.Reason]time.Time{order.ForPaid: today}
	email := func(s order.State, notBefore time.Time) *order.Order {
		d := order.Delivery{Email: order.Email{Key: "a", NotBefore: notBefore}, State: s, DueAt: notBefore}
		return &order.Order{Facts: paid, Plans: planned, Emails: map[string]order.Delivery{"a": d}}
	}
	for name, test := range map[string]struct {
		order *order.Order
		want  bool
	}{
		"is not to be waited for while unpaid":                  {&order.Order{}, false},
		"is to be planned when paid":                            {&order.Order{Facts: paid}, true},
		"is to be planned when the payment failed":              {&order.Order{Facts: failed}, true},
		"is done when its plan owes nothing":                    {&order.Order{Facts: paid, Plans: planned}, false},
		"waits for an e-mail that is due":                       {email(order.Planned, today), true},
		"waits for an e-mail that is due in less than a minute": {email(order.Planned, today.Add(59*time.Second)), true},
		"does not wait for an e-mail of tomorrow":               {email(order.Planned, today.AddDate(0, 0, 1)), false},
		"waits for one that is being sent":                      {email(order.Sending, today), true},
		"waits for one that is tried again":                     {email(order.Retry, today), true},
		"does not wait for one that is sent":                    {email(order.Sent, today), false},
		"does not wait for one that failed":                     {email(order.Failed, today), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := busy(test.order, today); got != test.want {
				t.Errorf("busy = %v, want %v", got, test.want)
			}
		})
	}

	t.Run("waits for the one of several that is not done", func(t *testing.T) {
		t.Parallel()

		o := email(order.Sent, today)
		o.Emails["b"] = order.Delivery{State: order.Failed}
		o.Emails["c"] = order.Delivery{State: order.Sending}
		if !busy(o, today) {
			t.Error("not busy")
		}
	})
}

// setupShop is a shop whose webhook is the function given.
func setupShop(t *testing.T, answer func(w http.ResponseWriter, body []byte, signature string)) *shop {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer(w, body, r.Header.Get("Stripe-Signature"))
	}))
	t.Cleanup(server.Close)
	return &shop{env: map[string]string{"WEBHOOK_URL": server.URL + "/function/stripe-webhook", "WEBHOOK_SECRET": "whsec_ours"}}
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
func renew(event map[string]any, p purchase) {
	now := json.Number("1772600767") // today
	event["id"], event["created"] = p.event, now
	object := event["data"].(map[string]any)["object"].(map[string]any)
	object["id"], object["created"] = p.session, now
}

func mustSample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
