package order_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestAbandon(t *testing.T) {
	t.Parallel()

	o := planned(t)
	at := start
	for range order.MaxLost - 1 {
		must(t, o.Claim(key, at.String(), lease, at))
		if o.Hopeless(key, at) {
			t.Fatalf("hopeless after %d lost leases, while one holds it", o.Emails[key].Lost)
		}
		at = at.Add(lease)
		if o.Hopeless(key, at) {
			t.Fatalf("hopeless after %d lost leases", o.Emails[key].Lost)
		}
	}
	must(t, o.Claim(key, "last", lease, at))
	if o.Hopeless(key, at.Add(lease-1)) {
		t.Error("hopeless while the last lease holds")
	}
	at = at.Add(lease)
	if !o.Hopeless(key, at) {
		t.Fatalf("not hopeless after %d attempts without a word", o.Emails[key].Attempts)
	}
	notice := order.Email{Key: "notice/x", To: []order.Address{{Email: "o@example.com"}}, NotBefore: at}
	o.Abandon(key, "gone", []order.Email{notice}, at)
	d := o.Emails[key]
	if d.State != order.Failed || !d.Unsure || d.Lost != order.MaxLost || d.LastError != "gone" || !d.FailedAt.Equal(at) {
		t.Errorf("abandoned: %+v", d)
	}
	if diff := cmp.Diff([]string{notice.Key}, o.Due(at)); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	if o.Hopeless(key, at) || o.Hopeless("none", at) {
		t.Error("hopeless although final, or not there")
	}
}

func TestFetchHasAHorizon(t *testing.T) {
	t.Parallel()

	o := placed(t, event(t, "completed_paid", nil))
	for at := start; at.Before(start.Add(order.Horizon)); at = at.Add(time.Hour) {
		o.FetchFailed("away", at.Add(time.Hour), at)
		if _, waits := o.Unplanned(); !waits || o.NextDueAt == nil {
			t.Fatalf("given up after %v", at.Sub(start))
		}
	}
	end := start.Add(order.Horizon)
	o.FetchFailed("away", end.Add(time.Hour), end)
	if _, waits := o.Unplanned(); waits || o.NextDueAt != nil || !o.Fetch.FailedAt.Equal(end) {
		t.Errorf("at the horizon: waits %v, due %v, fetch %+v", waits, o.NextDueAt, o.Fetch)
	}
	_, err := o.Add(event(t, "async_payment_succeeded", nil), end)
	must(t, err)
	if r, waits := o.Unplanned(); !waits || r != order.ForPaid || o.NextDueAt == nil || !o.Fetch.Since.IsZero() {
		t.Errorf("after a further event: waits %v, due %v, fetch %+v", waits, o.NextDueAt, o.Fetch)
	}
}

func TestIgnoredIsSaidOfTheLastPlan(t *testing.T) {
	t.Parallel()

	o := placed(t, event(t, "completed_unpaid", nil), event(t, "async_payment_failed", nil))
	o.Ignore(order.ForPaymentFailed, "not ours", start)
	if o.Ignored != "not ours" {
		t.Errorf("ignored: %q", o.Ignored)
	}
	_, err := o.Add(event(t, "async_payment_succeeded", nil), start)
	must(t, err)
	o.Plan(order.ForPaid, nil, start)
	if o.Ignored != "" {
		t.Errorf("ignored %q, though its payment's plan is ours", o.Ignored)
	}
}
