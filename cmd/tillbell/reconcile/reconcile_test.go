package reconcile_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/reconcile"
	"handler/function/cmd/tillbell/screen"
)

// function answers calls with one answer after the other; then with an error.
type function struct {
	answers []string
	asked   []string
	err     error
	// after, where it is set, is called after each.
	after func()
}

func (f *function) Call(_ context.Context, name, command string, arguments, answer any) error {
	body, err := json.Marshal(map[string]any{command: arguments})
	if err != nil {
		return err
	}
	f.asked = append(f.asked, name+" "+string(body))
	if f.after != nil {
		defer f.after()
	}
	if len(f.answers) == 0 {
		return f.err
	}
	next := f.answers[0]
	f.answers = f.answers[1:]
	return json.Unmarshal([]byte(next), answer)
}

const (
	firstPage = `{"seen": 3, "known": 1, "recorded": 2, "next": "checkout:evt_2", "missing": [
		{"order": "cs_1", "event": "evt_1", "type": "checkout.session.completed", "created": "2026-03-03T05:06:07Z", "payment_status": "paid", "amount_total": 4900, "currency": "eur"},
		{"order": "cs_2", "event": "evt_2", "type": "checkout.session.completed", "created": "2026-03-03T04:05:06Z", "payment_status": "unpaid", "amount_total": 5000, "currency": "jpy"}]}`
	lastPage = `{"seen": 2, "ignored": 1, "malformed": 1, "missing": []}`
)

var since = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

// run searches, and gives what was shown and said.
func run(t *testing.T, ctx context.Context, f *function, s reconcile.Search, asJSON bool) (shown, said string, err error) {
	t.Helper()
	var out, progress strings.Builder
	s.Since = since
	err = reconcile.Owner{Caller: f, Screen: screen.Screen{Out: &out, JSON: asJSON}, Progress: &progress}.Run(ctx, s)
	return out.String(), progress.String(), err
}

func TestRun(t *testing.T) {
	t.Parallel()

	t.Run("calls until all is gone through, and says the sum", func(t *testing.T) {
		t.Parallel()

		f := &function{answers: []string{firstPage, lastPage}}
		shown, said, err := run(t, t.Context(), f, reconcile.Search{}, false)
		want := []string{
			`stripe-webhook {"reconcile":{"since":"2026-03-01T00:00:00Z"}}`,
			`stripe-webhook {"reconcile":{"since":"2026-03-01T00:00:00Z","after":"checkout:evt_2"}}`,
		}
		if d := cmp.Diff(want, f.asked); d != "" || err != nil {
			t.Errorf("calls, %v (-want +got):\n%s", err, d)
		}
		const sum = "5 events since 2026-03-01 00:00 UTC: 1 known, 2 missing until now and stored, 1 not for us, 1 that cannot be read (stripe-webhook's log says why).\n"
		if d := cmp.Diff(sum, shown); d != "" {
			t.Errorf("shown (-want +got):\n%s", d)
		}
		if said != "  3 seen, 2 missing so far\n" {
			t.Errorf("said %q", said)
		}
	})

	t.Run("shows what is missing where nothing is to be changed", func(t *testing.T) {
		t.Parallel()

		f := &function{answers: []string{firstPage, lastPage}}
		shown, _, err := run(t, t.Context(), f, reconcile.Search{DryRun: true}, false)
		const want = `WHEN              ORDER  EVENT                       PAYMENT  AMOUNT
2026-03-03 05:06  cs_1   checkout.session.completed  paid     €49.00
2026-03-03 04:05  cs_2   checkout.session.completed  unpaid   ¥5,000

5 events since 2026-03-01 00:00 UTC: 1 known, 2 missing, 1 not for us, 1 that cannot be read (stripe-webhook's log says why).
Nothing was changed. The same without --dry-run stores what is missing, and its e-mails go out.
`
		if d := cmp.Diff(want, shown); d != "" || err != nil {
			t.Errorf("shown, %v (-want +got):\n%s", err, d)
		}
		if !strings.Contains(f.asked[1], `"dry_run":true`) {
			t.Errorf("the second call is no dry run: %s", f.asked[1])
		}
	})

	t.Run("gives a program the sum", func(t *testing.T) {
		t.Parallel()

		shown, _, err := run(t, t.Context(), &function{answers: []string{firstPage, lastPage}}, reconcile.Search{}, true)
		var sum reconcile.Tally
		if e := json.Unmarshal([]byte(shown), &sum); e != nil || err != nil || sum.Seen != 5 || len(sum.Missing) != 2 || sum.Next != "" {
			t.Errorf("%s, %v", shown, err)
		}
	})

	t.Run("goes on where it is told to", func(t *testing.T) {
		t.Parallel()

		f := &function{answers: []string{lastPage}}
		if _, _, err := run(t, t.Context(), f, reconcile.Search{After: "checkout:evt_7"}, false); err != nil || !strings.Contains(f.asked[0], "evt_7") {
			t.Errorf("asked %v, %v", f.asked, err)
		}
	})

	t.Run("says how to go on where it goes wrong", func(t *testing.T) {
		t.Parallel()

		away := errors.New("Stripe could not be asked")
		shown, said, err := run(t, t.Context(), &function{answers: []string{firstPage}, err: away}, reconcile.Search{}, false)
		if !errors.Is(err, away) || shown != "" || !strings.Contains(said, "Stored until now: 2 events.") ||
			!strings.Contains(said, "--since 2026-03-01T00:00:00Z --after checkout:evt_2\n") {
			t.Errorf("shown %q, said %q, %v", shown, said, err)
		}
	})

	t.Run("says how to go on where it is stopped", func(t *testing.T) {
		t.Parallel()

		ctx, stop := context.WithCancel(t.Context())
		f := &function{answers: []string{firstPage}, err: errors.New("no answer")}
		f.after = func() {
			if len(f.asked) == 2 {
				stop()
			}
		}
		_, said, err := run(t, ctx, f, reconcile.Search{}, false)
		if !errors.Is(err, context.Canceled) || !strings.Contains(said, "--after checkout:evt_2\n") {
			t.Errorf("said %q, %v", said, err)
		}
	})
}
