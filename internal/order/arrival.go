package order

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ArrivalKind is what became of an e-mail after SendGrid had accepted it.
type ArrivalKind string

// SendGrid's names: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
const (
	Processed  ArrivalKind = "processed"
	Delivered  ArrivalKind = "delivered"
	Deferred   ArrivalKind = "deferred"
	Bounced    ArrivalKind = "bounce"
	Dropped    ArrivalKind = "dropped"
	SpamReport ArrivalKind = "spamreport"
	Opened     ArrivalKind = "open"
	// Blocked is a bounce of the type blocked: the mail server refused it for now, and SendGrid
	// does not try again.
	Blocked ArrivalKind = "blocked"
)

// ArrivalKinds are those that a delivery keeps.
func ArrivalKinds() []ArrivalKind {
	return []ArrivalKind{Processed, Deferred, Delivered, Opened, Bounced, Blocked, Dropped, SpamReport}
}

const (
	// maxMessages is how many messages of one delivery are kept apart: two tell what there is to
	// tell.
	maxMessages = 8
	// maxReason bounds what a mail server says.
	maxReason = 500
)

// Arrival is what SendGrid reported of one recipient of a delivery. It arrives in any order, and
// more than once; of each kind the first counts.
type Arrival struct {
	Kind ArrivalKind `bson:"kind"`
	// To is the recipient's address as the delivery has it; empty where none of its recipients is
	// meant.
	To string    `bson:"to,omitempty"`
	At time.Time `bson:"at"`
	// Message is SendGrid's ID of the message, by which its answer to an attempt is known as well;
	// SendGrid leaves it out of a bounce that comes late.
	Message string `bson:"message,omitempty"`
	// Status and Reason are the mail server's, or SendGrid's own. They may quote an address: an
	// owner needs them, and they are not for the log.
	Status string `bson:"status,omitempty"`
	Reason string `bson:"reason,omitempty"`
}

// Trouble reports whether the e-mail did not reach the recipient, or was not welcome.
func (a Arrival) Trouble() bool {
	switch a.Kind {
	case Bounced, Blocked, Dropped, SpamReport:
		return true
	}
	return false
}

// Bounced reports whether SendGrid reported that a mail server, or SendGrid itself, did not take the
// delivery for a recipient.
func (d Delivery) Bounced() bool {
	return slices.ContainsFunc(d.Arrivals, func(a Arrival) bool { return a.Trouble() && a.Kind != SpamReport })
}

// Trouble is the first trouble with a delivery that SendGrid reported, if any.
func (d Delivery) Trouble() (Arrival, bool) {
	i := slices.IndexFunc(d.Arrivals, Arrival.Trouble)
	if i < 0 {
		return Arrival{}, false
	}
	return d.Arrivals[i], true
}

// Copies is how many messages are known to be of the delivery: more than one is certain to have
// been sent so often.
func (d Delivery) Copies() int {
	n := len(d.Messages)
	if d.MessageID != "" && !slices.Contains(d.Messages, d.MessageID) {
		n++
	}
	return n
}

// Arrive takes what SendGrid reported of a delivery, and returns whether that changed it. The same
// set makes the same delivery, independent of sequence and repetition.
//
// Any of it proves that SendGrid accepted an attempt. So what is not known to be sent is sent from
// then on, and is not attempted any more, unless an attempt is under way: then the end of that
// attempt decides, or of its lease.
func (o *Order) Arrive(key string, arrivals []Arrival, now time.Time) (bool, error) {
	d, ok := o.Emails[key]
	if !ok {
		return false, ErrNoDelivery
	}
	d.Arrivals, d.Messages = slices.Clone(d.Arrivals), slices.Clone(d.Messages) // a clone of the order shares them
	changed := false
	for _, a := range arrivals {
		changed = d.hear(a) || changed
	}
	if held := d.State == Sending && d.DueAt.After(now); !held && len(d.Arrivals) > 0 && (d.State != Sent || d.Proven && changed) {
		d.prove()
		changed = true
	}
	if changed {
		d.heardOf()
		o.put(key, d, now)
	}
	return changed, nil
}

// Prove ends a delivery whose lease ran out and that SendGrid reported, and returns whether it did:
// the attempt, or one before it, was accepted.
func (o *Order) Prove(key string, now time.Time) bool {
	d := o.Emails[key]
	if d.State != Sending || d.DueAt.After(now) || len(d.Arrivals) == 0 {
		return false
	}
	d.prove()
	o.put(key, d, now)
	return true
}

// prove makes a delivery sent that no answer of SendGrid's says is. All of it follows from what was
// reported and from the attempts, and not from when it was reported.
func (d *Delivery) prove() {
	d.State, d.Proven = Sent, true
	d.SentAt = d.Arrivals[0].At
	if d.FirstTriedAt.After(d.SentAt) { // SendGrid counts in seconds
		d.SentAt = d.FirstTriedAt
	}
	d.MessageID = ""
	if len(d.Messages) > 0 {
		d.MessageID = d.Messages[0]
	}
	d.Unsure = len(d.Messages) != 1 || d.Attempts > 1
	d.LastStatus, d.LastError = 0, ""
	d.FailedAt, d.CancelledAt = time.Time{}, time.Time{}
}

// hear keeps one reported arrival, and reports whether it was news.
func (d *Delivery) hear(a Arrival) bool {
	a = d.ours(a)
	news := d.know(a.Message)
	i := slices.IndexFunc(d.Arrivals, func(b Arrival) bool { return a.Kind == b.Kind && a.To == b.To })
	switch {
	case i < 0:
		d.Arrivals = append(d.Arrivals, a)
	case a.compare(d.Arrivals[i]) < 0:
		d.Arrivals[i] = a
	default:
		return news
	}
	slices.SortFunc(d.Arrivals, Arrival.compare)
	return true
}

// ours is what was reported, with the recipient as the delivery has it, and cut to what is kept. Of
// a recipient that the delivery does not name, nothing personal is kept: their data may have been
// asked to be forgotten.
func (d *Delivery) ours(a Arrival) Arrival {
	i := slices.IndexFunc(d.To, func(t Address) bool { return strings.EqualFold(t.Email, a.To) })
	if i < 0 && len(d.To) == 1 {
		i = 0 // it can be no other, however SendGrid writes the address
	}
	if i < 0 {
		a.To, a.Status, a.Reason = "", "", ""
		return a
	}
	a.To = d.To[i].Email
	a.Status, a.Reason = cut(a.Status), cut(a.Reason)
	return a
}

func cut(s string) string {
	if len(s) > maxReason {
		s = s[:maxReason]
	}
	return strings.ToValidUTF8(s, "")
}

// know keeps a message's ID, and reports whether that was news. Of many the first by their letters
// stay, so that their order of arrival has no part in it.
func (d *Delivery) know(message string) bool {
	at, known := slices.BinarySearch(d.Messages, message)
	if message == "" || known || at >= maxMessages {
		return false
	}
	d.Messages = slices.Insert(d.Messages, at, message)
	d.Messages = d.Messages[:min(len(d.Messages), maxMessages)]
	return true
}

// compare orders arrivals by time, and no two different things alike.
func (a Arrival) compare(b Arrival) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(slices.Index(ArrivalKinds(), a.Kind), slices.Index(ArrivalKinds(), b.Kind)),
		cmp.Compare(a.To, b.To), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Reason, b.Reason))
}
