package order

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// NoticeSeries is the first part of the key of a notice to the admins; the second is the kind of
// notice.
const NoticeSeries = "notice"

// IsNotice reports whether the key of a delivery is that of a notice to the admins.
func IsNotice(key string) bool { return strings.HasPrefix(key, NoticeSeries+"/") }

// AlertSeries is the first part of the key of an alert; the second is its kind.
const AlertSeries = "alert"

// IsAlert reports whether the key of a delivery is that of an alert, which is no e-mail.
func IsAlert(key string) bool { return strings.HasPrefix(key, AlertSeries+"/") }

// Mails are the deliveries that are e-mails, and not alerts, by their keys.
func (o *Order) Mails() iter.Seq2[string, Delivery] {
	return func(yield func(string, Delivery) bool) {
		for key, d := range o.Emails {
			if d.Audience != Alert && !yield(key, d) {
				return
			}
		}
	}
}

// What a delivery says that is cancelled because the money went back.
const (
	stoppedByRefund  = "refunded"
	stoppedByDispute = "disputed"
)

// stops reports whether the money went back and the delivery is not to be attempted for that
// reason. The admins still get their alerts and notices, and what they were to get at once.
func (o *Order) stops(d Delivery) bool {
	return o.Reversed() && d.Audience != Alert && (d.Audience != Admins || d.Scheduled() && !IsNotice(d.Key))
}

// stop cancels what waits to be sent of a sale whose money went back, whether it was attempted
// before or not. What is being sent is marked: it is not attempted again. A copy that a person asked
// for is stopped only by the event that reverses the sale: it may have been asked for since.
func (o *Order) stop(copies bool, now time.Time) {
	for key, d := range o.Emails {
		if !o.stops(d) || d.CopyOf != "" && !copies {
			continue
		}
		if d.State == Sending {
			d.Stopped = true
			o.put(key, d, now)
		}
		o.Cancel(key, o.stoppedBy(), now)
	}
}

// stoppedBy is why: by a refund too where that failed after it had stopped an attempt.
func (o *Order) stoppedBy() string {
	if o.Disputed && !o.RefundedWholly {
		return stoppedByDispute
	}
	return stoppedByRefund
}

// Stopped are the keys of the e-mails that are cancelled because the money went back, or seemed to.
// They stay so if the shop has the money again: a person decides.
func (o *Order) Stopped() []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		d := o.Emails[key]
		if d.State == Cancelled && (d.LastError == stoppedByRefund || d.LastError == stoppedByDispute) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Stop cancels a delivery whose lease expired, and whose money went back since; it reports whether
// it did. SendGrid may have accepted the attempt, so the delivery is unsure. Claim refuses such a
// delivery.
func (o *Order) Stop(key string, now time.Time) bool {
	d := o.Emails[key]
	if d.State != Sending || !d.Stopped || d.DueAt.After(now) {
		return false
	}
	d.State, d.Unsure = Retry, true
	d.Lost++
	o.put(key, d, now)
	return o.Cancel(key, o.stoppedBy(), now)
}
