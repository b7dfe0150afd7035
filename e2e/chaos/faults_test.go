package chaos

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/fault"
)

func TestFaults(t *testing.T) {
	t.Parallel()

	service := httptest.NewServer(fault.New(func(w http.ResponseWriter, _ *http.Request, f fault.Fault) {
		w.WriteHeader(f.Status)
	}).Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	t.Cleanup(service.Close)
	f := newFaults(map[string]string{sendgrid.url: service.URL, stripe.url: service.URL})
	call := func(n int) {
		for range n {
			// A fault is what is asked for.
			if res, err := http.Post(service.URL+"/v3/mail/send", "", nil); err == nil {
				res.Body.Close()
			}
		}
	}
	arm := func(next fault.Fault) {
		t.Helper()
		if err := f.arm(t.Context(), sendgrid, next); err != nil {
			t.Fatal(err)
		}
	}

	arm(fault.Fault{Status: 503, Times: 3})
	call(2)
	arm(fault.Fault{AfterAccepting: true, Times: 1})
	from := time.Now()
	call(2)
	arm(fault.Fault{Status: 429, RetryAfterS: 1, Times: 2})
	to := time.Now()
	call(2)
	if err := f.end(t.Context()); err != nil {
		t.Fatal(err)
	}
	call(1)
	if d := cmp.Diff(map[string]int{"SendGrid 503": 2, "SendGrid breaks after accepting": 1, "SendGrid 429": 2}, f.happened); d != "" {
		t.Errorf("what happened (-want +got):\n%s", d)
	}
	if len(f.broken) != 1 || !f.broken[0].holds(from) || f.broken[0].to.After(to) {
		t.Errorf("SendGrid broke off in %v, want one span that begins before %v and ends before %v", f.broken, from, to)
	}
}
