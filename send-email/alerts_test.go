package function

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"handler/function/internal/alert"
	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// fakeChannel is an alert channel.
type fakeChannel struct {
	mu       sync.Mutex
	messages []alert.Message
	bodies   []string
	// orders are those about an order.
	orders      []alert.Message
	orderBodies []string
	// status is what it answers; 0 is 204.
	status int
}

func (c *fakeChannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var m json.RawMessage
	var parsed alert.Message
	if json.NewDecoder(r.Body).Decode(&m) != nil || json.Unmarshal(m, &parsed) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.messages, c.bodies = append(c.messages, parsed), append(c.bodies, string(m))
	if parsed.Order != "" {
		c.orders, c.orderBodies = append(c.orders, parsed), append(c.orderBodies, string(m))
	}
	w.WriteHeader(max(c.status, http.StatusNoContent))
}

// setUpAlerts is setUp with an alert channel.
func setUpAlerts(t *testing.T) (*bench, *fakeChannel) {
	t.Helper()
	b, c := setUp(t), &fakeChannel{}
	address := serve(t, c) + "/secret-path"
	b.alerts = alert.New(func() (string, error) { return address, nil }, new(http.Transport))
	return b, c
}

func missing(name string) func() (string, error) {
	return func() (string, error) { return "", openfaas.NewMisconfigured("secret %s is missing", name) }
}

func TestAFailedEmailIsAlerted(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	id := b.place(t, "completed_paid")
	b.sendgrid.answers = []func(http.ResponseWriter){status(400)}
	b.sendOrder(t, id)
	if len(c.orders) != 1 {
		t.Fatalf("%d alerts, want 1", len(c.orders))
	}
	m := c.orders[0]
	if m.Kind != "email-failed" || m.Order != id || m.State != "" || !m.At.Equal(b.clock) || !strings.HasPrefix(m.Title, "[test] ") {
		t.Errorf("%+v", m)
	}
	for _, want := range []string{"ebook/delivery", id, "SendGrid answered 400", "tillbell retry --failed", "tillbell order " + id} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("no %q in %s", want, m.Text)
		}
	}
	o := b.memory.orders[id]
	for _, private := range []string{o.CustomerEmail, o.CustomerName, "secret-path"} {
		if private == "" || strings.Contains(c.orderBodies[0]+b.logged.String(), private) {
			t.Errorf("the alert or the log holds %q", private)
		}
	}
	if _, notified := o.Emails["notice/email-failed/ebook/delivery"]; !notified {
		t.Error("the admins get no notice by e-mail beside it")
	}
	b.sendOrder(t, id)
	if len(c.orders) != 1 {
		t.Errorf("%d alerts of one failure", len(c.orders))
	}
}

// TestWithoutAChannelNoAlertIsOwed wants everything else to go on.
func TestWithoutAChannelNoAlertIsOwed(t *testing.T) {
	t.Parallel()

	for name, url := range map[string]func() (string, error){
		"none":      func() (string, error) { return "none", nil },
		"missing":   missing("alert-url"),
		"malformed": func() (string, error) { return "https://ntfy.sh/", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			b.alerts = alert.New(url, nil)
			id := b.place(t, "completed_paid")
			b.sendgrid.answers = []func(http.ResponseWriter){status(400)}
			if p := b.sendOrder(t, id); p.Sent != 2 || p.Failed != 1 || p.Waiting != 0 {
				t.Errorf("%+v", p)
			}
			for key := range b.memory.orders[id].Emails {
				if order.IsAlert(key) {
					t.Errorf("%s is owed", key)
				}
			}
		})
	}
}

// TestAnAlertIsADelivery wants it tried again, with pauses, until the horizon, and then no more.
func TestAnAlertIsADelivery(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	c.status = 500
	id := b.place(t, "completed_paid")
	b.sendgrid.answers = []func(http.ResponseWriter){status(400)}
	b.sendOrder(t, id)
	const key = "alert/email-failed/ebook/delivery"
	d := b.memory.orders[id].Emails[key]
	if d.State != order.Retry || d.LastStatus != 500 || d.LastError != "the alert channel answered 500" || !d.DueAt.After(b.clock) {
		t.Fatalf("%+v", d)
	}
	b.clock = b.clock.Add(order.Horizon + time.Minute)
	b.sendOrder(t, id)
	o := b.memory.orders[id]
	if o.Emails[key].State != order.Failed || o.NextDueAt != nil || len(c.orders) != 2 {
		t.Errorf("%s after %d attempts; next due %v", o.Emails[key].State, len(c.orders), o.NextDueAt)
	}
	for other := range o.Emails {
		if other != key && strings.Contains(other, key) {
			t.Errorf("a failed alert owes %s", other)
		}
	}
	if !strings.Contains(b.logged.String(), `"level":"ERROR","msg":"alert failed for good"`) {
		t.Errorf("the log does not say so: %s", b.logged)
	}
}

// TestAlertsThatAreTurnedOffEnd: one that was owed before is given up, and does not wait for ever.
func TestAlertsThatAreTurnedOffEnd(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	c.status = 500
	id := b.place(t, "completed_paid")
	b.sendgrid.answers = []func(http.ResponseWriter){status(400)}
	b.sendOrder(t, id)
	b.alerts = nil
	b.clock = b.clock.Add(time.Hour)
	b.sendOrder(t, id)
	if d := b.memory.orders[id].Emails["alert/email-failed/ebook/delivery"]; d.State != order.Failed || b.memory.orders[id].NextDueAt != nil {
		t.Errorf("%+v", d)
	}
}

// TestOneChannelDoesNotStopTheOther takes the key of either away.
func TestOneChannelDoesNotStopTheOther(t *testing.T) {
	t.Parallel()

	failing := func(t *testing.T) (*bench, *fakeChannel, string) {
		b, c := setUpAlerts(t)
		id := b.place(t, "completed_paid")
		c.status = 503
		b.sendgrid.answers, b.sendgrid.sales = []func(http.ResponseWriter){status(503), status(400), status(503)}, true
		b.sendOrder(t, id) // an e-mail, a notice and an alert wait
		c.status = 0
		b.clock = b.clock.Add(time.Hour)
		return b, c, id
	}
	t.Run("an alert goes out without SendGrid's key", func(t *testing.T) {
		t.Parallel()

		b, c, id := failing(t)
		b.mail = newSendGrid(Service{URL: "http://127.0.0.1:1", Key: missing("sendgrid-api-key")}, b.now)
		other := b.clock.Add(-30 * time.Minute)
		b.memory.orders["cs_other"] = &order.Order{ID: "cs_other", NextDueAt: &other}
		for key, d := range b.memory.orders[id].Emails {
			if order.IsAlert(key) {
				d.DueAt = b.clock.Add(-time.Minute) // behind what the other order has
				b.memory.orders[id].Emails[key] = d
			}
		}
		if res := b.invoke(`{"sweep":true}`); res.StatusCode != http.StatusOK {
			t.Errorf("%d %s", res.StatusCode, res.Body)
		}
		if last := c.orders[len(c.orders)-1]; last.Order != id {
			t.Errorf("%+v", last)
		}
		waiting := 0
		for key, d := range b.memory.orders[id].Emails {
			if order.IsAlert(key) && d.State != order.Sent {
				t.Errorf("%s is %s", key, d.State)
			}
			if d.State == order.Retry {
				waiting++
			}
		}
		if waiting != 2 {
			t.Errorf("%d e-mails wait, want 2", waiting)
		}
		if res := b.invoke(`{"id":"` + id + `"}`); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(res.Body), "sendgrid-api-key is missing") {
			t.Errorf("the caller hears nothing of the key: %d %s", res.StatusCode, res.Body)
		}
	})
	t.Run("an e-mail goes out without the alerts' address", func(t *testing.T) {
		t.Parallel()

		b, _, id := failing(t)
		b.alerts = alert.New(missing("alert-url"), nil)
		b.invoke(`{"id":"` + id + `"}`)
		for key, d := range b.memory.orders[id].Emails {
			if order.IsAlert(key) != (d.State == order.Retry) {
				t.Errorf("%s is %s", key, d.State)
			}
		}
	})
}

// TestAnOverdueOrderIsAlerted takes keys away: the order's age counts, whatever the cause.
func TestAnOverdueOrderIsAlerted(t *testing.T) {
	t.Parallel()

	for name, breakIt := range map[string]func(b *bench){
		"sendgrid-api-key is missing": func(b *bench) {
			b.mail = newSendGrid(Service{URL: "http://127.0.0.1:1", Key: missing("sendgrid-api-key")}, b.now)
		},
		"stripe-api-key is missing": func(b *bench) {
			b.mail = newSendGrid(Service{URL: "http://127.0.0.1:1", Key: missing("sendgrid-api-key")}, b.now)
			b.items = newStripeItems(Service{URL: "http://127.0.0.1:1", Key: missing("stripe-api-key")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b, c := setUpAlerts(t)
			breakIt(b)
			id := b.place(t, "completed_paid")
			b.clock = b.clock.Add(order.DispatchGrace)
			b.invoke(`{"sweep":true}`)
			if len(c.orders) != 0 {
				t.Errorf("within the hour: %+v", c.orders)
			}
			for range 3 {
				b.clock = b.clock.Add(overdue)
				b.invoke(`{"sweep":true}`)
			}
			if len(c.orders) != 1 {
				t.Fatalf("%d alerts, want 1: %s", len(c.orders), b.logged)
			}
			if m := c.orders[0]; m.Kind != "order-overdue" || m.Order != id || !strings.Contains(m.Text, "secret "+name) {
				t.Errorf("%+v", m)
			}
			if strings.Contains(b.logged.String(), "could not be notified") {
				t.Errorf("the log says that the admins could not be notified: %s", b.logged)
			}
			if _, owed := b.memory.orders[id].Emails["notice/order-overdue"]; owed {
				t.Error("a notice waits for the key that is missing")
			}
		})
	}
}

// TestGivenUpAndUnansweredItemsAreAlerted lets Stripe be away.
func TestGivenUpAndUnansweredItemsAreAlerted(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	id := b.place(t, "completed_paid")
	b.stripe.lists = nil
	b.items = newStripeItems(Service{URL: "http://127.0.0.1:1", Key: func() (string, error) { return "rk_test_1", nil }})
	b.sendOrder(t, id)
	b.clock = b.clock.Add(2 * time.Hour)
	b.sendOrder(t, id)
	b.clock = b.clock.Add(order.Horizon)
	b.sendOrder(t, id)
	var kinds []string
	for _, m := range c.orders {
		kinds = append(kinds, m.Kind)
	}
	if got := strings.Join(kinds, " "); got != "items-missing items-given-up" {
		t.Errorf("alerts: %s", got)
	}
	if last := c.orders[len(c.orders)-1]; !strings.Contains(last.Text, "tillbell retry --failed") {
		t.Error(last.Text)
	}
}

// TestWhatDidNotArriveIsAlerted: customers' e-mails, and the admins' own.
func TestWhatDidNotArriveIsAlerted(t *testing.T) {
	t.Parallel()

	for _, key := range []string{"ebook/delivery", "ebook/sale"} {
		b, c := setUpAlerts(t)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		to := b.memory.orders[id].Emails[key].To[0].Email
		events := map[string]map[string][]order.Arrival{id: {key: {{
			Kind: order.Bounced, To: to, At: b.clock, Message: "m", Status: "5.1.1", Reason: "no mailbox " + to,
		}}}}
		if _, err := b.arrive(t.Context(), b.log, batched{orders: events}); err != nil {
			t.Fatal(err)
		}
		b.sendOrder(t, id)
		if len(c.orders) != 1 || c.orders[0].Kind != "bounced" || !strings.Contains(c.orders[0].Text, key) {
			t.Fatalf("%s: %+v", key, c.orders)
		}
		if strings.Contains(c.orderBodies[0], to) {
			t.Errorf("the alert holds the address: %s", c.orderBodies[0])
		}
	}
}

// TestANoticeThatFailsIsAlerted: the admins' e-mails have no notice of their own.
func TestANoticeThatFailsIsAlerted(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	id := b.place(t, "completed_unpaid", "async_payment_failed")
	b.sendgrid.answers = []func(http.ResponseWriter){status(400)}
	b.sendOrder(t, id)
	if len(c.orders) != 1 || !strings.Contains(c.orders[0].Text, "notice/payment-failed") {
		t.Errorf("%+v", c.orders)
	}
}

// TestACustomerWithoutAnAddressIsAlerted: the e-mail fails when it is planned.
func TestACustomerWithoutAnAddressIsAlerted(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	id := b.place(t, "completed_paid")
	b.memory.orders[id].CustomerEmail = ""
	b.sendOrder(t, id)
	if len(c.orders) != 1 || !strings.Contains(c.orders[0].Text, "no recipient") {
		t.Errorf("%+v", c.orders)
	}
}

// TestAnOrderThatCannotBePlannedSendsWhatIsDue: an alert does not wait for Stripe's key.
func TestAnOrderThatCannotBePlannedSendsWhatIsDue(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	id := b.place(t, "completed_paid")
	b.catalogue.OweAlert(b.memory.orders[id], catalogue.OrderOverdue, "", b.clock)
	b.items = newStripeItems(Service{URL: "http://127.0.0.1:1", Key: missing("stripe-api-key")})
	if res := b.invoke(`{"id":"` + id + `"}`); res.StatusCode != http.StatusServiceUnavailable || len(c.orders) != 1 {
		t.Errorf("%d %s, and %d alerts", res.StatusCode, res.Body, len(c.orders))
	}
}
