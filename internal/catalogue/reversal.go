package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"handler/function/internal/order"
)

// chargeKind is the notice that is owed for an event of a charge.
func chargeKind(eventType string) Notice {
	if eventType == order.DisputeCreated {
		return Disputed
	}
	return Refunded
}

// planCharge freezes the notice of a refund or a dispute, one for each event. Without a template in
// the catalogue there is none.
func (c *Catalogue) planCharge(o *order.Order, reason order.Reason, event string, now time.Time) {
	var emails []order.Email
	if kind := chargeKind(o.Events[event].Type); c.Notifies(kind) {
		emails = append(emails, c.notice(o, kind, event, now))
	}
	o.Plan(reason, emails, now)
}

// short stands for an event's ID in the key of a delivery, which has lower-case letters and digits
// only.
func short(event string) string {
	sum := sha256.Sum256([]byte(event))
	return hex.EncodeToString(sum[:6])
}

// Unnotified is the event of a charge whose plan holds no notice because the catalogue has no
// template for it.
func (c *Catalogue) Unnotified(o *order.Order, reason order.Reason) (event string, unnotified bool) {
	event, ofCharge := reason.Event()
	return event, ofCharge && o.Ignored == "" && !c.Notifies(chargeKind(o.Events[event].Type))
}
