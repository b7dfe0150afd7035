package function

import (
	"context"
	"errors"
	"net/http"
	"time"

	"handler/function/internal/condition"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/stripeclient"
)

// observeUnreadable notes an event that nothing came of.
func (e *Endpoint) observeUnreadable(event order.Event, err error) {
	kind := condition.UnreadableEvent
	if errors.Is(err, errThin) {
		kind = condition.ThinEvents
	}
	e.watch.Observe(kind, openfaas.Word(event.ID)+" "+openfaas.Word(event.Type), now())
}

// observeLook notes what a look at Stripe shows of the key.
func (e *Endpoint) observeLook(err error) {
	var refused *stripeclient.Error
	found := condition.Kind("")
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		found = condition.StripeKeyRefused
		e.watch.Observe(found, refused.Expired(), now())
	case errors.As(err, &refused) && refused.Status == http.StatusForbidden:
		found = condition.StripeEventsPermission
		e.watch.Observe(found, refused.Permission, now())
	case errors.Is(err, errNoKey):
		found = condition.StripeKeyMissing
		e.watch.Observe(found, "", now())
	case err != nil:
		return // Stripe or the database is away
	}
	for _, kind := range []condition.Kind{condition.StripeKeyMissing, condition.StripeKeyRefused, condition.StripeEventsPermission} {
		if kind != found {
			e.watch.Clear(now(), kind)
		}
	}
}

// keepConditions stores what was observed; send-email's next sweep reports it.
func (e *Endpoint) keepConditions(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, queueTimeout)
	defer cancel()
	store, err := e.Store()
	if err == nil {
		_, err = e.watch.Keep(ctx, store, now(), nil)
	}
	if err != nil {
		e.Log.Warn("the conditions could not be stored; the next sweep tries again", "err", err)
	}
}

// now is the clock, as the database keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
