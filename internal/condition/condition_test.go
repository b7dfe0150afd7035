package condition_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/condition"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const quiet = 3 * time.Minute

// shop is a set, and what is reported of it.
type shop struct {
	condition.Set
	told []string
}

// at reports what is due so long after the start.
func (s *shop) at(after time.Duration) {
	now := start.Add(after)
	for _, n := range s.News(now, quiet) {
		s.told = append(s.told, fmt.Sprintf("%v %s %s %s", after, n.Kind, n.Phase, n.About))
		s.Told(n, now)
	}
	s.Prune(now)
}

func (s *shop) want(t *testing.T, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, s.told); d != "" {
		t.Errorf("reported (-want +got):\n%s", d)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()

	t.Run("reports the beginning, each day, and the end", func(t *testing.T) {
		t.Parallel()

		var s shop
		for minute := range 3 * 24 * 60 {
			after := time.Duration(minute) * time.Minute
			if after < 50*time.Hour {
				s.Observe(condition.SendGridKeyRefused, "", start.Add(after))
			} else {
				s.Clear(condition.SendGridKeyRefused, start.Add(after))
			}
			s.at(after)
		}
		s.want(t, "0s sendgrid-key-refused begun ", "24h0m0s sendgrid-key-refused lasts ", "48h0m0s sendgrid-key-refused lasts ", "50h3m0s sendgrid-key-refused over ")
		if len(s.Conditions) != 0 {
			t.Errorf("left: %v", s.Conditions)
		}
	})

	t.Run("reports one that comes and goes as one", func(t *testing.T) {
		t.Parallel()

		var s shop
		for minute := range 120 {
			after := time.Duration(minute) * time.Minute
			if minute%2 == 0 {
				s.Observe(condition.SendGridSender, "", start.Add(after))
			} else {
				s.Clear(condition.SendGridSender, start.Add(after))
			}
			s.at(after)
		}
		s.at(2*time.Hour + quiet)
		s.want(t, "0s sendgrid-sender begun ", "2h3m0s sendgrid-sender over ")
	})

	t.Run("reports one that ended before anything was reported, and its end", func(t *testing.T) {
		t.Parallel()

		var s shop
		s.Observe(condition.StripeKeyMissing, "", start)
		s.Clear(condition.StripeKeyMissing, start.Add(time.Second))
		s.at(time.Minute)
		s.at(time.Hour)
		s.want(t, "1m0s stripe-key-missing begun ", "1h0m0s stripe-key-missing over ")
	})

	t.Run("ends one that is not observed for a day", func(t *testing.T) {
		t.Parallel()

		var s shop
		s.Observe(condition.ThinEvents, "evt_1", start)
		s.Observe(condition.ThinEvents, "evt_2", start.Add(time.Second))
		for hour := range 30 {
			s.at(time.Duration(hour) * time.Hour)
		}
		s.want(t, "0s thin-events begun evt_2", "24h0m0s thin-events lasts evt_2", "26h0m0s thin-events over evt_2")
	})

	t.Run("reports each event once, and none of them lasts", func(t *testing.T) {
		t.Parallel()

		var s shop
		for day := range 40 {
			now := start.Add(time.Duration(day) * 24 * time.Hour)
			if day < 30 { // as long as Stripe lists it
				s.Observe(condition.UnreadableEvent, "evt_1", now)
			}
			if day == 2 {
				s.Observe(condition.UnreadableEvent, "evt_2", now)
			}
			s.at(time.Duration(day) * 24 * time.Hour)
			if len(s.Active()) > 0 {
				t.Fatalf("day %d: active %v", day, s.Active())
			}
		}
		s.want(t, "0s unreadable-event begun evt_1", "48h0m0s unreadable-event begun evt_2")
		if _, left := s.Conditions["unreadable-event evt_2"]; left {
			t.Error("the event of day 2 is kept for ever")
		}
	})

	t.Run("changes little while a condition lasts", func(t *testing.T) {
		t.Parallel()

		var s condition.Set
		changes := 0
		for minute := range 181 {
			if s.Observe(condition.DatabaseFilling, "80 %", start.Add(time.Duration(minute)*time.Minute)) {
				changes++
			}
		}
		if changes != 4 {
			t.Errorf("%d changes in three hours, want the first and one an hour", changes)
		}
		if s.Clear(condition.SendGridSender, start) {
			t.Error("clearing what is not there changed something")
		}
	})
}

// A copy of a set stays as it is: a change of a document may be made again on a fresher one.
// Silence is observed once, and ends with an event.
func TestSilenceLasts(t *testing.T) {
	t.Parallel()

	s := &shop{}
	s.Observe(condition.SendGridSilent, "", start)
	for day := range 4 {
		s.at(time.Duration(day) * 24 * time.Hour)
	}
	s.Clear(condition.SendGridSilent, start.Add(73*time.Hour))
	s.at(74 * time.Hour)
	s.want(t, "0s sendgrid-silent begun ", "24h0m0s sendgrid-silent lasts ", "48h0m0s sendgrid-silent lasts ", "72h0m0s sendgrid-silent lasts ",
		"74h0m0s sendgrid-silent over ")
}

func TestCopy(t *testing.T) {
	t.Parallel()

	var s condition.Set
	s.Observe(condition.SendGridSender, "", start)
	old := s
	s.Observe(condition.StripeKeyMissing, "", start)
	s.Clear(condition.SendGridSender, start)
	if len(old.Active()) != 1 || len(s.Active()) != 1 {
		t.Errorf("old %v, new %v", old.Active(), s.Active())
	}
}

func TestParse(t *testing.T) {
	t.Parallel()

	var s condition.Set
	s.Observe(condition.StripeItemsPermission, "rak_checkout_session_read", start)
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s, condition.Parse(string(data))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, other := range []string{"", "{}", `{"used_mb":3,"level":80}`, `{"conditions":3}`} {
		if s := condition.Parse(other); len(s.Conditions) != 0 {
			t.Errorf("%s: %v", other, s)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()

	for _, kind := range condition.Kinds() {
		if kind.Title() == "" || kind.Text() == "" || kind.Remedy() == "" {
			t.Errorf("%s: title %q, text %q, remedy %q", kind, kind.Title(), kind.Text(), kind.Remedy())
		}
	}
}

func TestOfSendGridAnswer(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		status  int
		message string
		want    condition.Kind
	}{
		{401, "The provided authorization grant is invalid, expired, or revoked", condition.SendGridKeyRefused},
		{401, "", condition.SendGridKeyRefused},
		{401, "Maximum credits exceeded", condition.SendGridCredits},
		{401, "Authenticated user is not authorized to send mail", condition.SendGridForbidden},
		{401, "You are not authorized to access SendGrid, please contact Support.", condition.SendGridSuspended},
		{403, "Your account is temporarily under review", condition.SendGridSuspended},
		{403, "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.", condition.SendGridSender},
		{403, "access forbidden", condition.SendGridForbidden},
		{429, "Maximum credits exceeded", ""},
		{202, "", ""},
	} {
		if got, ok := condition.OfSendGridAnswer(c.status, c.message); got != c.want || ok != (c.want != "") {
			t.Errorf("%d %s: %q %v, want %q", c.status, c.message, got, ok, c.want)
		}
	}
}
