package doctor

import (
	"context"
	"time"

	"handler/function/cmd/tillbell/target"
	"handler/function/internal/alert"
)

const theAlerts = "the alert channel"

func (d *doctor) alertChecks() []Check { return []Check{{Name: theAlerts, Look: d.lookAtAlerts}} }

// lookAtAlerts checks the form of the address, and whether an alert arrives there if one is to be
// sent. It shows none of the address.
func (d *doctor) lookAtAlerts(ctx context.Context) Finding {
	if f, bad := d.unusable(target.AlertURL, theAlerts, theAlerts); bad {
		return f
	}
	s := alert.New(func() (string, error) { return d.Given(target.AlertURL), nil }, d.http.Transport)
	switch {
	case !s.On():
		return ok("alerts are turned off: the secret alert-url is none")
	case !d.options.TestAlert:
		return ok("alerts have an address (doctor --test-alert sends one)")
	}
	err := s.Send(ctx, alert.Message{
		Title: "A test of the alert channel", Text: "tillbell doctor sent this. Alerts about orders arrive here too.", Kind: "test", At: time.Now().UTC(),
	})
	if err != nil {
		return wrong("is the address in ALERT_URL right?", "the test alert was not accepted: %v", err)
	}
	return ok("the test alert was accepted: look whether it arrived")
}
