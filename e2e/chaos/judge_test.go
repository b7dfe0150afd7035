package chaos

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/shared/shop"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

const session = "cs_test_1"

// good is one purchase, an e-book's, with which nothing is wrong.
func good() evidence {
	return evidence{
		sold: []sold{{
			session: session, kind: kinds[0], events: []string{"evt_1"},
			acknowledged: true, settled: start, slowestAck: time.Second,
		}},
		orders: map[string]*order.Order{session: {
			ID: session, Events: map[string]order.Event{"evt_1": {}},
			Facts: order.Facts{PaymentStatus: order.Paid},
			Emails: map[string]order.Delivery{
				"ebook/delivery": {State: order.Sent, Attempts: 1},
				"ebook/sale":     {State: order.Sent, Attempts: 1},
			},
		}},
		mails: []shop.Mail{mail("ebook/delivery", 2*time.Second), mail("ebook/sale", 3*time.Second)},
		alone: true,
	}
}

func mail(key string, after time.Duration) shop.Mail {
	return shop.Mail{Order: session, Delivery: session + "/" + key, AcceptedAt: start.Add(after)}
}

// deliver changes what the order says of its e-book.
func (e evidence) deliver(change func(*order.Delivery)) {
	d := e.orders[session].Emails["ebook/delivery"]
	change(&d)
	e.orders[session].Emails["ebook/delivery"] = d
}

// again has the e-book sent once more.
func (e *evidence) again(after time.Duration) {
	e.mails = append(e.mails, mail("ebook/delivery", after))
	e.deliver(func(d *order.Delivery) { d.Attempts++; d.Unsure = true })
}

func TestJudge(t *testing.T) {
	t.Parallel()

	const unpaid = 4
	for name, c := range map[string]struct {
		change    func(*evidence)
		want      verdict // without times
		violation string  // what its only violation says; none where it is empty
	}{
		"nothing is wrong": {
			func(*evidence) {}, verdict{once: 2}, "",
		},
		"a mail is lost": {
			func(e *evidence) { e.mails = e.mails[1:] },
			verdict{once: 1, lost: 1}, "ebook/delivery is lost",
		},
		"a delivery has failed": {
			func(e *evidence) {
				e.mails = e.mails[1:]
				e.deliver(func(d *order.Delivery) { d.State, d.LastError = order.Failed, "refused" })
			},
			verdict{once: 1, lost: 1}, "ebook/delivery failed after 1 attempt (refused)",
		},
		"a mail was sent, and the order says that it failed": {
			func(e *evidence) { e.deliver(func(d *order.Delivery) { d.State = order.Failed }) },
			verdict{once: 2}, "the order does not know",
		},
		"a second copy after the sender died": {
			func(e *evidence) {
				e.again(2*time.Second + 2*time.Minute)
				e.deaths = []time.Time{start.Add(4 * time.Second)}
			},
			verdict{once: 1, twice: 1, died: 1}, "",
		},
		"a second copy after SendGrid broke off": {
			func(e *evidence) {
				e.again(7 * time.Second)
				e.broken = []span{{start.Add(time.Second), start.Add(2 * time.Second)}}
			},
			verdict{once: 1, twice: 1, broke: 1}, "",
		},
		"a third copy, each with its own cause": {
			func(e *evidence) {
				e.again(7 * time.Second)
				e.again(7*time.Second + 2*time.Minute)
				e.broken = []span{{start.Add(time.Second), start.Add(2 * time.Second)}}
				e.deaths = []time.Time{start.Add(8 * time.Second)}
			},
			verdict{once: 1, twice: 1, died: 1, broke: 1}, "",
		},
		"a second copy of which the order is sure": {
			func(e *evidence) {
				e.again(7 * time.Second)
				e.deliver(func(d *order.Delivery) { d.Unsure = false })
				e.broken = []span{{start.Add(time.Second), start.Add(2 * time.Second)}}
			},
			verdict{once: 1, twice: 1, unexplained: 1}, "the order is sure of it",
		},
		"a second copy of one attempt": {
			func(e *evidence) {
				e.again(7 * time.Second)
				e.deliver(func(d *order.Delivery) { d.Attempts = 1 })
				e.broken = []span{{start.Add(time.Second), start.Add(2 * time.Second)}}
			},
			verdict{once: 1, twice: 1, unexplained: 1}, "it had 1 attempt",
		},
		"a second copy though nobody died and nothing broke": {
			func(e *evidence) {
				e.again(2*time.Second + 2*time.Minute)
				e.deaths = []time.Time{start.Add(time.Second), start.Add(time.Minute)}
				e.broken = []span{{start, start.Add(time.Second)}, {start.Add(3 * time.Second), start.Add(time.Hour)}}
			},
			verdict{once: 1, twice: 1, unexplained: 1}, "nothing happened at 05:06:09.000 that explains it",
		},
		"a second copy before the lease of who died ran out": {
			func(e *evidence) {
				e.again(time.Minute)
				e.deaths = []time.Time{start.Add(4 * time.Second)}
			},
			verdict{once: 1, twice: 1, unexplained: 1}, "nothing happened",
		},
		"a second copy after the lease of who died was ended": {
			func(e *evidence) {
				e.again(time.Minute)
				e.deaths = []time.Time{start.Add(4 * time.Second)}
				e.expired = start.Add(50 * time.Second)
			},
			verdict{once: 1, twice: 1, died: 1}, "",
		},
		"a second copy before the leases were ended": {
			func(e *evidence) {
				e.again(40 * time.Second)
				e.deaths = []time.Time{start.Add(4 * time.Second)}
				e.expired = start.Add(50 * time.Second)
			},
			verdict{once: 1, twice: 1, unexplained: 1}, "nothing happened",
		},
		"a mail that is not expected": {
			func(e *evidence) { e.mails = append(e.mails, mail("course/sale", time.Second)) },
			verdict{once: 2, unexpected: 1}, "1 mail course/sale, not expected",
		},
		"a mail that does not say which delivery it is": {
			func(e *evidence) {
				e.mails = append(e.mails, shop.Mail{Order: session, AcceptedAt: start})
			},
			verdict{once: 2, unexpected: 1}, ", not expected",
		},
		"a mail of an order that was not made": {
			func(e *evidence) {
				e.mails = append(e.mails, shop.Mail{Order: "cs_2", Delivery: "cs_2/a", AcceptedAt: start})
			},
			verdict{once: 2, unexpected: 1}, "mail cs_2/a: the order did not buy that",
		},
		"a mail of an order of somebody else": {
			func(e *evidence) {
				e.alone = false
				e.mails = append(e.mails, shop.Mail{Order: "cs_2", Delivery: "cs_2/a", AcceptedAt: start})
			},
			verdict{once: 2}, "",
		},
		"mails of a purchase that was never paid": {
			func(e *evidence) {
				e.sold[0].kind = kinds[unpaid]
				o := e.orders[session]
				o.PaymentStatus, o.Emails = order.Unpaid, nil
				e.mails = e.mails[:1]
			},
			verdict{unexpected: 1}, "1 mail ebook/delivery, not expected; the order has no deliveries",
		},
		"a delivery that nobody bought, not sent": {
			func(e *evidence) { e.orders[session].Emails["notice/a"] = order.Delivery{State: order.Failed} },
			verdict{once: 2}, "it plans notice/a",
		},
		"an event is missing": {
			func(e *evidence) { e.sold[0].events = append(e.sold[0].events, "evt_2") },
			verdict{once: 2}, "it holds the events [evt_1], and [evt_1 evt_2] were delivered",
		},
		"an event of somebody else": {
			func(e *evidence) { e.orders[session].Events["evt_2"] = order.Event{} },
			verdict{once: 2}, "it holds the events [evt_1 evt_2]",
		},
		"the wrong payment status": {
			func(e *evidence) { e.orders[session].PaymentStatus = order.Unpaid },
			verdict{once: 2}, "it is unpaid, and should be paid",
		},
		"something is due still": {
			func(e *evidence) { e.orders[session].NextDueAt = &start },
			verdict{once: 2}, "something is due still",
		},
		"an event was not acknowledged": {
			func(e *evidence) { e.sold[0].acknowledged = false },
			verdict{once: 2}, "not all of its events were acknowledged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			e := good()
			c.change(&e)
			got := judge(e)
			switch {
			case c.violation == "" && len(got.violations) > 0, c.violation != "" && len(got.violations) != 1:
				t.Fatalf("violations: %q", got.violations)
			case c.violation != "" && !strings.Contains(got.violations[0], c.violation):
				t.Errorf("%q does not say %q", got.violations[0], c.violation)
			}
			c.want.purchases, c.want.orders, c.want.expected = 1, 1, len(e.sold[0].kind.owes)
			if e.sold[0].acknowledged {
				c.want.acknowledged = 1
			}
			got.violations, got.acks, got.mails = nil, nil, nil
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(verdict{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}

	t.Run("an order that is not there offends, and so does each of its mails", func(t *testing.T) {
		t.Parallel()

		e := good()
		e.orders, e.mails = nil, nil
		v := judge(e)
		if v.orders != 0 || v.lost != 2 || len(v.violations) != 3 || !strings.Contains(v.violations[0], "there is no order") {
			t.Errorf("%d orders, %d lost, violations %q", v.orders, v.lost, v.violations)
		}
	})

	t.Run("tells how long each took, from the acknowledgement that settled the payment", func(t *testing.T) {
		t.Parallel()

		e := good()
		e.mails[1].AcceptedAt = start.Add(-time.Second) // the acknowledgement was lost, and came later
		v := judge(e)
		if d := cmp.Diff([]time.Duration{2 * time.Second, 0}, v.mails); d != "" {
			t.Errorf("mails (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]time.Duration{time.Second}, v.acks); d != "" {
			t.Errorf("acknowledgements (-want +got):\n%s", d)
		}
	})
}

func TestQuantiles(t *testing.T) {
	t.Parallel()

	var d []time.Duration
	for i := range 101 {
		d = append(d, time.Duration(100-i)*time.Second)
	}
	for want, d := range map[string][]time.Duration{
		"none":                                 nil,
		"p50 1s, p99 1s, slowest 1s":           {time.Second},
		"p50 50s, p99 1m39s, slowest 1m40s":    d,
		"p50 1.234s, p99 1.234s, slowest 1.5s": {1500 * time.Millisecond, 1234400 * time.Microsecond},
	} {
		if got := quantiles(d); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
