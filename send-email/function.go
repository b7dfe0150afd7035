package function

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"handler/function/internal/alert"
	"handler/function/internal/catalogue"
	"handler/function/internal/commands"
	"handler/function/internal/hearing"
	"handler/function/internal/monitor"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/watch"
)

// Store is where the orders are.
type Store interface {
	Load(ctx context.Context, id string) (*order.Order, error)
	Update(ctx context.Context, id string, change func(*order.Order) error) (*order.Order, error)
	UpdateFrom(ctx context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error)
	Due(ctx context.Context, now time.Time, limit int) ([]order.DueOrder, error)
	Create(ctx context.Context, o *order.Order) (bool, error)
	Walk(ctx context.Context, since, until time.Time, visit func(*order.Order) bool) error
	WalkPaid(ctx context.Context, since, until, paid time.Time, visit func(*order.Order) bool) error
	Known(ctx context.Context, events map[string][]string) (map[string]*order.Order, error)
	OfMessages(ctx context.Context, messages []string) (ids []string, err error)
	Size(ctx context.Context) (bytes int64, err error)
	EnsureIndexes(ctx context.Context) error
}

// Service is an HTTP API with a key.
type Service struct {
	URL string
	Key func() (string, error)
	// Transport carries the requests; http.DefaultTransport where it is nil.
	Transport http.RoundTripper
}

// Parts are what a Function is wired to: to the platform by handler.go, to models by the simulation
// in e2e/.
type Parts struct {
	// Keys sign the calls of it; more than one while the key is rolled.
	Keys             func() ([]string, error)
	Store            func() (Store, error)
	Stripe, SendGrid Service
	// Alerts is the channel of alerts beside SendGrid; nil for none.
	Alerts *alert.Sender
	// Interval is how often to sweep; 0 turns the sweep off.
	Interval time.Duration
	// Templates are the IDs of the templates that the catalogue names, asked for where it names
	// any.
	Templates func() (published.IDs, error)
	// Rate is how many calls of Stripe and SendGrid a sweep makes in a second; 0 sets no limit.
	Rate float64
	// Retention is how old an order may get before what it holds of the customer is forgotten; 0
	// keeps it.
	Retention time.Duration
	// QuotaMB is how many MB (MiB) of data and indexes the database's tier holds, of which the
	// admins are told when they fill up; 0 leaves that.
	QuotaMB float64
	// Heartbeat is called after each sweep that found all well; it has no key.
	Heartbeat Service
	// Now is the clock, in UTC and milliseconds.
	Now func() time.Time
	// EventKeys are the public keys of SendGrid's Event Webhook, as the setting has them; none
	// where it is not used.
	EventKeys string
	// Random is in [0, 1); it spreads attempts and sweeps.
	Random func() float64
	Log    *slog.Logger
}

// Function is send-email with what it is wired to.
type Function struct {
	keys      func() ([]string, error)
	store     func() (Store, error)
	items     itemSource
	mail      mailer
	alerts    *alert.Sender
	catalogue *catalogue.Catalogue
	interval  time.Duration
	limit     *rate.Limiter
	alarm     *alarm
	// reported is when the last report was due that the sweep has seen to, with all before it.
	reported  time.Time
	retention commands.Retention
	space     space
	work      work
	notes     notes
	database  health
	watch     watch.Watch
	faults    faults
	monitor   *monitor.Monitor
	// indexed are the stores whose indexes are there, or being made.
	indexed sync.Map
	// eventKeys verify SendGrid's events; eventKeysErr says what is wrong with one.
	eventKeys    []*ecdsa.PublicKey
	eventKeysErr error
	ears         hearing.Ears
	arriving     chan struct{}
	// accepted holds one entry for each call that was answered before it was worked on.
	accepted    chan struct{}
	toldNotUsed sync.Once
	turnedAway  openfaas.TurnedAway

	now    func() time.Time
	random func() float64
	log    *slog.Logger
}

// New wires a function, which calls nothing yet. Its error is that of the catalogue, or of a
// template in it that has no ID.
func New(p Parts, catalogueFile []byte) (*Function, error) {
	c, err := catalogue.Parse("catalogue.yml", catalogueFile)
	if err == nil {
		err = cmp.Or(resolve(c, p.Templates), checkRetention(c, p.Retention))
	}
	f := &Function{
		keys:      p.Keys,
		store:     p.Store,
		items:     newStripeItems(p.Stripe),
		mail:      newSendGrid(p.SendGrid, p.Now),
		alerts:    p.Alerts,
		catalogue: c,
		interval:  p.Interval,
		limit:     rate.NewLimiter(rate.Inf, 1),
		alarm:     newAlarm(),
		retention: commands.Retention{Age: p.Retention},
		space:     space{quotaMB: p.QuotaMB},
		arriving:  make(chan struct{}, atOnce),
		accepted:  make(chan struct{}, maxAccepted),
		notes:     notes{started: time.Now().UTC().Truncate(time.Millisecond)},
		now:       p.Now,
		random:    p.Random,
		log:       p.Log,
	}
	if c != nil {
		c.AlertWhile(func() bool { return f.alerts.On() })
	}
	f.monitor = &monitor.Monitor{Interval: p.Interval, URL: p.Heartbeat.URL, Transport: p.Heartbeat.Transport, Now: p.Now, Log: p.Log}
	f.eventKeys, f.eventKeysErr = readEventKeys(p.EventKeys)
	if p.Rate > 0 {
		f.limit.SetLimit(rate.Limit(p.Rate))
	}
	return f, err
}

// checkRetention refuses to forget orders before their last e-mail is due.
func checkRetention(c *catalogue.Catalogue, age time.Duration) error {
	if key, after := c.Longest(); age > 0 && age <= after {
		return openfaas.NewMisconfigured("setting retention_days is %v, and the catalogue sends %s %v after the payment: want more days", age, key, after)
	}
	return nil
}

// resolve gives the catalogue's templates their IDs. The owner can put right whatever is wrong
// there.
func resolve(c *catalogue.Catalogue, ids func() (published.IDs, error)) error {
	if err := c.Resolve(ids); err != nil {
		return openfaas.NewMisconfigured("%w", err)
	}
	return nil
}
