package stripeclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"handler/function/internal/stripeclient"
)

// get asks an API that answers so.
func get(t *testing.T, answer http.HandlerFunc, timeout time.Duration) error {
	t.Helper()
	server := httptest.NewServer(answer)
	defer server.Close()
	backend := stripeclient.New(server.URL, nil, timeout)
	return backend.CallRaw(http.MethodGet, "/v1/things", "sk_test_1", nil, &stripe.Params{Context: t.Context()}, new(stripe.APIResource))
}

func answers(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Request-Id", "req_1")
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"an error of Stripe's":      {answers(403, `{"error": {"type": "invalid_request_error", "code": "secret", "message": "the key sk_test_1"}}`), "Stripe answered 403 invalid_request_error secret (request req_1)"},
		"one with odd words":        {answers(400, `{"error": {"type": "sk test 1", "code": "`+strings.Repeat("x", 101)+`"}}`), "Stripe answered 400 - - (request req_1)"},
		"a page that is not its":    {answers(502, `<html>sk_test_1`), "the answer is not one of Stripe's"},
		"a connection that hangs":   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"},
		"a connection that is torn": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"one torn in the middle": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"object": "list", `)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			timeout := 10 * time.Second
			if strings.Contains(name, "hangs") {
				timeout = 20 * time.Millisecond
			}
			err := get(t, c.answer, timeout)
			if got := stripeclient.Redacted(err).Error(); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}

	t.Run("the end of a context is told as it is", func(t *testing.T) {
		t.Parallel()

		if err := stripeclient.Redacted(context.Canceled); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestIsList(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		status int
		text   string
		list   bool
	}{
		{200, `{"object":"list","data":[]}`, true}, {200, `{}`, false}, {200, `null`, false}, {200, `[]`, false}, {200, ``, false},
		{200, `{"object":"event"}`, false}, {304, `{"object":"list","data":[]}`, false},
	} {
		err := stripeclient.IsList(&stripe.APIResponse{StatusCode: c.status, RawJSON: []byte(c.text)})
		if (err == nil) != c.list || err != nil && !errors.Is(err, stripeclient.ErrAnswer) {
			t.Errorf("%d %s: %v", c.status, c.text, err)
		}
	}
}

// The message of a refusal may quote the key: of it only the permission is kept.
func TestPermission(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ body, permission, expired string }{
		"a permission is named": {`{"error": {"type": "invalid_request_error", "message": "The provided key 'rk_test_1' does not have the required permissions ` +
			`for this endpoint on account 'acct_1'. Having the 'rak_checkout_session_read' permission would allow this request to continue."}}`, "rak_checkout_session_read", ""},
		"none is named":        {`{"error": {"type": "invalid_request_error", "message": "no"}}`, "", ""},
		"the key's time is up": {`{"error": {"type": "invalid_request_error", "code": "api_key_expired", "message": "Expired API Key provided: rk_test_1"}}`, "", "api_key_expired"},
	} {
		var e *stripeclient.Error
		err := stripeclient.Redacted(get(t, answers(403, c.body), time.Second))
		if !errors.As(err, &e) || e.Permission != c.permission || e.Expired() != c.expired || strings.Contains(err.Error(), "rk_test_1") {
			t.Errorf("%s: %v, permission %q, expired %q", name, err, e.Permission, e.Expired())
		}
	}
}
