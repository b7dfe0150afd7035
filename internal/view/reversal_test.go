package view_test

import (
	"slices"
	"strings"
	"testing"

	"handler/function/internal/view"
)

func TestTimelineOfAReversal(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"charge_refunded":        "Refunded | charge.refunded, evt_100000000000000000000009",
		"charge_refunded_partly": "Refunded in part | charge.refunded, evt_100000000000000000000010",
		"charge_dispute_created": "Payment disputed | charge.dispute.created, evt_100000000000000000000011",
		"completed_paid":         "Event received | checkout.session.completed, evt_100000000000000000000001",
	} {
		if got := story(view.Timeline(fetched(t, name))); !slices.ContainsFunc(got, func(line string) bool { return strings.HasSuffix(line, want) }) {
			t.Errorf("%s: no %q in\n%s", name, want, strings.Join(got, "\n"))
		}
	}
}
