package function

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// What is not the owner's, or is an old copy, has nothing asked and nothing written.
func TestOwnersCallIsRefused(t *testing.T) {
	t.Parallel()

	now := time.Now()
	day := now.Add(-24 * time.Hour)
	plain := reconcileSince(day, now, "")
	const signature, stale = "invalid signature", "too old, too early, or undated"
	const since, cursor = "reconcile.since: want a time in the past", "reconcile.after: want the next of an earlier answer"
	for name, c := range map[string]struct {
		request handler.Request
		status  int
		want    string
	}{
		"no signature":               {handler.Request{Method: "POST", Body: []byte(plain)}, 400, signature},
		"another key's signature":    {signedByOwner(plain, "another"), 400, signature},
		"an empty key's signature":   {signedByOwner(plain, ""), 400, signature},
		"another body's signature":   {handler.Request{Method: "POST", Body: []byte(plain), Header: signedByOwner(plain+" ", ownersKey).Header}, 400, signature},
		"Stripe's secret for a key":  {signedByOwner(plain, secret), 400, signature},
		"Stripe's header beside it":  {handler.Request{Method: "POST", Body: []byte(plain), Header: http.Header{"Hmac": {openfaas.Sign([]byte(plain), ownersKey)}, "Stripe-Signature": {"t=1"}}}, 400, signature},
		"a long body":                {signedByOwner(plain+strings.Repeat(" ", maxCall), ownersKey), 400, signature},
		"a GET":                      {handler.Request{Method: "GET", Header: signedByOwner("", ownersKey).Header}, 405, "only POST"},
		"six minutes ago":            {signedByOwner(reconcileSince(day, now.Add(-6*time.Minute), ""), ownersKey), 400, stale},
		"in six minutes":             {signedByOwner(reconcileSince(day, now.Add(6*time.Minute), ""), ownersKey), 400, stale},
		"at no time":                 {signedByOwner(`{"reconcile": {"since": "2026-01-01T00:00:00Z"}}`, ownersKey), 400, stale},
		"a dry run, six minutes ago": {signedByOwner(reconcileSince(day, now.Add(-6*time.Minute), `, "dry_run": true`), ownersKey), 400, stale},
		"nothing":                    {signedByOwner(``, ownersKey), 400, "want"},
		"another command":            {signedByOwner(`{"sweep": true}`, ownersKey), 400, "want"},
		"no since":                   {signedByOwner(fmt.Sprintf(`{"reconcile": {}, "at": %q}`, now.Format(time.RFC3339)), ownersKey), 400, since},
		"a since that is no time":    {signedByOwner(fmt.Sprintf(`{"reconcile": {"since": "yesterday"}, "at": %q}`, now.Format(time.RFC3339)), ownersKey), 400, since},
		"a since to come":            {signedByOwner(reconcileSince(now.Add(time.Hour), now, ""), ownersKey), 400, since},
		"a number for a flag":        {signedByOwner(reconcileSince(day, now, `, "dry_run": 1`), ownersKey), 400, "reconcile.dry_run: want true or false"},
		"an unknown field":           {signedByOwner(reconcileSince(day, now, `, "dryrun": true`), ownersKey), 400, "reconcile: want no arguments but since, dry_run, after"},
		"a time that is none":        {signedByOwner(`{"reconcile": {}, "at": "now"}`, ownersKey), 400, "at: want a time such as"},
		"a cursor of no listing":     {signedByOwner(reconcileSince(day, now, `, "after": "elsewhere:evt_1"`), ownersKey), 400, cursor},
		"a cursor that is no ID":     {signedByOwner(reconcileSince(day, now, `, "after": "checkout:&x=1"`), ownersKey), 400, cursor},
		"a cursor of sessions":       {signedByOwner(reconcileSince(day, now, `, "after": "sessions:cs_1"`), ownersKey), 400, cursor},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			l := b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1)}})
			res := b.Receive(c.request)
			if res.StatusCode != c.status || !strings.Contains(string(res.Body), c.want) {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, res.Body, c.status, c.want)
			}
			if len(l.asked)+b.knownAsked+len(b.recorded) > 0 {
				t.Errorf("Stripe was asked %v, the store %d times, and %v recorded", l.asked, b.knownAsked, b.recorded)
			}
		})
	}
}

// A flood of forged calls is no more than one of forged events.
func TestForgedCallsTakeNoMemory(t *testing.T) {
	e := unwired(t)
	e.Keys = func() ([]string, error) { return []string{ownersKey}, nil }
	for _, size := range []int{0, maxCall, maxBody} {
		req := handler.Request{Method: http.MethodPost, Body: make([]byte, size), Header: http.Header{"Hmac": {"sha256=" + strings.Repeat("0", 64)}}}
		if n := bytesPerRun(func() { e.Receive(req) }); n > 16<<10 {
			t.Errorf("%d bytes for a body of %d", n, size)
		}
	}
}

func TestReconcileSaysWhatIsWrong(t *testing.T) {
	t.Parallel()

	fails := func(status int, text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		}
	}
	const stripes = `{"error": {"type": "invalid_request_error", "message": "the key rk_test_1 is wrong"}}`
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		more   string
		status int
		want   string
	}{
		"a key that may not":         {fails(403, stripes), "", 503, "the key may not read Events: give the restricted key Read for them"},
		"a key that is none":         {fails(401, stripes), "", 503, "Stripe does not know the key"},
		"Stripe away":                {fails(500, stripes), "", 503, "Stripe could not be asked"},
		"too many requests":          {fails(429, stripes), "", 503, "Stripe could not be asked"},
		"no JSON":                    {fails(200, "<html>"), "", 503, "Stripe could not be asked"},
		"no list":                    {fails(200, "{}"), "", 503, "Stripe could not be asked"},
		"a page without end":         {fails(200, `{"object":"list","has_more":true,"data":[]}`), "", 503, "Stripe could not be asked"},
		"something without an ID":    {fails(200, `{"object":"list","data":[{"object":"event"}]}`), "", 503, "Stripe could not be asked"},
		"nothing to go on from":      {fails(400, stripes), `, "after": "checkout:evt_gone"`, 409, "begin again"},
		"a question that it refuses": {fails(400, stripes), "", 503, "Stripe could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			b.stripe(&listed{answer: c.answer})
			res := b.Receive(signedByOwner(reconcileSince(time.Now().Add(-threeDays), time.Now(), c.more), ownersKey))
			if res.StatusCode != c.status || !strings.Contains(string(res.Body), c.want) {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, res.Body, c.status, c.want)
			}
			if strings.Contains(string(res.Body)+b.log.String(), "rk_test_1") {
				t.Errorf("the key is shown: %s\n%s", res.Body, b.log.String())
			}
		})
	}

	t.Run("a missing key", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.stripe(&listed{})
		b.Stripe.key = func() (string, error) { return openfaas.Secrets{Dir: t.TempDir()}.First("stripe-api-key") }
		res := b.Receive(signedByOwner(reconcileSince(time.Now().Add(-threeDays), time.Now(), ""), ownersKey))
		if res.StatusCode != 503 || !strings.Contains(string(res.Body), "secret stripe-api-key is missing") {
			t.Errorf("got %d %s", res.StatusCode, res.Body)
		}
	})

	t.Run("a database that is away, after what was done", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1), saleAt(t, "completed_paid", 2)}})
		record := b.recordFunc
		b.recordFunc = func(e order.Event) (bool, error) {
			if e.ID == "evt_2" {
				return false, errors.New("away")
			}
			return record(e)
		}
		res := b.Receive(signedByOwner(reconcileSince(time.Now().Add(-threeDays), time.Now(), ""), ownersKey))
		if res.StatusCode != 503 || len(b.known) != 1 || !strings.Contains(b.log.String(), "recorded=1") {
			t.Errorf("got %d %s, %d orders, log %s", res.StatusCode, res.Body, len(b.known), b.log.String())
		}
	})
}
