package inbox

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"handler/function/internal/order"
)

// kindArrived is the kind of the steps that SendGrid told of.
const kindArrived = "arrived"

// arrivalView is what SendGrid told of one recipient of an e-mail.
type arrivalView struct {
	Kind      order.ArrivalKind `json:"kind"`
	To        string            `json:"to,omitempty"`
	At        time.Time         `json:"at"`
	MessageID string            `json:"message_id,omitempty"`
	Status    string            `json:"status,omitempty"`
	Reason    string            `json:"reason,omitempty"`
}

func viewArrivals(d order.Delivery) []arrivalView {
	all := []arrivalView{}
	for _, a := range d.Arrivals {
		all = append(all, arrivalView{a.Kind, a.To, a.At, a.Message, a.Status, a.Reason})
	}
	return all
}

var arrivalWords = map[order.ArrivalKind]string{
	order.Processed: "SendGrid took it on", order.Delivered: "Delivered", order.Deferred: "Deferred: SendGrid tries again", order.Opened: "Opened",
	order.Bounced: "Bounced", order.Blocked: "Refused for now, and not tried again", order.Dropped: "Dropped by SendGrid", order.SpamReport: "Reported as spam",
}

// arrivalSteps are what SendGrid told of an e-mail. It counts in seconds: what it tells of comes after the attempt.
func arrivalSteps(d order.Delivery) []step {
	var steps []step
	for _, a := range d.Arrivals {
		at := a.At
		if at.Before(d.FirstTriedAt) {
			at = d.FirstTriedAt
		}
		detail := strings.TrimSpace(a.Status + " " + a.Reason)
		if len(d.To) > 1 {
			detail = strings.Trim(a.To+"; "+detail, "; ")
		}
		steps = append(steps, step{At: at, Kind: kindArrived, What: cmp.Or(arrivalWords[a.Kind], string(a.Kind)), Detail: detail,
			Delivery: d.Key, MessageID: a.Message})
	}
	if n := d.Copies(); n > 1 {
		steps = append(steps, step{At: d.SentAt, Kind: kindSent, What: fmt.Sprintf("%d copies were sent for certain", n), Delivery: d.Key, Unsure: true})
	}
	return steps
}
