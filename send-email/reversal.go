package function

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"handler/function/internal/order"
)

// chargeKind is the notice that is owed for an event of a charge.
func chargeKind(eventType string) notice {
	if eventType == order.DisputeCreated {
		return noticeDisputed
	}
	return noticeRefunded
}

// planCharge freezes that the admins are told of a refund or a dispute, each event by itself. A catalogue without a
// template for it tells nobody.
func (c *catalogue) planCharge(o *order.Order, reason order.Reason, event string, now time.Time) {
	var emails []order.Email
	if kind := chargeKind(o.Events[event].Type); c.Notices.template(kind).Value != "" {
		emails = append(emails, c.notice(o, kind, event, now))
	}
	o.Plan(reason, emails, now)
}

// stopLater cancels what was to come later on for a sale that is off, or may soon be. What is due already, or is with
// SendGrid, goes its way; so do notices, which are for the admins to know.
func stopLater(o *order.Order, now time.Time) {
	if !o.Reversed() {
		return
	}
	why := "disputed"
	if o.RefundedWholly {
		why = "refunded"
	}
	for key, d := range o.Emails {
		if d.Scheduled() && d.NotBefore.After(now) && !isNotice(key) {
			o.Cancel(key, why, now)
		}
	}
}

func isNotice(key string) bool { return strings.HasPrefix(key, noticeSeries+"/") }

// short stands for an event's ID in the key of a delivery, which has lower-case letters and digits only.
func short(event string) string {
	sum := sha256.Sum256([]byte(event))
	return hex.EncodeToString(sum[:6])
}

// tellUntold says in the log what a plan made for a charge tells nobody by mail.
func (c *catalogue) tellUntold(log *slog.Logger, o *order.Order, reason order.Reason) {
	event, ofCharge := reason.Event()
	if !ofCharge || o.Ignored != "" {
		return
	}
	eventType := o.Events[event].Type
	if c.Notices.template(chargeKind(eventType)).Value == "" {
		log.Warn("nobody is told by mail: the catalogue's notices have no template for it", "event", event, "event_type", eventType)
	}
}
