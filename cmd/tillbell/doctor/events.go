package doctor

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"handler/function/cmd/tillbell/eventhook"
)

const theEvents = "SendGrid's events"

// lookAtEvents looks at SendGrid's Event Webhook. Not to use it is the owner's choice.
func (d *doctor) lookAtEvents(ctx context.Context) Finding {
	set := d.Setting(eventhook.Setting)
	switch {
	case d.SendGridStandIn:
		return unknown("the laptop's SendGrid has its own key", theEvents)
	case set == "":
		return unknown("they are not used, since "+eventhook.Setting+" in settings.yml is empty; make endpoint sets it up", theEvents)
	case d.EventsURL() == "":
		return unknown("set PUBLIC_URL to https://YOUR-HOST", theEvents)
	}
	hook, err := eventhook.Account{API: d.SendGridAPI, Key: d.SendGridSetupKey(), HTTP: d.http}.At(ctx, d.EventsURL())
	switch {
	case errors.Is(err, eventhook.ErrPermission):
		return unknown("the key may not read them; SENDGRID_SETUP_KEY may be one that may, and goes to no function", theEvents)
	case err != nil:
		return wrong("try again", "SendGrid's events: SendGrid cannot be asked: %v", err)
	case hook == nil:
		return wrong("make endpoint", "SendGrid has no Event Webhook at %s", d.EventsURL())
	}
	if faults := eventhook.Faults(hook); faults != nil {
		return wrong("make endpoint", "SendGrid's Event Webhook %s", strings.Join(faults, " and "))
	}
	if !eventhook.Holds(set, hook.PublicKey) {
		return wrong("make endpoint, and deploy", "%s in settings.yml is not the key of SendGrid's Event Webhook", eventhook.Setting)
	}
	return ok("SendGrid's Event Webhook is signed by the key in settings.yml, and told of all that is kept")
}

// passage is what becomes of SendGrid's events on their way to send-email.
type passage int

const (
	passed passage = iota
	keptBack
	// notUsedYet: send-email, as it is deployed, has no key to know them by.
	notUsedYet
)

// eventsPassed has send-email refuse an event with a wrong signature. Its own 404 is not the
// proxy's.
func (d *doctor) eventsPassed(ctx context.Context) passage {
	a, err := d.post(ctx, d.EventsURL(), http.Header{eventwebhook.VerificationHTTPHeader: {"doctor"}}, "[]")
	switch {
	case err != nil, a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed:
		return passed
	case strings.Contains(a.said(), "events are not used"):
		return notUsedYet
	}
	return keptBack
}
