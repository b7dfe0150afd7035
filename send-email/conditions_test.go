package function

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/alert"
	"handler/function/internal/condition"
	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/watch"
)

// answer answers with a status and one of SendGrid's messages.
func answer(code int, message string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, fmt.Sprintf(`{"errors":[{"message":%q}]}`, message))
	}
}

// active are the conditions that are stored and last.
func (b *bench) active() (kinds []string) {
	o := b.memory.orders[order.ConditionsID]
	if o == nil {
		return nil
	}
	kept := watch.KeptIn(o)
	for _, c := range kept.Active() {
		kinds = append(kinds, strings.TrimSpace(string(c.Kind)+" "+c.About))
	}
	return kinds
}

func (b *bench) sweepAfter(pause time.Duration) {
	b.clock = b.clock.Add(pause)
	b.invoke(`{"sweep":true}`)
}

func TestConditionsOfServices(t *testing.T) {
	t.Parallel()

	sendgrid := func(code int, message string) func(*bench) {
		return func(b *bench) { // of both e-mails
			b.sendgrid.sales = true
			b.sendgrid.answers = append(b.sendgrid.answers, answer(code, message), answer(code, message))
		}
	}
	stripe := func(code int) func(*bench) { return func(b *bench) { b.stripe.status = code } }
	for name, c := range map[string]struct {
		breaks func(*bench)
		want   string
	}{
		"SendGrid refuses the key":     {sendgrid(401, "The provided authorization grant is invalid, expired, or revoked"), "sendgrid-key-refused"},
		"SendGrid's trial has ended":   {sendgrid(401, "Maximum credits exceeded"), "sendgrid-credits"},
		"the sender is not verified":   {sendgrid(403, "The from address does not match a verified Sender Identity."), "sendgrid-sender"},
		"the account is suspended":     {sendgrid(403, "Your account is temporarily under review for a@example.com"), "sendgrid-suspended"},
		"the key may not send":         {sendgrid(403, "access forbidden"), "sendgrid-forbidden"},
		"Stripe refuses the key":       {stripe(401), "stripe-key-refused"},
		"Stripe's key may not read it": {stripe(403), "stripe-items-permission"},
		"an outage is no condition":    {sendgrid(503, "away"), ""},
		"nor is a limit":               {sendgrid(429, "too many"), ""},
		"nor is a mail that is no one": {sendgrid(400, "no address"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			b.place(t, "completed_paid")
			c.breaks(b)
			b.sweepAfter(time.Minute)
			got := strings.Join(b.active(), ", ")
			if got != c.want || strings.Contains(b.logged.String(), "a@example.com") {
				t.Errorf("active: %q, want %q; log %s", got, c.want, b.logged)
			}
			b.stripe.status = 0
			for range 3 {
				b.sweepAfter(time.Hour)
			}
			if got := b.active(); got != nil {
				t.Errorf("after all of it is mended: %v", got)
			}
		})
	}
}

// A condition that begins in a call wakes the sweep, which reports it.
func TestConditionWakesTheSweep(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendgrid.answers, b.sendgrid.sales = append(b.sendgrid.answers, answer(401, ""), answer(401, "")), true
	b.alarm.clear(b.clock.Add(time.Hour))
	b.invoke(`{"id":"` + id + `"}`)
	if pause := b.alarm.pause(b.clock, b.clock.Add(time.Minute)); pause != minPause {
		t.Errorf("the sweep comes in %v, want it at once", pause)
	}
}

func TestConditionByEmail(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, sample.SmallCatalogue+"  database_full: d-0000000000000000000000000000000a\n")
	b.place(t, "completed_paid")
	b.stripe.status = 401
	var sent []string
	for day := range 4 {
		if day == 2 {
			b.stripe.status = 0
		}
		for range 24 {
			b.sweepAfter(time.Hour)
		}
	}
	for _, m := range b.sendgrid.mails {
		if _, key, _ := strings.Cut(m.Personalizations[0].CustomArgs["delivery"], "/"); strings.HasPrefix(key, "notice/condition/") {
			notice, _ := m.Personalizations[0].Data["notice"].(map[string]any)
			sent = append(sent, fmt.Sprint(notice["title"]))
		}
	}
	if d := cmp.Diff([]string{"Stripe refuses the key", "Still: Stripe refuses the key", "Over: Stripe refuses the key"}, sent); d != "" {
		t.Errorf("e-mails of the condition (-want +got):\n%s", d)
	}
}

// Observations outlive a database that is away for a moment.
func TestConditionsAreKeptLater(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.observe(condition.StripeKeyMissing, "")
	b.memory.loadFunc = func(string) error { return errors.New("away") }
	b.sweepAfter(time.Minute)
	b.memory.loadFunc = nil
	b.sweepAfter(time.Minute)
	if d := cmp.Diff([]string{"stripe-key-missing"}, b.active()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A sweep reads the document once, and writes it only if something changed.
func TestConditionsCostOneRead(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.observe(condition.StripeItemsPermission, "rak_checkout_session_read")
	b.sweepAfter(time.Minute)
	b.sweepAfter(time.Minute)
	before, revision := b.memory.calls, b.memory.orders[order.ConditionsID].UpdatedAt
	b.sweepAfter(time.Minute)
	if n := b.memory.calls - before; n != 2 || !b.memory.orders[order.ConditionsID].UpdatedAt.Equal(revision) {
		t.Errorf("%d calls of the database, want one for what is due and one for the conditions", n)
	}
}

// states are what the channel was told of conditions.
func (c *fakeChannel) states() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.messages {
		if m.State != "" {
			all = append(all, m.Kind+" "+m.State)
		}
	}
	return all
}

func TestConditionByAlert(t *testing.T) {
	t.Parallel()

	b, c := setUpAlerts(t)
	id := b.place(t, "completed_paid")
	b.clock = b.clock.Add(time.Minute)
	refused := true
	b.mail = newSendGrid(Service{URL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused {
			answer(401, "Maximum credits exceeded for ada@example.com")(w)
			return
		}
		b.sendgrid.ServeHTTP(w, r)
	})), Key: func() (string, error) { return "SG.a.b", nil }, Transport: new(http.Transport)}, b.now)
	b.invoke(`{"id":"` + id + `"}`)
	b.sweepAfter(time.Second)
	b.sweepAfter(time.Second)
	if d := cmp.Diff([]string{"sendgrid-credits begun"}, c.states()); d != "" {
		t.Errorf("two seconds after the refusal (-want +got):\n%s", d)
	}
	for range 49 * 60 {
		b.sweepAfter(time.Minute)
	}
	refused = false
	for range 6 {
		b.sweepAfter(time.Minute)
	}
	want := []string{"sendgrid-credits begun", "sendgrid-credits lasts", "sendgrid-credits lasts", "sendgrid-credits over"}
	if d := cmp.Diff(want, c.states()); d != "" {
		t.Errorf("after two days and its end (-want +got):\n%s", d)
	}
	for _, m := range c.messages {
		if text := m.Title + m.Text; strings.Contains(text, "ada@") || !strings.Contains(text, "trial, credits or plan") {
			t.Errorf("the alert says %q: %q", m.Title, m.Text)
		}
	}
	if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale"}, b.sendgrid.sent()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
}

func TestConditionsOfTheDatabase(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		err  error
		want string
		// after how many sweeps, a minute apart, it is told.
		after int
	}{
		"a wrong password":  {mongodb.ErrAuth, "database-auth", 2},
		"no user":           {mongodb.ErrNoUser, "database-no-user", 2},
		"no permission":     {mongodb.ErrPermission, "database-permission", 2},
		"full":              {mongodb.ErrFull, "database-full", 2},
		"a malformed URI":   {mongodb.ErrURI, "database-uri", 2},
		"no secret":         {openfaas.NewMisconfigured("secret mongodb-uri is missing"), "database-uri", 2},
		"no answer at all":  {errors.New("server selection timeout"), "database-away", 11},
		"an answer in time": {nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b, channel := setUpAlerts(t)
			works := b.Function.store
			b.Function.store = func() (Store, error) {
				if c.err != nil {
					return nil, c.err
				}
				return works()
			}
			told := 0
			for sweep := 1; sweep <= 30; sweep++ {
				b.sweepAfter(time.Minute)
				if told == 0 && len(channel.states()) > 0 {
					told = sweep
				}
			}
			if told != c.after || c.err != nil && b.health(t, http.MethodGet) != 503 {
				t.Errorf("told after %d sweeps: %v, want after %d", told, channel.states(), c.after)
			}
			for range 24 * 60 {
				b.sweepAfter(time.Minute)
			}
			b.Function.store = works
			for range 5 {
				b.sweepAfter(time.Minute)
			}
			var want []string
			if c.want != "" {
				want = []string{c.want + " begun", c.want + " lasts", c.want + " over"}
			}
			if d := cmp.Diff(want, channel.states()); d != "" {
				t.Errorf("told (-want +got):\n%s", d)
			}
			if got := b.health(t, http.MethodGet); got != 200 {
				t.Errorf("when the database is back: %d", got)
			}
		})
	}

	t.Run("tells again what the channel did not take", func(t *testing.T) {
		t.Parallel()

		b, channel := setUpAlerts(t)
		b.Function.store = func() (Store, error) { return nil, mongodb.ErrAuth }
		works := b.alerts
		b.alerts = alert.New(func() (string, error) { return "http://127.0.0.1:1", nil }, nil)
		for range 3 {
			b.sweepAfter(time.Minute)
		}
		b.alerts = works
		b.sweepAfter(time.Minute)
		if d := cmp.Diff([]string{"database-auth begun"}, channel.states()); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
	})
}

// A channel whose address is wrong can report nothing: the log says so, once.
func TestMalformedAlertURL(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.alerts = alert.New(func() (string, error) { return "hc-secret", nil }, nil)
	for range 3 {
		b.sweepAfter(time.Minute)
	}
	if n := strings.Count(b.logged.String(), "no alert can be sent"); n != 1 || strings.Contains(b.logged.String(), "hc-secret") {
		t.Errorf("%d lines: %s", n, b.logged)
	}
}
