package simulation

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// arrival is a mail that SendGrid accepted: when, by which process, and when it had been due.
type arrival struct {
	delivery, by string
	at, due      time.Duration
	// called: an event of its order came just before, so that the queue brought it.
	called bool
}

// arrivals are all mails that were accepted, in the order in which they were.
func (w *world) arrivals() []arrival {
	var all []arrival
	for delivery, copies := range w.sendgrid.copies {
		for _, c := range copies {
			id, _, _ := strings.Cut(delivery, "/")
			at := c.at.Sub(w.start)
			called := slices.ContainsFunc(w.acknowledged[id], func(t time.Duration) bool { return t <= at && at < t+5*time.Second })
			all = append(all, arrival{delivery, c.by.name, at, c.due.Sub(w.start), called})
		}
	}
	slices.SortFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	return all
}

// TestProveOutages lets a service be away for hours under many purchases and no other trouble, and
// looks at when the e-mails arrive afterwards: all of them, in the order in which they were due, at
// the rate set.
func TestProveOutages(t *testing.T) {
	t.Parallel()

	const rate = 2 // calls a second; far below what the models would take
	for name, c := range map[string]struct {
		weather weather
		// backlog is how many mails are due when the outage ends, at least.
		backlog int
	}{
		"SendGrid is away for ten hours": {weather{
			span: 13 * time.Hour, purchases: 300, outages: []outage{{"sendgrid", time.Hour, 11 * time.Hour, false}},
		}, 0},
		"SendGrid hangs for ten hours": {weather{
			span: 13 * time.Hour, purchases: 100, outages: []outage{{"sendgrid", time.Hour, 11 * time.Hour, true}},
		}, 0},
		"SendGrid refuses the key for four days": {weather{
			span: 98 * time.Hour, purchases: 30, outages: []outage{{"sendgrid key", time.Hour, 97 * time.Hour, false}},
		}, 40},
		"the database is away for an hour": {weather{
			span: 4 * time.Hour, purchases: 1500, scheduled: 2 * time.Hour,
			outages: []outage{{"database", 2*time.Hour + 30*time.Minute, 3*time.Hour + 30*time.Minute, false}},
		}, 150},
		"the database confirms nothing for an hour": {weather{
			span: 4 * time.Hour, purchases: 300, scheduled: 2 * time.Hour,
			outages: []outage{{"majority", 2*time.Hour + 30*time.Minute, 3*time.Hour + 30*time.Minute, false}},
		}, 20},
		"the queue is away for good": {weather{
			span: time.Hour, purchases: 300, outages: []outage{{"queue", 0, time.Hour, false}},
		}, 0},
	} {
		for _, senders := range []int{1, 3} {
			t.Run(name+", "+[]string{1: "one process", 3: "three"}[senders], func(t *testing.T) {
				t.Parallel()

				w := simulate(t, 1, func(w *weather) {
					outages := c.weather
					outages.interval, outages.webhooks, outages.senders, outages.rate = time.Minute, 1, senders, rate
					*w = outages
				}, false)
				if len(w.broken) > 0 {
					t.Fatalf("broken:\n  %s", strings.Join(w.broken, "\n  "))
				}
				away := w.outages[0]
				all := w.arrivals()
				if away.service == "majority" { // claims are given back, and Stripe's events come again, when they will
					checkNobodyDied(t, w)
				} else {
					if away.service != "sendgrid key" { // a probe makes an e-mail due anew
						checkOrder(t, all, away)
					}
					checkRate(t, all, away, rate)
				}
				late := slices.DeleteFunc(slices.Clone(all), func(a arrival) bool { return a.due >= away.to || a.at < away.to })
				if len(late) < c.backlog {
					t.Errorf("%d mails were due when the outage ended, want %d for this to show anything", len(late), c.backlog)
				}
				kept := w.keptWaiting(all, away)
				if len(kept) == 0 && away.service != "queue" {
					t.Error("the outage kept no mail waiting")
				}
				t.Logf("%d mails; the outage kept %d waiting, the last %v beyond its end; %d were due then", len(all), len(kept),
					(lastOf(kept, away.to) - away.to).Round(time.Second), len(late))
			})
		}
	}
}

// checkNobodyDied wants that no delivery says that a process died with it, or may have.
func checkNobodyDied(t *testing.T, w *world) {
	t.Helper()
	for id, o := range w.database.orders {
		for key, d := range o.Emails {
			if d.Unsure || d.Lost > 0 {
				t.Errorf("%s/%s is unsure %v, with %d leases lost", id, key, d.Unsure, d.Lost)
			}
		}
	}
}

// keptWaiting are the mails that might have been sent before the outage's end, and came after it.
func (w *world) keptWaiting(all []arrival, away outage) []arrival {
	return slices.DeleteFunc(slices.Clone(all), func(a arrival) bool {
		id, key, _ := strings.Cut(a.delivery, "/")
		return a.at < away.to || w.database.get(id).Emails[key].NotBefore.Sub(w.start) >= away.to
	})
}

// lastOf is when the last of them came; otherwise where there are none.
func lastOf(all []arrival, otherwise time.Duration) time.Duration {
	if len(all) == 0 {
		return otherwise
	}
	return all[len(all)-1].at
}

// checkOrder wants that no mail of the backlog overtakes one that was due longer, by the same
// process, but for the seconds by which clocks differ. What the queue brings is not of the backlog.
func checkOrder(t *testing.T, all []arrival, away outage) {
	t.Helper()
	const slack = 10 * time.Second
	latest := map[string]arrival{}
	for _, a := range all {
		if a.at < away.to || a.due > away.to-slack || a.called {
			continue
		}
		if before := latest[a.by]; a.due < before.due-slack {
			t.Errorf("%s, due at %v, came at %v; %s, due at %v, had come before it", a.delivery, a.due, a.at, before.delivery, before.due)
		}
		if a.due > latest[a.by].due {
			latest[a.by] = a
		}
	}
}

// checkRate wants no second in which a process sent more than the rate and one.
func checkRate(t *testing.T, all []arrival, away outage, rate int) {
	t.Helper()
	recent := map[string][]arrival{}
	for _, a := range all {
		if a.at < away.to || a.due >= away.to || a.called {
			continue // not of the backlog: the queue brings new purchases at their own pace
		}
		r := append(recent[a.by], a)
		for a.at-r[0].at >= time.Second {
			r = r[1:]
		}
		if recent[a.by] = r; len(r) > rate+1 {
			t.Errorf("%d mails by %s in the second before %v", len(r), a.by, a.at)
		}
	}
}
