package catalogue

import (
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// report is what the catalogue says of the daily report.
type report struct {
	Template template `yaml:"template"`
	// At is the time of day from which the sweep makes it; without one it is made only on
	// request.
	At timeOfDay `yaml:"at"`
}

// ReportKey is the key of the one e-mail that a report is.
const ReportKey = maildata.ReportSeries + "/daily"

// makeUp is for how many days a report that was missed is made later, the last day included.
const makeUp = 7

// ReportsDue are the times of the last days at which the sweep was to make a report, the oldest
// first. Without a time of day in the catalogue, reports are made only on request.
func (c *Catalogue) ReportsDue(now time.Time) []time.Time {
	if c.Report == nil || c.Report.At.Value == "" {
		return nil
	}
	var due []time.Time
	for days := 1 - makeUp; days <= 0; days++ {
		if at := c.Report.At.on(now.In(c.Zone()), days); !at.After(now) {
			due = append(due, at)
		}
	}
	return due
}

// ReportEmail is the one e-mail of a report. The catalogue must have a report.
func (c *Catalogue) ReportEmail(o *order.Order, now time.Time) order.Email {
	id, name := c.template(c.Report.Template, o)
	return order.Email{
		Key: ReportKey, Template: id, TemplateName: name, Audience: order.Admins,
		To: c.addresses(recipient{audience: order.Admins}, o), NotBefore: now,
	}
}
