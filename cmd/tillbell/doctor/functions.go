package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/cmd/tillbell/target"
	"handler/function/internal/openfaas"
	"handler/function/internal/plural"
	"handler/function/shared/gateway"
)

const (
	theFunctions = "the functions"
	theKey       = "the functions' key and database"
)

func (d *doctor) functionChecks() []Check {
	needs := []string{theFunctions}
	running := Check{Name: theFunctions, Needs: []string{theGateway}, Look: d.lookAtFunctions}
	queue := []Check{
		{Name: "the queue", Needs: []string{theKey}, Look: d.lookAtQueue, Limit: d.options.QueueTime + limit},
		{Name: "cron-connector", Needs: []string{theKey}, Look: d.lookAtWakeUps},
	}
	if d.Platform.AtHome() {
		running = Check{Name: theFunctions, Needs: []string{theServer}, Look: d.homeFunctions}
		queue = []Check{{Name: "the hand-over", Needs: []string{theKey}, Look: d.lookAtHandOver, Limit: d.options.QueueTime + limit}}
	}
	return append([]Check{
		running,
		{Name: "stripe-webhook", Needs: needs, Look: func(ctx context.Context) Finding { return d.lookAtUnsigned(ctx, "stripe-webhook") }},
		{Name: "send-email", Needs: needs, Look: func(ctx context.Context) Finding { return d.lookAtUnsigned(ctx, "send-email") }},
		{Name: "the signing secret " + d.there(), Needs: []string{"stripe-webhook"}, Look: d.lookAtSigningSecret},
		{Name: theKey, Needs: []string{"send-email"}, Look: d.lookAtFunctionsKey},
	}, queue...)
}

func (d *doctor) lookAtFunctions(ctx context.Context) Finding {
	var absent, asleep []string
	for _, name := range slices.Sorted(maps.Keys(d.Services.Functions)) {
		f, err := d.gateway.Function(ctx, name)
		switch {
		case errors.Is(err, gateway.ErrNotDeployed):
			absent = append(absent, name)
		case err != nil:
			return wrong("try again", "the gateway does not describe %s: %v", name, err)
		case f.AvailableReplicas == 0:
			asleep = append(asleep, name)
		}
	}
	switch {
	case absent != nil:
		return wrong("make up", "not deployed are %s", list(absent))
	case asleep != nil:
		return wrong("faas-cli logs says why; a call starts it again, and so does make up", "deployed and not running are %s", list(asleep))
	}
	return ok("all %s run", plural.Of(len(d.Services.Functions), "function"))
}

// lookAtUnsigned calls a function without a signature. That it is refused with 400 shows that gateway,
// function and settings work, and it costs the function nothing.
func (d *doctor) lookAtUnsigned(ctx context.Context, name string) Finding {
	a, err := d.callUnsigned(ctx, d.Gateway+"/function/"+name)
	if err != nil {
		return wrong("make doctor again in a moment; "+d.logs(ctx, name), "%s does not answer: %v", name, err)
	}
	return d.refused(ctx, a, name+" refuses an unsigned call", name)
}

// callUnsigned makes a call that a function refuses, again and again for a while where that is all
// that is wrong: faasd takes calls before the function listens that it has just started.
func (d *doctor) callUnsigned(ctx context.Context, url string) (a answer, err error) {
	for end := time.Now().Add(d.options.Patience); ; {
		a, err = d.post(ctx, url, nil, "{}")
		if err != nil || !a.starting() || time.Now().After(end) {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, nil
		case <-time.After(d.options.Patience / 20):
		}
	}
}

// refused is the finding about the answer to an unsigned call.
func (d *doctor) refused(ctx context.Context, a answer, right, name string) Finding {
	logs := d.logs(ctx, name)
	switch a.status {
	case http.StatusBadRequest:
		return ok("%s", right)
	case http.StatusServiceUnavailable:
		return wrong("correct that, and look at "+logs, "%s is not able to work: %s", name, a.said())
	case http.StatusNotFound:
		return wrong("make up", "%s is not there", name)
	case http.StatusBadGateway:
		if d.Platform.AtHome() {
			return wrong(d.start(ctx, name)+" on the server; "+logs+" says why", "Caddy does not reach %s", name)
		}
	}
	return wrong(logs, "%s answers an unsigned call with %d, not with 400", name, a.status)
}

// lookAtSigningSecret sends an event of a kind that is not handled, and so is acknowledged and left
// alone, signed as Stripe would.
func (d *doctor) lookAtSigningSecret(ctx context.Context) Finding {
	what := "the signing secret " + d.there()
	secret, _, _ := strings.Cut(d.Given(target.StripeSigning), "\n")
	if secret == "" {
		return missing(target.StripeSigning, what)
	}
	event := fmt.Sprintf(`{"id":"evt_doctor","object":"event","type":"tillbell.doctor","created":%d,"livemode":false,"api_version":%q,"data":{"object":{}}}`,
		time.Now().Unix(), stripe.APIVersion)
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(event), Secret: secret, Timestamp: time.Now()})
	a, err := d.post(ctx, d.Gateway+"/function/stripe-webhook", http.Header{"Stripe-Signature": {signed.Header}}, event)
	switch {
	case err != nil:
		return wrong("try again", "stripe-webhook does not answer: %v", err)
	case a.status == http.StatusOK:
		return ok("stripe-webhook takes what is signed with STRIPE_WEBHOOK_SECRET")
	case a.status == http.StatusBadRequest:
		return wrong("make secrets, with the signing secret that the endpoint has at Stripe; or is the server's clock wrong?", "stripe-webhook refuses what is signed with STRIPE_WEBHOOK_SECRET")
	}
	return wrong(d.logs(ctx, "stripe-webhook"), "stripe-webhook answers a signed call with %d: %s", a.status, a.said())
}

// lookAtFunctionsKey asks send-email for an order that cannot be there, which has it read its
// secrets and the database.
func (d *doctor) lookAtFunctionsKey(ctx context.Context) Finding {
	if d.functionsKey() == "" {
		return unknown("set SEND_EMAIL_KEY in .env, or make secrets ONLY=send-email-key NEW_KEY=1 makes a new one there; without it the owner's commands cannot work either", theKey)
	}
	a, err := d.postSigned(ctx, `{"id":"cs_test_doctor"}`)
	switch {
	case err != nil:
		return wrong("try again", "send-email does not answer: %v", err)
	case a.status == http.StatusNotFound:
		return ok("send-email takes what is signed with its key, and reads the database")
	case a.status == http.StatusBadRequest:
		return wrong("make secrets, with the key that you mean", "send-email refuses what is signed with SEND_EMAIL_KEY")
	case a.status == http.StatusServiceUnavailable:
		return wrong(d.logs(ctx, "send-email")+" says why; does Atlas's Network Access have the server's address, and is the user of mongodb-uri there?", "send-email cannot do its work: %s", a.said())
	}
	return wrong(d.logs(ctx, "send-email"), "send-email answers a signed call with %d: %s", a.status, a.said())
}

// functionsKey signs the owner's calls; it is empty where it is not known on this side.
func (d *doctor) functionsKey() string {
	key, _, _ := strings.Cut(d.Given(target.FunctionsKey), "\n")
	return key
}

// postSigned calls send-email as its owner does.
func (d *doctor) postSigned(ctx context.Context, body string) (answer, error) {
	signature := openfaas.Sign([]byte(body), d.functionsKey())
	return d.post(ctx, d.Gateway+"/function/send-email", http.Header{openfaas.SignatureHeader: {signature}}, body)
}

// Answers is nil when a function refuses an unsigned call, as it does when all of it works.
func Answers(ctx context.Context, t *target.Target, function string) error {
	d := &doctor{Target: t, http: http.DefaultClient}
	if f := d.lookAtUnsigned(ctx, function); f.State != OK {
		return errors.New(f.Text)
	}
	return nil
}

// Ready is nil when both functions do.
func Ready(ctx context.Context, t *target.Target) error {
	for _, name := range []string{"send-email", "stripe-webhook"} {
		if err := Answers(ctx, t, name); err != nil {
			return err
		}
	}
	return nil
}
