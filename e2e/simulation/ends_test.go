package simulation

import (
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/condition"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// settled is how long after the last fault something may still be due where services were away for
// days: twice what an e-mail waits for its first event, as its notice does, and what a late visit adds.
const settled = 40 * time.Hour

// ends is what may be away for days, and for how long. What SendGrid accepts during a suspension, it
// drops.
var ends = map[string]time.Duration{
	"stripe key": 100 * time.Hour, "sendgrid key": 80 * time.Hour, "stripe": 90 * time.Hour, "sendgrid": 90 * time.Hour,
	"database": 40 * time.Hour, "alerts": 30 * time.Hour, "suspension": 20 * time.Hour,
}

// endsOf is the weather of a seed in which sales end without their e-mails.
func endsOf(seed uint64) func(*weather) {
	return func(w *weather) {
		rng := rand.New(rand.NewPCG(seed, 0xe4d5))
		*w = weather{
			span: 5 * 24 * time.Hour, interval: 15 * time.Minute, purchases: 3, webhooks: 1, senders: 1 + rng.IntN(2),
			faulty: 0.05 * rng.Float64(), deadly: 0.002 * rng.Float64(), graceful: 0.5, scheduled: 30 * time.Minute, rate: 10,
			tells: true, ends: true, drops: rng.IntN(2) == 0,
		}
		for _, service := range slices.Sorted(maps.Keys(ends)) {
			if rng.IntN(3) == 0 {
				from := time.Duration(rng.Int64N(int64(w.span / 2)))
				w.outages = append(w.outages, outage{service, from, from + ends[service], rng.IntN(2) == 0})
			}
		}
	}
}

// dropsIt reports whether SendGrid drops a mail that it accepts now.
func (w *world) dropsIt(delivery string) bool {
	if !w.ends {
		return false
	}
	if _, suspended := w.away("suspension"); suspended {
		w.fault("sendgrid drops all")
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(delivery + w.String()))
	if w.drops && h.Sum32()%8 == 0 && w.chance(1) {
		w.fault("sendgrid drops one")
		return true
	}
	return false
}

// lookOnce has the owner take up what was given up, in half of the runs.
func (w *world) lookOnce() {
	if w.below(2) == 0 {
		return
	}
	w.retried = true
	w.fault("owner takes up")
	for !w.retryOnce() {
		time.Sleep(w.between(time.Second, time.Minute))
	}
}

func (w *world) retryOnce() bool {
	p := w.hosts[w.webhooks+w.below(w.senders)].current()
	if p == nil {
		return false
	}
	body := fmt.Sprintf(`{"retry":{"failed":true},"at":"%s"}`, p.now().Format(time.RFC3339Nano))
	res, ok := p.call(handler.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{openfaas.SignatureHeader: {openfaas.Sign([]byte(body), functionsKey)}}}, time.Minute)
	w.note("owner", "takes up what was given up: %d %s", res.StatusCode, res.Body)
	return ok && res.StatusCode == http.StatusOK && strings.Contains(string(res.Body), `"not_yet":[]`)
}

// judgeEnds is judge for a run in which e-mails may never arrive: then an admin was alerted by a
// channel that worked, and of nothing twice.
func (w *world) judgeEnds() {
	for _, id := range w.database.waiting() {
		o := w.database.get(id)
		w.broke("%s is stuck: due at %v, fetch %+v, %s", id, o.NextDueAt.Sub(w.start), o.Fetch, states(o))
	}
	for _, s := range w.sessions {
		w.judgeEnd(s)
	}
	w.judgeCopies(w.sendgrid.copies, true)
	w.judgeCopies(w.alerts.copies, false)
	w.judgeConditions()
}

func (w *world) judgeEnd(s *session) {
	o := w.database.get(s.id)
	if o == nil || len(o.Events) != len(s.events)+len(s.charges) || o.Settled() != s.paid() {
		w.broke("%s (%s) is not stored as it was: %+v", s.id, s.kind, o)
		return
	}
	if w.retried && !o.Fetch.FailedAt.IsZero() {
		w.broke("%s is given up, though it was taken up again", s.id)
	}
	for _, key := range s.expected() {
		if d := o.Emails[key]; order.IsNotice(key) || stopped(d) || s.paid() && o.Reversed() && d.State == "" {
			continue
		}
		switch {
		case w.arrived(s.id, key):
		case w.alertedOf(o, key):
			w.fault("an admin was alerted")
		default:
			w.broke("%s/%s did not arrive, and no admin was alerted: %+v; %s", s.id, key, o.Fetch, states(o))
		}
	}
	for key, d := range o.Emails {
		w.judgeReason(s, o, key)
		w.judgeDelay(s.id+"/"+key, d)
	}
	if o.Fetch.GivenUp > 0 {
		w.fault("order given up")
	}
}

// slow is how long after it is owed an alert is to be sent, at the latest.
const slow = 3 * time.Hour

// judgeDelay wants an alert to be sent soon, unless its own service or the database was away.
func (w *world) judgeDelay(name string, d order.Delivery) {
	away := func(o outage) bool {
		from, to := w.start.Add(o.from), w.start.Add(o.to)
		return (o.service == "alerts" || o.service == "database") && from.Before(d.SentAt) && to.After(d.PlannedAt)
	}
	if d.Audience != order.Alert || d.State == order.Sent && d.SentAt.Sub(d.PlannedAt) < slow || slices.ContainsFunc(w.outages, away) {
		return
	}
	w.broke("%s is %s, planned at %v and sent at %v", name, d.State, d.PlannedAt.Sub(w.start), d.SentAt.Sub(w.start))
}

// arrived reports whether an e-mail, or a copy of it, was accepted and not dropped.
func (w *world) arrived(id, key string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(w.sendgrid.copies)), func(delivery string) bool {
		name := id + "/" + key
		return (delivery == name || strings.HasPrefix(delivery, name+"/again-")) && w.sendgrid.copies.arrived(delivery)
	})
}

// alertedOf reports whether an admin was told, by a channel that worked, that an e-mail did not
// arrive, or that it is unknown which are owed.
func (w *world) alertedOf(o *order.Order, key string) bool {
	about := []string{"email-failed/" + key, "unheard/" + key}
	if d := o.Emails[key]; d.State == "" {
		about = []string{fmt.Sprintf("items-given-up/%d", o.Fetch.GivenUp)}
	}
	for _, what := range about {
		if w.sendgrid.copies.arrived(o.ID+"/notice/"+what) || w.alerts.copies.arrived(o.ID+"/alert/"+what) {
			return true
		}
	}
	return w.wasDropped(o.ID+"/"+key) && w.toldOf(condition.SendGridSilent)
}

// judgeReason wants a reason for what the admins are told.
func (w *world) judgeReason(s *session, o *order.Order, key string) {
	series, rest, _ := strings.Cut(key, "/")
	if series != order.NoticeSeries && series != order.AlertSeries {
		return
	}
	kind, about, _ := strings.Cut(rest, "/")
	reasons := map[string]bool{
		"items-missing": o.Fetch.Attempts > 0, "items-given-up": o.Fetch.GivenUp > 0, "order-overdue": w.wasAwayForLong(),
		"email-failed": o.Emails[about].Attempts > 0, "unheard": w.wasDropped(o.ID+"/"+about) || w.wasAwayForLong(),
		"payment-failed": s.declined(), "unknown-product": slices.Contains(s.products, "prod_new"),
	}
	ofMoney := strings.HasPrefix(kind, "refund") || strings.HasPrefix(kind, "dispute") || strings.HasPrefix(kind, "inquiry")
	if !reasons[kind] && !(ofMoney && len(s.charges) > 0) {
		w.broke("%s/%s has no reason: %s", s.id, key, states(o))
	}
}

func (w *world) wasDropped(delivery string) bool {
	return slices.ContainsFunc(w.sendgrid.copies[delivery], func(c *mailCopy) bool { return c.dropped })
}

// judgeCopies: what was accepted is owed, and was accepted once; or more often, with a reason, and it
// is said of those that say so.
func (w *world) judgeCopies(all copies, say bool) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		id, key, _ := strings.Cut(name, "/")
		o := w.database.get(id)
		if o == nil || o.Emails[key].State == "" {
			w.broke("%s was accepted, and is not owed", name)
			continue
		}
		n, excuses := len(all[name]), all.excused(name)
		if n > 1+excuses {
			w.broke("%s was accepted %d times, of which %d have a reason", name, n, excuses)
		}
		if say && n > 1 && !o.Emails[key].Unsure {
			w.broke("%s was accepted %d times and does not say so", name, n)
		}
	}
}

// TestSimulationOfEnds has keys missing and services away for days, and SendGrid drop what it
// accepted. Whatever e-mail does not arrive in the end, an admin was alerted of by a channel that
// worked.
func TestSimulationOfEnds(t *testing.T) {
	t.Parallel()

	faults := map[string]int{}
	for seed := uint64(1); seed <= *endSeeds; seed++ {
		w := simulate(t, seed, endsOf(seed), false)
		for kind, n := range w.faults {
			faults[kind] += n
		}
		if len(w.broken) > 0 {
			for _, line := range simulate(t, seed, endsOf(seed), true).history {
				t.Log(line)
			}
			t.Fatalf("found after %d seeds: seed %d breaks:\n  %s", seed, seed, strings.Join(w.broken, "\n  "))
		}
	}
	for _, kind := range []string{
		"an admin was alerted", "order given up", "owner takes up", "sendgrid drops all", "sendgrid drops one", "stripe key missing", "sendgrid key missing", "stripe key refused", "sendgrid key refused",
		"stripe away", "stripe hangs before",
		"sendgrid away", "database away", "alerts away", "alerts accepts and breaks", "condition begun", "condition lasts", "condition over",
	} {
		t.Logf("%8d × %s", faults[kind], kind)
		if faults[kind] == 0 && *endSeeds >= 120 {
			t.Errorf("%q never happened", kind)
		}
	}
}
