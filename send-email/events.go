package function

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"handler/function/internal/condition"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/settings"
)

const (
	// maxEvents is what one call of SendGrid's Event Webhook may have; a batch of its has 768 kB at
	// the most.
	maxEvents = 1 << 20
	// eventsBehind is how old a signature may be. SendGrid comes back for 24 hours, and nowhere
	// says that it signs anew when it does: to refuse what is a few minutes old could lose all that
	// happened while we were away. A copy of a call that was intercepted does nothing: what is told
	// twice is known already.
	eventsBehind = 25 * time.Hour
	// eventsAhead is how far a signature may be in the future, which is how far clocks are apart.
	eventsAhead = 5 * time.Minute
	// maxEventSignature is above what a signature of any of Go's curves has.
	maxEventSignature = 256
	// atOnce is how many calls with SendGrid's events are gone through at the same time: each may
	// hold a few MB.
	atOnce = 2
)

var (
	errNotUsed  = errors.New("SendGrid's events are not used here: the setting " + settings.EventKeys + " is empty")
	errNoEvents = errors.New("not a list of SendGrid's events")
)

// fromSendGrid reports whether a call says of itself that it is one of SendGrid's Event Webhook.
func fromSendGrid(req handler.Request) bool {
	return len(req.Header.Values(eventwebhook.VerificationHTTPHeader)) > 0
}

// receiveEvents verifies one call of SendGrid's Event Webhook, and stores what concerns our orders.
// Its 2xx says that all of that is stored; after anything else SendGrid comes back for a day.
func (f *Function) receiveEvents(req handler.Request) handler.Response {
	log := f.log.With("call_id", openfaas.CallID(req))
	switch err := f.verifyEvents(req); {
	case errors.Is(err, errNotUsed):
		f.toldNotUsed.Do(func() { log.Warn("SendGrid's events are refused", "err", err) })
		return openfaas.Refuse(slog.New(slog.DiscardHandler), err, eventStatus)
	case err != nil:
		return f.turnAway(log, err, eventStatus)
	}
	end, err := f.work.begin(f.now())
	if err != nil {
		return deferredCall(log)
	}
	defer end()
	ctx, cancel := context.WithTimeout(openfaas.Context(req), budget)
	defer cancel()
	select {
	case f.arriving <- struct{}{}:
		defer func() { <-f.arriving }()
	case <-ctx.Done():
		return openfaas.Refuse(log, ctx.Err(), eventStatus)
	}
	batch, err := decodeEvents(req.Body)
	if err != nil {
		return openfaas.Refuse(log, err, eventStatus)
	}
	done, err := f.arrive(ctx, log, batch)
	if err != nil {
		return openfaas.Refuse(log, err, eventStatus)
	}
	return openfaas.JSON(http.StatusOK, done)
}

// verifyEvents lets through only what SendGrid signed with one of the keys, and not long ago. What
// its headers give away costs no more than to read them; a signature costs to hash the body, a
// millisecond for 1 MiB, and some 60 µs more.
func (f *Function) verifyEvents(req handler.Request) error {
	if req.Method != http.MethodPost {
		return errMethod
	}
	if f.eventKeys == nil && f.eventKeysErr == nil {
		return errNotUsed
	}
	if len(req.Body) > maxEvents {
		return errTooLarge
	}
	signature, timestamp := req.Header.Get(eventwebhook.VerificationHTTPHeader), req.Header.Get(eventwebhook.TimestampHTTPHeader)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || len(signature) > maxEventSignature {
		return fmt.Errorf("%w: not of SendGrid's form", errSignature)
	}
	if age := f.now().Sub(time.Unix(seconds, 0)); age > eventsBehind || age < -eventsAhead {
		return fmt.Errorf("%w: too old, or too early", errSignature)
	}
	for _, key := range f.eventKeys {
		if ok, err := eventwebhook.VerifySignature(key, req.Body, signature, timestamp); err == nil && ok {
			return nil
		}
	}
	if f.eventKeysErr != nil {
		return f.eventKeysErr
	}
	return errSignature
}

// readEventKeys reads the setting: one public key as SendGrid shows it, or several with commas
// between them while it is changed. What is wrong with it concerns SendGrid's events alone, and
// keeps no e-mail back.
func readEventKeys(setting string) (keys []*ecdsa.PublicKey, err error) {
	for text := range strings.SplitSeq(setting, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		key, wrong := readEventKey(text)
		if wrong != nil {
			err = openfaas.NewMisconfigured("setting %s has a key that is not one of SendGrid's Event Webhook: %w", settings.EventKeys, wrong)
			continue
		}
		keys = append(keys, key)
	}
	return keys, err
}

// readEventKey reads one key. sendgrid-go panics where it is of another kind.
func readEventKey(text string) (_ *ecdsa.PublicKey, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("it is not of ECDSA")
		}
	}()
	return eventwebhook.ConvertPublicKeyBase64ToECDSA(text)
}

// eventStatus is the table of what SendGrid is answered.
func eventStatus(err error) (status int, text string) {
	switch {
	case errors.Is(err, errNotUsed):
		return http.StatusNotFound, "SendGrid's events are not used here"
	case errors.Is(err, errNoEvents):
		return http.StatusBadRequest, errNoEvents.Error()
	}
	if status, text = toStatus(err); status == http.StatusServiceUnavailable {
		text = "the events could not be stored; try again"
	}
	return status, text
}

// usesEvents reports whether SendGrid's events are used, so that an e-mail without one is unheard.
func (f *Function) usesEvents() bool { return len(f.eventKeys) > 0 }

const (
	// onTime is how much later than it is due, beside two sweeps, a visit is not late.
	onTime = 5 * time.Minute
	// moreTime is how much longer an event is awaited by a visit that comes late: while send-email or
	// the database was away no event could be stored, and SendGrid repeats them.
	moreTime = time.Hour
)

// noteSilent marks the e-mails of an order of which SendGrid should have reported something by now.
// The admins are notified of each, unless SendGrid reported nothing of later ones either: then the
// cause is not this e-mail.
func (f *Function) noteSilent(ctx context.Context, log *slog.Logger, orders Store, o *order.Order) (*order.Order, error) {
	now := f.now()
	silent := o.Silent(now)
	if len(silent) == 0 {
		return o, nil
	}
	f.ears.Note(o)
	dropped := map[string]bool{}
	for _, key := range silent {
		var err error
		if dropped[key], err = f.ears.After(ctx, orders, o.Emails[key].SentAt, now); err != nil {
			return o, err
		}
	}
	if slices.ContainsFunc(silent, func(key string) bool { return !dropped[key] }) {
		f.observe(condition.SendGridSilent, "")
		// It is stored before the e-mails are marked: a process that dies in between does it again.
		if _, err := f.keepConditions(ctx); err != nil {
			return o, err
		}
	}
	var marked []string
	o, err := orders.UpdateFrom(ctx, o, func(o *order.Order) error {
		if len(o.Silent(now)) == 0 {
			return order.ErrUnchanged
		}
		marked = f.markSilent(o, dropped, now)
		return nil
	})
	if err != nil {
		return o, err
	}
	for _, key := range marked {
		reportUnheard(log.With("delivery", key), dropped[key])
	}
	return o, nil
}

// noteHeard notes that SendGrid reports on e-mails. What recipients do with theirs is no sign of that.
func (f *Function) noteHeard(o *order.Order, arrivals map[string][]order.Arrival) {
	f.ears.Note(o)
	for _, all := range arrivals {
		if slices.ContainsFunc(all, func(a order.Arrival) bool { return a.Kind != order.Opened && a.Kind != order.SpamReport }) {
			f.clear(condition.SendGridSilent)
		}
	}
}

// markSilent marks the silent e-mails of an order, and returns their keys.
func (f *Function) markSilent(o *order.Order, dropped map[string]bool, now time.Time) (marked []string) {
	for _, key := range o.Silent(now) {
		d := o.Emails[key]
		if now.Sub(d.HearBy) > onTime+2*f.interval {
			o.AwaitLonger(key, now.Add(moreTime), now)
			continue
		}
		marked = append(marked, key)
		o.MarkUnheard(key, now)
		if dropped[key] {
			o.Owe(f.catalogue.UnheardNotices(o, d, now), now)
		}
	}
	return marked
}

func reportUnheard(log *slog.Logger, dropped bool) {
	if dropped {
		log.Warn("SendGrid accepted an e-mail and reported nothing of it; it has probably dropped it")
		return
	}
	log.Error("SendGrid accepted an e-mail and has reported nothing of any since")
}
