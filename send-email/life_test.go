package function

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
	"golang.org/x/time/rate"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// mailed is a mail that was handed to a stub, and when.
type mailed struct {
	delivery string
	at       time.Time
}

// stub is a mailer and an item source in a bubble of synctest, where nothing may go over a network.
type stub struct {
	mu     sync.Mutex
	mails  []mailed
	before func(delivery string)
}

func (s *stub) ready() error { return nil }

func (s *stub) probe() (func(), error) { return func() {}, nil }

func (s *stub) send(_ context.Context, m *mail.SGMailV3) result {
	delivery := m.Personalizations[0].CustomArgs["delivery"]
	s.mu.Lock()
	s.mails = append(s.mails, mailed{delivery, time.Now()})
	s.mu.Unlock()
	if s.before != nil {
		s.before(delivery)
	}
	return result{Setback: order.Setback{Status: 202}, MessageID: "m"}
}

func (s *stub) fetch(context.Context, string, string) ([]order.Item, error) {
	return []order.Item{{ID: "li_1", Product: "prod_ebook"}}, nil
}

func (s *stub) sent() []mailed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// has reports whether an e-mail of an order was handed to it.
func (s *stub) has(id string) bool {
	return slices.ContainsFunc(s.sent(), func(m mailed) bool { return strings.HasPrefix(m.delivery, id+"/") })
}

// oweMore adds e-mails to an order.
func (b *bench) oweMore(id string, n int) {
	var more []order.Email
	for i := range n {
		key := fmt.Sprintf("more/%d", i)
		more = append(more, order.Email{Key: key, Audience: order.Admins, To: []order.Address{{Email: "owner@example.com"}}, NotBefore: b.now()})
	}
	b.memory.orders[id].Owe(more, b.now())
}

// alive is a function in a bubble, with orders that were never dispatched, and its sweep started.
// Its quit ends it; the bubble waits for that.
func alive(t *testing.T, orders int, change func(*bench, *stub)) (b *bench, s *stub, quit context.CancelFunc) {
	t.Helper()
	b, s = setUpOffline(t), &stub{}
	b.items, b.mail = s, s
	b.now = func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
	b.interval = time.Minute
	first := b.place(t, "completed_paid")
	for i := range orders {
		o := *b.memory.orders[first]
		o.ID = fmt.Sprintf("cs_%d", i)
		due := b.now().Add(time.Duration(i-orders) * time.Minute)
		o.NextDueAt = &due
		b.memory.orders[o.ID] = &o
	}
	delete(b.memory.orders, first)
	if change != nil {
		change(b, s)
	}
	ctx, quit := context.WithCancel(t.Context())
	go b.SweepUntil(ctx)
	return b, s, quit
}

// delivery is the first e-mail of an order, while the sweep goes on.
func (m *memory) delivery(id string) order.Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.orders[id].Emails["ebook/delivery"]
}

func TestSweepUntil(t *testing.T) {
	t.Parallel()

	t.Run("sends in the order in which it was due, at its rate", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			const orders, perSecond = 2*batch + 20, 10
			began := time.Now()
			_, s, quit := alive(t, orders, func(b *bench, _ *stub) { b.limit = rate.NewLimiter(perSecond, 1) })
			defer quit()
			time.Sleep(5 * time.Minute)
			mails := s.sent()
			if len(mails) != 2*orders {
				t.Fatalf("%d mails, want %d", len(mails), 2*orders)
			}
			for i, m := range mails { // several orders are visited at a time
				id, _, _ := strings.Cut(m.delivery, "/")
				n, err := strconv.Atoi(strings.TrimPrefix(id, "cs_"))
				if err != nil || n < i/2-sweepers || n > i/2+sweepers {
					t.Fatalf("mail %d is of %s, %v", i, id, err)
				}
			}
			// A call of Stripe and two of SendGrid for each order.
			if took, least := mails[len(mails)-1].at.Sub(began), (3*orders-1)*time.Second/perSecond; took < least || took > least+time.Minute {
				t.Errorf("took %v, want %v or a little more", took, least)
			}
		})
	})

	t.Run("finds at its interval what it was not told of", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b, s, quit := alive(t, 1, nil)
			defer quit()
			time.Sleep(time.Second)
			b.memory.mu.Lock()
			o := *b.memory.orders["cs_0"]
			o.ID, o.Emails, o.Plans = "cs_later", nil, nil
			due := b.now()
			o.NextDueAt = &due
			b.memory.orders[o.ID] = &o
			b.memory.mu.Unlock()
			time.Sleep(b.interval + b.interval/10)
			if n := len(s.sent()); n != 4 {
				t.Errorf("%d mails after an interval, want 4", n)
			}
		})
	})

	t.Run("ends what it has in hand and begins nothing more when it is to end", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			goOn := make(chan struct{})
			b, s, quit := alive(t, sweepers+5, func(_ *bench, s *stub) {
				s.before = func(string) { <-goOn }
			})
			synctest.Wait()
			quit()
			close(goOn)
			synctest.Wait()
			if n := len(s.sent()); n != 2*sweepers {
				t.Errorf("%d mails, want the %d that were in hand", n, 2*sweepers)
			}
			if d := b.memory.delivery("cs_0"); d.State != order.Sent {
				t.Errorf("it is %s", d.State)
			}
		})
	})

	t.Run("does nothing where it is turned off", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			_, s, quit := alive(t, 1, func(b *bench, _ *stub) { b.interval = 0 })
			defer quit()
			time.Sleep(time.Hour)
			if n := len(s.sent()); n != 0 {
				t.Errorf("%d mails", n)
			}
		})
	})
}

// A database that takes writes and cannot confirm them, since a majority of its members is away,
// makes no dead process of one that lives: nothing is sent meanwhile, and then all of it once.
func TestClaimsThatAreNotConfirmed(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b, s, quit := alive(t, 3, func(b *bench, _ *stub) {
			b.memory.unconfirmed = func(*order.Order) error {
				if time.Since(began) < 2*time.Hour {
					return errors.New("a majority is away")
				}
				return nil
			}
		})
		defer quit()
		time.Sleep(2*time.Hour - time.Second)
		if n := len(s.sent()); n != 0 {
			t.Errorf("%d mails were sent under an unconfirmed claim", n)
		}
		time.Sleep(10 * time.Minute)
		if n := len(s.sent()); n != 6 {
			t.Errorf("%d mails, want 6", n)
		}
		b.memory.mu.Lock()
		defer b.memory.mu.Unlock()
		for id, o := range b.memory.orders {
			for key, d := range o.Emails {
				if d.State != order.Sent || d.Unsure || d.Lost > 0 {
					t.Errorf("%s/%s: %+v", id, key, d)
				}
			}
		}
	})
}

// A process that sweeps only when it is asked takes over what a dead one left, however seldom it is
// asked.
func TestSweepAskedTakesOver(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b, s, quit := alive(t, 1, func(b *bench, _ *stub) { b.interval = 0 })
		defer quit()
		b.invoke(`{"sweep":true}`)
		d := b.memory.orders["cs_0"].Emails["ebook/delivery"]
		d.State, d.Lease, d.DueAt = order.Sending, "the dead", b.now()
		b.memory.orders["cs_0"].Emails["ebook/delivery"] = d
		due := b.now()
		b.memory.orders["cs_0"].NextDueAt = &due
		time.Sleep(5 * time.Minute)
		began := time.Now()
		if res := b.invoke(`{"sweep":true}`); strings.TrimSpace(string(res.Body)) != `{"orders":1,"errors":0}` {
			t.Errorf("answered %s", res.Body)
		}
		if d := b.memory.delivery("cs_0"); d.State != order.Sent || !d.Unsure || len(s.sent()) != 3 || time.Since(began) > budget {
			t.Errorf("after %v %+v, and %d mails", time.Since(began), d, len(s.sent()))
		}
		began = time.Now()
		if b.invoke(`{"sweep":true}`); time.Since(began) > time.Second {
			t.Errorf("with nothing left it took %v", time.Since(began))
		}
	})
}

// TestUnrecorded: the results of one order cannot be recorded for an hour, and all other mails go
// out meanwhile.
func TestUnrecorded(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		stuck := func() bool { return time.Since(began) < time.Hour }
		b, s, quit := alive(t, 3, func(b *bench, s *stub) {
			b.memory.updateFunc = func(id string) error {
				if id == "cs_0" && s.has("cs_0") && stuck() {
					return errors.New("too large")
				}
				return nil
			}
		})
		defer quit()
		time.Sleep(2 * time.Minute)
		if n := len(s.sent()); n != 2+4 {
			t.Errorf("%d mails while two are not recorded, want them and the 4 of the other orders", n)
		}
		time.Sleep(2 * time.Hour)
		copies := map[string]int{}
		for _, m := range s.sent() {
			copies[m.delivery]++
		}
		for delivery, n := range copies {
			if n != 1 {
				t.Errorf("%s was sent %d times", delivery, n)
			}
		}
		if d := b.memory.delivery("cs_0"); len(copies) != 6 || d.State != order.Sent || d.Unsure {
			t.Errorf("%d mails, the first %+v", len(copies), d)
		}
	})
}

// A process that was not told that it has a lease knows it by its name, also where it takes no
// other's.
func TestOwnClaimIsKnown(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	b.die(id, b.clock.Add(lease), 0)
	const key = "ebook/delivery"
	for owner, want := range map[string]int{"the dead": 1, "another": 0} {
		v := &visit{log: b.log, orders: b.memory, order: b.memory.orders[id]}
		c := &claims{owner: owner, keys: []string{key}, free: map[string]func(){key: func() {}}}
		if claimed, err := b.claim(t.Context(), v, nil, c); err != nil || len(claimed) != want {
			t.Errorf("%s claims %v, %v, want %d", owner, claimed, err, want)
		}
	}
}

func TestHopelessIsAbandoned(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	b.die(id, b.clock, order.MaxLost-1)
	b.steady()
	if p := b.sendOrder(t, id); p.Failed != 1 || p.Sent != 2 {
		t.Errorf("progress %+v, want it failed and the admins told", p)
	}
	if got := b.sendgrid.sent(); !slices.Contains(got, "notice/email-failed/ebook/delivery") || len(got) != 3 {
		t.Errorf("sent %v", got)
	}
	if !strings.Contains(b.logged.String(), `"level":"ERROR","msg":"e-mail given up`) {
		t.Errorf("the log does not say so: %s", b.logged)
	}
}

func TestItemsThatNeverCome(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.stripe.status = 502
	for began := b.clock; b.clock.Sub(began) < order.Horizon+2*time.Hour; b.clock = b.clock.Add(time.Hour) {
		if b.memory.orders[id].Fetch.FailedAt.IsZero() {
			b.sendOrder(t, id)
		} else {
			b.invoke(`{"sweep":true}`)
		}
	}
	o := b.memory.orders[id]
	if o.Fetch.FailedAt.IsZero() || o.NextDueAt != nil {
		t.Errorf("not given up: %+v, due %v", o.Fetch, o.NextDueAt)
	}
	if d := cmp.Diff([]string{"notice/items-given-up/1", "notice/items-missing"}, b.sendgrid.sent()); d != "" {
		t.Errorf("the admins are told (-want +got):\n%s", d)
	}
	notice, _ := b.sendgrid.mails[1].Personalizations[0].Data["notice"].(map[string]any)
	if notice["command"] != "retry --failed" || !strings.Contains(fmt.Sprint(notice["text"]), "given up") || !strings.Contains(fmt.Sprint(notice["reason"]), "502") {
		t.Errorf("the notice says %v", notice)
	}
	if !strings.Contains(b.logged.String(), `"level":"ERROR","msg":"the line items could not be fetched, and are not tried again`) {
		t.Errorf("the log does not say so: %s", b.logged)
	}
	b.stripe.status = 0
	b.invoke(`{"sweep":true}`)
	if n := len(b.sendgrid.sent()); n != 2 {
		t.Errorf("a sweep took it up again: %d mails", n)
	}
	if p := b.sendOrder(t, id); p.Sent != 4 {
		t.Errorf("asked for, it is at %+v, want its two mails sent", p)
	}
}

func TestGivingUpIsToldEachTime(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.stripe.status = 502
	for range 2 {
		b.sendOrder(t, id)
		b.clock = b.clock.Add(order.Horizon)
		b.invoke(`{"sweep":true}`)
		res := b.invoke(fmt.Sprintf(`{"retry":{"failed":true},"at":"%s"}`, b.clock.Format(time.RFC3339)))
		if want := fmt.Sprintf(`{"orders":["%s"],"not_yet":[],"dry_run":false}`+"\n", id); string(res.Body) != want {
			t.Fatalf("answered %d %s, want %s", res.StatusCode, res.Body, want)
		}
	}
	want := []string{"notice/items-given-up/1", "notice/items-given-up/2", "notice/items-missing"}
	if d := cmp.Diff(want, b.sendgrid.sent()); d != "" {
		t.Errorf("the admins are told (-want +got):\n%s", d)
	}
	b.stripe.status = 0
	b.clock = b.clock.Add(time.Minute)
	b.invoke(`{"sweep":true}`)
	if d := cmp.Diff(append([]string{"ebook/delivery", "ebook/sale"}, want...), b.sendgrid.sent()); d != "" {
		t.Errorf("after Stripe is back (-want +got):\n%s", d)
	}
}

func TestRefusedStripeKeyDoesNotUseUpTheHorizon(t *testing.T) {
	t.Parallel()

	for _, status := range []int{401, 403} {
		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.stripe.status = status
		for range 10 {
			b.clock = b.clock.Add(order.Horizon / 2)
			b.invoke(`{"sweep":true}`)
		}
		b.stripe.status, b.clock = 502, b.clock.Add(2*time.Hour)
		b.invoke(`{"sweep":true}`)
		if f := b.memory.orders[id].Fetch; !f.FailedAt.IsZero() || f.Attempts != 11 {
			t.Errorf("%d: %+v, want it tried again", status, f)
		}
		b.stripe.status, b.clock = 0, b.clock.Add(2*time.Hour)
		b.invoke(`{"sweep":true}`)
		if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale", "notice/items-missing"}, b.sendgrid.sent()); d != "" {
			t.Errorf("%d: sent (-want +got):\n%s", status, d)
		}
	}
}

func TestOverdueOrderIsTold(t *testing.T) {
	t.Parallel()

	for why, key := range map[string]func() (string, error){
		"secret stripe-api-key is missing": func() (string, error) { return "", openfaas.NewMisconfigured("secret stripe-api-key is missing") },
		"the log of send-email names it":   func() (string, error) { panic("a mistake") },
	} {
		b := setUp(t)
		id := b.place(t, "completed_paid")
		works := b.items
		b.items = newStripeItems(Service{URL: "http://127.0.0.1:1", Key: key})
		b.refund(t, "evt_part", 1000)
		sweep := func(after time.Duration) {
			b.clock = b.clock.Add(after)
			b.invoke(`{"sweep":true}`)
		}
		sweep(30 * time.Minute)
		if got := b.sendgrid.sent(); len(got) != 0 {
			t.Errorf("%s: sent %v within the hour", why, got)
		}
		for range 5 {
			sweep(40 * time.Minute)
		}
		if d := cmp.Diff([]string{"notice/order-overdue"}, b.sendgrid.sent()); d != "" {
			t.Fatalf("%s: sent (-want +got):\n%s", why, d)
		}
		notice, _ := b.sendgrid.mails[0].Personalizations[0].Data["notice"].(map[string]any)
		if notice["reason"] != why {
			t.Errorf("the notice says %v, want %s", notice, why)
		}
		b.items = works
		sweep(time.Minute)
		if p := b.sendOrder(t, id); p.Sent != 4 || p.Waiting != 0 {
			t.Errorf("%s: after the key is back, it is at %+v", why, p)
		}
	}
}

func TestStatusesThatGetBetter(t *testing.T) {
	t.Parallel()

	for code, final := range map[int]bool{
		400: true, 413: true, 415: true, 422: true,
		301: false, 401: false, 403: false, 404: false, 405: false, 408: false, 429: false, 500: false, 502: false, 503: false,
	} {
		b := setUp(t)
		id := b.place(t, "completed_unpaid", "async_payment_failed")
		b.sendgrid.answers = append(b.sendgrid.answers, status(code))
		b.sendOrder(t, id)
		if d := b.memory.orders[id].Emails["notice/payment-failed"]; (d.State == order.Failed) != final || d.LastStatus != code {
			t.Errorf("%d: %s, status %d", code, d.State, d.LastStatus)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()

	away := errors.New("away")
	for name, c := range map[string]struct {
		looks []time.Duration // when it answered; negative: when it failed
		at    time.Duration
		want  bool
	}{
		"never asked":                    {nil, time.Hour, false},
		"asked once":                     {[]time.Duration{1}, 1, false},
		"for long enough":                {[]time.Duration{1, steadyAfter + 1}, steadyAfter + 1, true},
		"not yet":                        {[]time.Duration{1, steadyAfter}, steadyAfter, false},
		"away, and back for long enough": {[]time.Duration{1, steadyAfter + 1, -time.Minute, 70 * time.Second, 70*time.Second + steadyAfter}, 90 * time.Second, true},
		"away, and just back":            {[]time.Duration{1, steadyAfter + 1, -time.Minute, 70 * time.Second}, 71 * time.Second, false},
		"no look for too long before":    {[]time.Duration{1, longestGap + 2}, longestGap + 2, false},
		"no look for too long now":       {[]time.Duration{1, steadyAfter + 1}, longestGap + steadyAfter + 2, false},
	} {
		var h health
		began := time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)
		for _, d := range c.looks {
			if d < 0 {
				h.observe(away, began.Add(-d))
			} else {
				h.observe(nil, began.Add(d))
			}
		}
		if got := h.steady(began.Add(c.at)); got != c.want {
			t.Errorf("%s: steady is %v", name, got)
		}
	}
}
