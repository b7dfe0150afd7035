package function

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"handler/function/internal/alert"
	"handler/function/internal/catalogue"
	"handler/function/internal/condition"
	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/stripeclient"
)

// observe notes a condition. One that is new wakes the sweep, which reports it.
func (f *Function) observe(kind condition.Kind, about string) {
	if now := f.now(); f.watch.Observe(kind, about, now) {
		f.alarm.set(&now)
	}
}

// clear notes that none of some kinds is there. If one was, the sweep does what waited for its end.
func (f *Function) clear(kinds ...condition.Kind) {
	if now := f.now(); f.watch.Clear(now, kinds...) {
		f.alarm.set(&now)
	}
}

// observeAttempt notes what an answer of SendGrid's shows of the key and the account.
func (f *Function) observeAttempt(res result) {
	switch {
	case res.Condition != "":
		f.clear(slices.DeleteFunc(condition.OfSendGrid(), func(k condition.Kind) bool { return k == res.Condition })...)
		f.observe(res.Condition, "")
	case answersUs(res.Status):
		f.clear(condition.OfSendGrid()...)
	}
}

// answersUs reports whether a status shows that a service is there and takes our key.
func answersUs(status int) bool {
	return status != 0 && status != http.StatusTooManyRequests && status < 500
}

// observeSendGridKey notes whether there is a key at all. One that is refused shows at its next
// attempt.
func (f *Function) observeSendGridKey(err error) {
	switch {
	case err == nil || errors.Is(err, errRefused):
		f.clear(condition.SendGridKeyMissing)
	case isMisconfigured(err):
		f.observe(condition.SendGridKeyMissing, "")
	}
}

// observeFetch notes what an attempt to fetch line items shows of Stripe's key.
func (f *Function) observeFetch(err error) {
	var e *stripeclient.Error
	kinds := []condition.Kind{condition.StripeKeyMissing, condition.StripeKeyRefused, condition.StripeItemsPermission}
	switch {
	case isMisconfigured(err):
		f.observe(condition.StripeKeyMissing, "")
	case errors.As(err, &e) && e.Status == http.StatusUnauthorized:
		f.clear(condition.StripeKeyMissing, condition.StripeItemsPermission)
		f.observe(condition.StripeKeyRefused, e.Expired())
	case errors.As(err, &e) && e.Status == http.StatusForbidden:
		f.clear(condition.StripeKeyMissing, condition.StripeKeyRefused)
		f.observe(condition.StripeItemsPermission, e.Permission)
	case err == nil, errors.As(err, &e) && answersUs(e.Status):
		f.clear(kinds...)
	}
}

// quiet is for how long a condition must stay away to be over.
func (f *Function) quiet() time.Duration {
	if f.interval == 0 {
		return 3 * time.Minute
	}
	return 3 * f.interval
}

// keepConditions stores what was observed, and has what is to be reported of it owed.
func (f *Function) keepConditions(ctx context.Context) (condition.Set, error) {
	orders, err := f.store()
	if err != nil {
		return condition.Set{}, err
	}
	var news []condition.News
	now := f.now()
	set, err := f.watch.Keep(ctx, orders, now, func(o *order.Order, set *condition.Set) bool {
		news = set.News(now, f.quiet())
		for _, n := range news {
			f.catalogue.OweNews(o, n, now)
			set.Told(n, now)
		}
		return len(news) > 0
	})
	if err != nil || len(news) == 0 {
		return set, err
	}
	for _, n := range news {
		f.logNews(n)
	}
	f.alarm.set(&now)
	return set, nil
}

// look notes how a sweep ended: it keeps the conditions, and tells the monitors.
func (f *Function) look(ctx context.Context, done swept, err error) {
	if deferred(err) {
		return
	}
	f.checkAlerts()
	f.lookAtDatabase(ctx, err)
	if err != nil {
		f.monitor.Swept(false, f.faults.active())
		return
	}
	if !f.usesEvents() {
		f.clear(condition.SendGridSilent)
	}
	set, err := f.keepConditions(ctx)
	if err != nil {
		f.log.Warn("the conditions could not be stored; the next sweep tries again", "err", err)
	}
	waits := !done.oldest.IsZero() && f.now().Sub(done.oldest) >= overdue
	f.monitor.Swept(err == nil && done.Errors == 0 && !waits, f.faults.active() || breaks(set))
}

// breaks reports whether a condition keeps the shop from working.
func breaks(set condition.Set) bool {
	return slices.ContainsFunc(set.Active(), func(c condition.Condition) bool { return !c.Kind.Warning() })
}

// logNews says in the log what is reported.
func (f *Function) logNews(n condition.News) {
	log := f.log.With("condition", n.Kind, "about", n.About, "since", n.Since)
	switch {
	case n.Phase == condition.Over:
		log.Info("a condition is over")
	case n.Kind.Warning():
		log.Warn("a condition needs the owner soon")
	default:
		log.Error("a condition keeps the shop from working until the owner corrects it", "phase", n.Phase)
	}
}

const (
	// faultySweeps is how many sweeps in a row must meet a fault before it is reported.
	faultySweeps = 2
	// awayFor is for how long the database must not answer before that is reported.
	awayFor = 10 * time.Minute
)

// faults are the conditions of the database, which cannot be stored: this process keeps them, and
// reports them itself.
type faults struct {
	mu  sync.Mutex
	set condition.Set
	// since is the first of the sweeps in a row that failed, and failed how many there are.
	since  time.Time
	failed int
	// alerts is what was last wrong with the alert channel's address.
	alerts string
}

func (d *faults) active() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.set.Active()) > 0
}

// lookAtDatabase notes how a sweep ended, and reports what it shows of the database.
func (f *Function) lookAtDatabase(ctx context.Context, err error) {
	f.faults.mu.Lock()
	defer f.faults.mu.Unlock()
	now := f.now()
	f.faults.note(err, now)
	for _, n := range f.faults.set.News(now, f.quiet()) {
		if f.sendNews(ctx, n) {
			f.faults.set.Told(n, now)
			f.logNews(n)
		}
	}
}

func (d *faults) note(err error, now time.Time) {
	kind, fault := faultOf(err)
	for _, other := range condition.OfDatabase() {
		if err == nil || other != kind && fault {
			d.set.Clear(other, now)
		}
	}
	if err == nil {
		d.since, d.failed = time.Time{}, 0
		return
	}
	if d.failed++; d.since.IsZero() {
		d.since = now
	}
	if fault && d.failed >= faultySweeps || !fault && now.Sub(d.since) >= awayFor {
		d.set.Observe(kind, "", now)
	}
}

// faultOf is the condition that a failed sweep shows, and whether the database, or its secret, named
// it.
func faultOf(err error) (kind condition.Kind, fault bool) {
	kinds := map[error]condition.Kind{
		mongodb.ErrURI: condition.DatabaseURI, mongodb.ErrAuth: condition.DatabaseAuth, mongodb.ErrNoUser: condition.DatabaseNoUser,
		mongodb.ErrPermission: condition.DatabasePermission, mongodb.ErrFull: condition.DatabaseFull,
	}
	if kind, fault = kinds[mongodb.Fault(err)]; fault {
		return kind, true
	}
	if isMisconfigured(err) {
		return condition.DatabaseURI, true // the secret is missing
	}
	return condition.DatabaseAway, false
}

// sendNews sends an alert at once, and reports whether it is done with: another sweep tries again.
func (f *Function) sendNews(ctx context.Context, n condition.News) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)
	defer cancel()
	err := f.alerts.Send(ctx, catalogue.NewsMessage(n, f.now()))
	if err == nil || errors.Is(err, alert.ErrOff) {
		return true
	}
	f.log.Warn("alert not sent; another attempt follows", "condition", n.Kind, "err", err)
	return false
}

// checkAlerts logs once what is wrong with the alert channel's address: no alert could.
func (f *Function) checkAlerts() {
	f.faults.mu.Lock()
	defer f.faults.mu.Unlock()
	err := f.alerts.Ready()
	text, wrong := openfaas.Misconfiguration(err)
	if wrong && text != f.faults.alerts {
		f.log.Warn("no alert can be sent", "err", err)
	}
	f.faults.alerts = text
}
