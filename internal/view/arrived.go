package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"handler/function/internal/order"
)

// EmailArrival is what SendGrid reported of one recipient of an e-mail.
type EmailArrival struct {
	Kind      order.ArrivalKind `json:"kind"`
	To        string            `json:"to,omitempty"`
	At        time.Time         `json:"at"`
	MessageID string            `json:"message_id,omitempty"`
	Status    string            `json:"status,omitempty"`
	Reason    string            `json:"reason,omitempty"`
}

func arrivalsOf(d order.Delivery) []EmailArrival {
	all := []EmailArrival{}
	for _, a := range d.Arrivals {
		all = append(all, EmailArrival{a.Kind, a.To, a.At, a.Message, a.Status, a.Reason})
	}
	return all
}

var arrivalWords = map[order.ArrivalKind]string{
	order.Processed: "SendGrid took it on", order.Delivered: "Delivered", order.Deferred: "Deferred: SendGrid tries again", order.Opened: "Opened",
	order.Bounced: "Bounced", order.Blocked: "Refused for now, and not tried again", order.Dropped: "Dropped by SendGrid", order.SpamReport: "Reported as spam",
}

// arrived is what SendGrid reported of an e-mail. Its times are in seconds: its events follow the
// attempt.
func arrived(_ *order.Order, d order.Delivery) []Step {
	var steps []Step
	for _, a := range d.Arrivals {
		at := a.At
		if at.Before(d.FirstTriedAt) {
			at = d.FirstTriedAt
		}
		detail := strings.TrimSpace(a.Status + " " + a.Reason)
		if len(d.To) > 1 {
			detail = strings.Trim(a.To+"; "+detail, "; ")
		}
		steps = append(steps, Step{At: at, Kind: Arrived, What: cmp.Or(arrivalWords[a.Kind], string(a.Kind)), Detail: detail,
			Delivery: d.Key, MessageID: a.Message})
	}
	if !d.UnheardAt.IsZero() {
		steps = append(steps, Step{At: d.UnheardAt, Kind: Arrived, What: "Unheard: SendGrid has reported nothing of it", Delivery: d.Key, MessageID: d.MessageID})
	}
	if n := d.Copies(); n > 1 {
		steps = append(steps, Step{At: d.SentAt, Kind: EmailSent, What: fmt.Sprintf("%d copies were sent for certain", n), Delivery: d.Key, Unsure: true})
	}
	return steps
}
