package function

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sendgrid/rest"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// loggable is what may be said of an answer: our words, and what looks like a name of the
// service's.
var loggable = regexp.MustCompile(`^[A-Za-z0-9_.:,()' \[\]-]{1,700}$`)

// answers is a service that always gives the same one.
type answers struct {
	status int
	header http.Header
	body   []byte
	calls  int
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	a.calls++
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(string(a.body)))}, nil
}

// FuzzStripeAnswer: whatever comes in place of line items is refused by an error that says nothing
// of it, or is items that can be stored.
func FuzzStripeAnswer(f *testing.F) {
	for _, name := range sample.Names() {
		if list, err := sample.LineItems(name); err == nil {
			f.Add(uint16(200), list, "req_1")
		}
	}
	for _, body := range []string{
		"", "null", "[]", "<html>ada@example.com</html>", `{"data":[null]}`, `{"data":[{}],"has_more":true}`, `{"data":[],"has_more":true}`, `{"data":{}}`, `{"data":[{"price":{"product":null}}]}`,
		`{"data":[{"price":"price_1"}]}`, `{"data":[{"price":{"product":"prod_1"}}]}`, `{"data":[{"quantity":1e999}]}`, `{"data":[{"amount_total":-9223372036854775808}]}`,
		`{"data":[{"price":{"product":{"id":"p","metadata":{"$a.b":"\u0000"}}}}]}`, `{"error":{"type":"card_error","code":"ada@example.com"}}`, `{"error":{"message":"ada@example.com"}}`, `{"error":null}`, `{"error":[]}`,
	} {
		for _, status := range []uint16{200, 300, 400, 404, 500} {
			f.Add(status, []byte(body), "ada@example.com")
		}
	}
	f.Fuzz(func(t *testing.T, status uint16, body []byte, request string) {
		service := &answers{status: 200 + int(status+200)%400, header: http.Header{"Request-Id": {request}}, body: body}
		s := newStripeItems(Service{URL: "http://stripe", Key: func() (string, error) { return "rk_test_1", nil }, Transport: service})
		items, err := s.fetch(context.Background(), "cs_1", "")
		if err != nil {
			if !loggable.MatchString(err.Error()) {
				t.Errorf("%q is logged and stored", err)
			}
			if permanent(err) && service.status != http.StatusNotFound {
				t.Errorf("%d is taken for good", service.status)
			}
			return
		}
		if service.status/100 != 2 {
			t.Errorf("with %d come %d items", service.status, len(items))
		}
		if service.calls > 1001 || len(items) > 1100 {
			t.Errorf("%d calls for %d items", service.calls, len(items))
		}
		if _, err := bson.Marshal(struct{ Items []order.Item }{items}); err != nil {
			t.Errorf("%d items cannot be stored: %v", len(items), err)
		}
	})
}

// FuzzSendGridAnswer: whatever SendGrid answers, it is accepted by its status alone, and nothing of
// it is kept but what looks like a field or an ID.
func FuzzSendGridAnswer(f *testing.F) {
	for _, body := range []string{"", "null", "[]", "<html>", `{"errors":null}`, `{"errors":[null]}`, `{"errors":[{"field":"personalizations.0.to.0.email","message":"ada@example.com"}]}`, `{"errors":[{"field":"ada@example.com"}]}`, `{"errors":[{"field":1e999}]}`} {
		for _, status := range []int{202, 400, 429, 500} {
			f.Add(status, []byte(body), "ada@example.com", "Fri, 31 Dec 9999 23:59:59 GMT", "9223372036854775807")
			f.Add(status, []byte(body), "abc", "-1", "-9223372036854775808")
			f.Add(status, []byte(body), strings.Repeat("a", 500), "1e999", "")
		}
	}
	now := time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, status int, body []byte, id, after, reset string) {
		r := resultOf(&rest.Response{StatusCode: status, Body: string(body), Headers: map[string][]string{
			"X-Message-Id": {id}, "Retry-After": {after}, "X-Ratelimit-Reset": {reset},
		}}, now)
		if r.accepted() != (200 <= status && status < 300) {
			t.Errorf("%d is accepted: %v", status, r.accepted())
		}
		if r.accepted() != (r.Reason == "") || r.Reason != "" && !loggable.MatchString(r.Reason) || r.MessageID != "" && !loggable.MatchString(r.MessageID) {
			t.Errorf("%d: %q and %q are logged and stored", status, r.Reason, r.MessageID)
		}
		if pause := order.Backoff(1, r.RetryAfter, 0); r.RetryAfter < 0 || pause < time.Second || pause > order.Horizon {
			t.Errorf("it asks to wait for %v, and we wait for %v", r.RetryAfter, pause)
		}
	})
}
