package view_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"handler/function/internal/view"
)

func TestTimelineOfAReversal(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"charge_refunded":        "Refunded | $49.00; charge.refunded, evt_100000000000000000000009",
		"charge_refunded_partly": "Refunded in part | €42.25; charge.refunded, evt_100000000000000000000010",
		"charge_dispute_created": "Payment disputed | ¥5,000, fraudulent; charge.dispute.created, evt_100000000000000000000011",
		"completed_paid":         "Event received | checkout.session.completed, evt_100000000000000000000001",
	} {
		if got := story(view.Timeline(fetched(t, name))); !slices.ContainsFunc(got, func(line string) bool { return strings.HasSuffix(line, want) }) {
			t.Errorf("%s: no %q in\n%s", name, want, strings.Join(got, "\n"))
		}
	}
}

func TestRowOfAReversal(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"charge_refunded":        "refunded $49.00",
		"charge_refunded_partly": "refunded €42.25",
		"charge_dispute_created": "disputed ¥5,000",
		"dispute_lost":           "dispute lost ¥5,000",
		"dispute_won":            "dispute won ¥5,000",
		"dispute_inquiry":        "inquiry open",
		"refund_failed":          "",
		"completed_paid":         "",
	} {
		o := fetched(t, name)
		o.Events = nil // as a list of orders has them
		if got := view.RowOf(o, start).Reversal(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	older := fetched(t, "charge_dispute_created")
	older.Refunded, older.DisputedAmount = 1000, 0
	if got := view.RowOf(older, start).Reversal(); got != "refunded ¥1,000, disputed" {
		t.Errorf("of an older order: %q", got)
	}
	for name, want := range map[string]int64{"completed_paid": 4900, "charge_refunded": 0, "charge_dispute_created": 0, "dispute_lost": 0, "dispute_won": 5000, "dispute_inquiry": 5000, "refund_failed": 4900, "completed_unpaid": 0} {
		o := fetched(t, name)
		if got := view.RowOf(o, start); got.Net.Amount != want || got.CameBack() != (o.CameBack() > 0) {
			t.Errorf("%s: net %+v, came back %v; want %d", name, got.Net, got.CameBack(), want)
		}
	}
	abroad := fetched(t, "charge_refunded")
	abroad.Refunded = 4534 // in the buyer's currency
	if got := view.RowOf(abroad, start).Refunded; got.Formatted != "$49.00" {
		t.Errorf("refunded in another currency: %+v", got)
	}
	b, err := json.Marshal(view.RowOf(fetched(t, "completed_paid"), start))
	if err != nil || strings.Contains(string(b), "refunded") || strings.Contains(string(b), "disputed") {
		t.Errorf("%s, %v", b, err)
	}
}
