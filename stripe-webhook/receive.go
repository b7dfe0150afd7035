package function

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/watch"
)

const (
	// maxBody is far above what Stripe sends; its largest events have some tens of kilobytes.
	maxBody = 1 << 20
	// recordTimeout is how long storing may take in all, however often it is tried again: with
	// queueTimeout it stays below the ten seconds that Checkout waits, and below stack.yml's
	// timeouts.
	recordTimeout = 6 * time.Second
	// queueTimeout is how long the buyer, who waits for our answer, may wait for the queue. The
	// order is stored by then, and the sweep in send-email finds what the queue did not take.
	queueTimeout = 2 * time.Second
)

// Recorder is the store, as far as this function needs it.
type Recorder interface {
	Record(context.Context, order.Event) (added bool, err error)
	RecordCharge(context.Context, order.Event) (id string, added bool, err error)
	OfPayments(ctx context.Context, paymentIntents []string) (ids map[string]string, err error)
	Known(ctx context.Context, events map[string][]string) (map[string]*order.Order, error)
	Watched(ctx context.Context, mode string, now time.Time) (since, until time.Time, err error)
	WatchedUntil(ctx context.Context, mode string, until time.Time) error
	watch.Store
}

// Queue calls another function later.
type Queue interface {
	InvokeAsync(ctx context.Context, function string, body []byte) error
}

// Endpoint is the function with what it is wired to: to the platform by handler.go, to models by
// the simulation in e2e/.
type Endpoint struct {
	// Secrets are the signing secrets of the endpoint, none of them empty; more than one while it
	// is rolled.
	Secrets func() ([]string, error)
	// Keys sign the owner's calls; more than one while the key is rolled.
	Keys  func() ([]string, error)
	Store func() (Recorder, error)
	Queue Queue
	// Stripe is asked for what its webhook did not bring.
	Stripe *Stripe
	// Window is how far back that is looked for without being asked, at the least; 0 turns it off.
	Window time.Duration
	// Random is in [0, 1); it spreads replicas.
	Random func() float64
	// AcceptTestEvents: events of Stripe's test mode are stored, and not acknowledged and ignored.
	AcceptTestEvents bool
	Log              *slog.Logger

	turnedAway openfaas.TurnedAway
	watch      watch.Watch
}

// ofNoOrder is why an event without a session is ignored: most payments of an account may be of
// other systems. An order is there long before its money goes back, or is captured by hand; one that
// is captured within the moment in which its session is stored is found by the daily check.
const ofNoOrder = "no order has this payment"

// errThin: the event does not hold what it speaks of.
var errThin = errors.New("a thin event: set this destination to snapshot payloads")

// Receive answers one call: an event of Stripe's, or a call of the owner's.
func (e *Endpoint) Receive(req handler.Request) handler.Response {
	if isOwners(req) {
		return e.receiveOwner(req)
	}
	return e.receiveEvent(req)
}

// receiveEvent verifies, decodes, stores and hands on one event, and says so.
func (e *Endpoint) receiveEvent(req handler.Request) handler.Response {
	began := time.Now()
	if err := e.verify(req); err != nil {
		return e.turnAway(req, err)
	}
	log := e.Log.With("call_id", openfaas.CallID(req))
	event, why, err := e.decode(req.Body)
	log = log.With("event", event.ID, "event_type", event.Type)
	switch {
	case errors.Is(err, errThin) && !order.HandledThin(event.Type):
		log.Warn("a thin event is ignored; set this destination to snapshot payloads")
		return ignore(log, errThin.Error())
	case err != nil:
		e.observeUnreadable(event, err)
		e.keepConditions(openfaas.Context(req))
		return unreadable(log, err)
	}
	if why != "" {
		return ignore(log, why)
	}
	// Stripe may hang up; what it said is stored all the same.
	id, added, queued, err := e.take(openfaas.Context(req), log, event)
	if order.ByIntent(event.Type) && errors.Is(err, order.ErrNotFound) {
		return ignore(log, ofNoOrder)
	}
	log = log.With("order", id)
	if errors.Is(err, order.ErrUnreadable) { // the order is damaged
		e.observeUnreadable(event, err)
		e.keepConditions(openfaas.Context(req))
	}
	if err != nil {
		return openfaas.Refuse(log, err, toStatus)
	}
	_, facts, _ := event.Session() // an event without one says nothing of it
	log.Info("event stored", "new", added, "payment_status", facts.PaymentStatus, "queued", queued, "duration", time.Since(began))
	return openfaas.JSON(http.StatusOK, stored{ID: id, Queued: queued})
}

// ignore acknowledges an event that is none of ours to store.
func ignore(log *slog.Logger, why string) handler.Response {
	log.Info("event ignored", "reason", why)
	return openfaas.JSON(http.StatusOK, map[string]string{"ignored": why})
}

// unreadable answers what Stripe signed and cannot be read.
func unreadable(log *slog.Logger, err error) handler.Response {
	status, text := toStatus(err)
	logUnreadable(log.With("status", status), err)
	return openfaas.Error(status, text)
}

// logUnreadable has a person look at an event that nothing came of: it may be a sale.
func logUnreadable(log *slog.Logger, err error) {
	log.Error("an event of Stripe's cannot be read", "err", err)
}

// turnAway answers what verify did not let through, with a limited number of lines in the log. What
// is wrong with the function itself is always logged.
func (e *Endpoint) turnAway(req handler.Request, err error) handler.Response {
	log := e.Log.With("call_id", openfaas.CallID(req))
	if status, _ := toStatus(err); status < http.StatusInternalServerError {
		return e.turnedAway.Refuse(log, err, toStatus)
	}
	return openfaas.Refuse(log, err, toStatus)
}

// stored is the answer for an event that is in its order.
type stored struct {
	ID     string `json:"id"`
	Queued bool   `json:"queued"`
}

// decode reads a verified event. Where the event is not for this function, why says it. Beside an
// error it gives the ID and the type, where those can be read.
func (e *Endpoint) decode(body []byte) (event order.Event, why string, err error) {
	env, err := order.ParseEnvelope(body)
	if err != nil {
		if id, eventType, thin := order.Thin(body); thin {
			return order.Event{ID: id, Type: eventType}, "", errThin
		}
		return event, "", err
	}
	event = order.Event{ID: env.ID, Type: env.Type}
	switch {
	case !order.Handled(env.Type):
		return event, "events of this type are not handled", nil
	case !env.Livemode && !e.AcceptTestEvents:
		return event, "test events are not accepted here", nil
	}
	whole, err := env.Event(time.Now().UTC().Truncate(time.Millisecond))
	if err != nil {
		return event, "", err
	}
	event = whole
	if _, facts, err := event.Session(); err == nil && facts.Mode == "setup" {
		return event, "a session in setup mode sells nothing", nil
	}
	return event, event.NoNews(), nil
}

// take puts an event into its order, whose ID it gives, and hands the order on. It reports whether
// the event was new, and whether the queue has the order.
func (e *Endpoint) take(ctx context.Context, log *slog.Logger, event order.Event) (id string, added, queued bool, err error) {
	if id, added, err = e.record(ctx, event); err != nil {
		return id, false, false, err
	}
	queued, err = e.enqueue(ctx, log.With("order", id), event.Type, id)
	return id, added, queued, err
}

// record puts an event into its order, whose ID it gives.
func (e *Endpoint) record(ctx context.Context, event order.Event) (id string, added bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	store, err := e.Store()
	if err != nil {
		return "", false, err
	}
	if order.ByIntent(event.Type) {
		return store.RecordCharge(ctx, event)
	}
	if id, _, err = event.Session(); err != nil {
		return "", false, err
	}
	added, err = store.Record(ctx, event)
	return id, added, err
}

// enqueue puts the order's ID, and nothing else of it, into the queue, which logs whole messages. A
// queue that does not take it is no failure: the order itself says what is due, and the sweep reads
// it. A key that is missing is one, which Stripe's dashboard may show until the owner corrects it.
func (e *Endpoint) enqueue(ctx context.Context, log *slog.Logger, eventType, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	news := "id"
	if order.OfCharge(eventType) {
		news = "charge"
	}
	body, err := json.Marshal(map[string]string{news: id})
	if err != nil {
		return false, err
	}
	err = e.Queue.InvokeAsync(ctx, "send-email", body)
	if _, ours := openfaas.Misconfiguration(err); ours {
		return false, err
	}
	if err != nil {
		log.Warn("the queue did not accept the order; the sweep processes it", "err", err)
	}
	return err == nil, nil
}

// toStatus is the table of what is answered to whom. A forger learns no more than that it did not
// work.
func toStatus(err error) (status int, text string) {
	var wrong *openfaas.ArgumentError
	switch {
	case errors.As(err, &wrong):
		return http.StatusBadRequest, wrong.Error()
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed, "only POST"
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge, "the body is over 1 MiB"
	case errors.Is(err, errSignature):
		return http.StatusBadRequest, "invalid signature"
	case errors.Is(err, errThin):
		return http.StatusBadRequest, errThin.Error()
	case errors.Is(err, order.ErrMalformed):
		return http.StatusBadRequest, "not a Stripe event"
	case errors.Is(err, openfaas.ErrCall):
		return http.StatusBadRequest, `unknown call: want {"reconcile": {"since": …}, "at": …}`
	case errors.Is(err, openfaas.ErrStale):
		return http.StatusBadRequest, openfaas.ErrStale.Error()
	case errors.Is(err, errCursor):
		return http.StatusConflict, "Stripe does not know any more where to go on; begin again"
	case errors.Is(err, errStripe):
		return http.StatusServiceUnavailable, "Stripe could not be asked; what was found until then is stored; go on later"
	}
	return http.StatusServiceUnavailable, "the event could not be stored; try again"
}
