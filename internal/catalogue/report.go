package catalogue

import (
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// report is what the catalogue says of the daily report.
type report struct {
	Template template `yaml:"template"`
	// At is the time of day, in UTC, from which the sweep makes it; without one it is made only on
	// request.
	At timeOfDay `yaml:"at"`
}

// ReportKey is the key of the one e-mail that a report is.
const ReportKey = maildata.ReportSeries + "/daily"

// ReportDue reports whether the sweep is to make today's report now. Without a time of day in the
// catalogue, the report is made only on request.
func (c *Catalogue) ReportDue(now time.Time) bool { return c.Report != nil && c.Report.At.passed(now) }

// ReportEmail is the one e-mail of a report. The catalogue must have a report.
func (c *Catalogue) ReportEmail(o *order.Order, now time.Time) order.Email {
	id, name := c.template(c.Report.Template, o)
	return order.Email{
		Key: ReportKey, Template: id, TemplateName: name, Audience: order.Admins,
		To: c.addresses(recipient{audience: order.Admins}, o), NotBefore: now,
	}
}
