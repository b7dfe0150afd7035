package order

import (
	"maps"
	"slices"
	"time"
)

// State is where a delivery stands:
//
//	planned ──claim──▶ sending ─────────▶ sent
//	   │         ▲        │ │ └─────────▶ failed
//	   │         └─ retry ◀┘ └ its lease runs out: claimed again, and unsure from then on;
//	   │               │       failed when that happened MaxLost times
//	   └───────────────┴─▶ cancelled, on purpose
//
// Where the customer's address was corrected, a planned delivery gets the new one, and a copy to it
// replaces one in retry, or whose lease runs out: see Correct. Where the money went back, all that
// waits is cancelled: see Add. What SendGrid's events prove to be sent is sent, from whichever state
// but a live lease: see Arrive.
type State string

// The states of a delivery. Sent, failed and cancelled are final: nothing is attempted any more,
// though the last two may still turn out to be sent.
const (
	Planned State = "planned"
	Sending State = "sending"
	Retry   State = "retry"
	Sent    State = "sent"
	Failed  State = "failed"
	// Cancelled: it is not to be sent any more; LastError says why.
	Cancelled State = "cancelled"
)

// Audience says whom an e-mail is for.
type Audience string

// The audiences. A catalogue may name the first three; Other is an address of its own.
const (
	Customer Audience = "customer"
	Admins   Audience = "admins"
	Other    Audience = "other"
	// Alert is the owner's alert channel, which has no recipients.
	Alert Audience = "alert"
)

// Email is an e-mail that an order owes: what a plan is made of.
type Email struct {
	// Key names it within the order: lower-case letters, digits, hyphens and slashes.
	Key string `bson:"-"`
	// Template is a SendGrid dynamic template's ID.
	Template string `bson:"template"`
	// TemplateName is the name and language of the shop's own template that was published under
	// that ID; empty for one that the catalogue names by its ID.
	TemplateName string    `bson:"template_name,omitempty"`
	Audience     Audience  `bson:"audience"`
	To           []Address `bson:"to"`
	// Items are the IDs of the line items that chose the e-mail's series; none of them named means
	// all.
	Items []string `bson:"items,omitempty"`
	// NotBefore is when it may first be sent.
	NotBefore time.Time `bson:"not_before"`
	// About is the key of the delivery that a notice speaks of.
	About string `bson:"about,omitempty"`
	// CopyOf is the key of the delivery that this one sends again, at a person's wish.
	CopyOf string `bson:"copy_of,omitempty"`
}

// Delivery is an e-mail that an order owes, with what became of it.
type Delivery struct {
	Email `bson:",inline"`

	State State `bson:"state"`
	// DueAt is when it may next be claimed: its first time, the time of the next attempt, or the
	// end of the lease.
	DueAt time.Time `bson:"due_at"`
	// Lease is who holds it while it is sending, and who held it last when it is not.
	Lease    string `bson:"lease,omitempty"`
	Attempts int    `bson:"attempts"`
	// Lost counts the leases that ran out without a word.
	Lost int `bson:"lost,omitempty"`
	// Unsure: an attempt ended without an answer, by a process that died or a connection that broke
	// after the request was out. SendGrid may have accepted that one too, and has no idempotency
	// key to ask by, so a second copy is possible. Where its events tell of one message, and there
	// was one attempt, it is sure again; where they tell of several, Copies says so.
	Unsure bool `bson:"unsure,omitempty"`
	// Stopped: the money went back during the attempt, so there is no other.
	Stopped bool `bson:"stopped,omitempty"`

	// Arrivals is what SendGrid told of it later, by time: of each kind and recipient the first.
	Arrivals []Arrival `bson:"arrivals,omitempty"`
	// Messages are the IDs that SendGrid told of, in the order of their letters.
	Messages []string `bson:"messages,omitempty"`
	// HearBy is until when SendGrid's first event of it is awaited; zero where none is.
	HearBy time.Time `bson:"hear_by,omitempty"`
	// UnheardAt is when that was over, without an event; zero once there is one.
	UnheardAt time.Time `bson:"unheard_at,omitempty"`
	// Proven: that it is sent was told by SendGrid's events, and by no answer to an attempt.
	Proven bool `bson:"proven,omitempty"`

	MessageID  string `bson:"message_id,omitempty"`
	LastStatus int    `bson:"last_status,omitempty"`
	LastError  string `bson:"last_error,omitempty"`

	PlannedAt time.Time `bson:"planned_at"`
	// FirstTriedAt is the first attempt that counts towards the Horizon: see Setback.
	FirstTriedAt time.Time `bson:"first_tried_at,omitempty"`
	LastTriedAt  time.Time `bson:"last_tried_at,omitempty"`
	SentAt       time.Time `bson:"sent_at,omitempty"`
	FailedAt     time.Time `bson:"failed_at,omitempty"`
	CancelledAt  time.Time `bson:"cancelled_at,omitempty"`
}

// Final reports whether the delivery is not to be attempted any more. One that failed or was
// cancelled becomes sent all the same where SendGrid turns out to have accepted it: see MarkSent
// and Arrive.
func (d Delivery) Final() bool { return d.State == Sent || d.State == Failed || d.State == Cancelled }

// Scheduled reports whether the delivery was planned for later. One that was to go out at once was
// due by the clock of the process that planned it, though another's may say that its time has not
// come.
func (d Delivery) Scheduled() bool { return d.NotBefore.After(d.PlannedAt) }

// Later reports whether the delivery was scheduled for a time that is still to come: until then
// nothing is owed.
func (d Delivery) Later(now time.Time) bool {
	return d.State == Planned && d.Scheduled() && d.DueAt.After(now)
}

// Claim takes a due delivery for owner until the lease ends. Only a claim permits an attempt; its
// error is ErrNotDue where another process has the delivery, or nothing is left to do.
func (o *Order) Claim(key, owner string, lease time.Duration, now time.Time) error {
	d, ok := o.Emails[key]
	if !ok {
		return ErrNoDelivery
	}
	if d.State == Sending && d.Lease == owner && !d.Stopped {
		return nil // claimed already by a write whose answer was lost
	}
	if d.Final() || d.DueAt.After(now) {
		return ErrNotDue
	}
	if len(d.Arrivals) > 0 {
		return ErrNotDue // SendGrid has it: see Prove
	}
	if d.State == Sending && (d.Stopped || o.astray(d)) {
		return ErrNotDue // it is cancelled, or replaced by a copy: see Stop and Redirect
	}
	if d.State == Sending {
		// The lease expired. The process that held it may have died between SendGrid's 202
		// and the write that records it: this attempt may be the second copy.
		d.Unsure = true
		d.Lost++
	}
	d.State = Sending
	d.Lease = owner
	d.DueAt = now.Add(lease)
	d.Attempts++
	d.LastTriedAt = now
	if d.FirstTriedAt.IsZero() {
		d.FirstTriedAt = now
	}
	o.put(key, d, now)
	return nil
}

// Hopeless reports whether a due delivery is not to be claimed again: too many of its holders died.
func (o *Order) Hopeless(key string, now time.Time) bool {
	d := o.Emails[key]
	return d.State == Sending && d.Lost >= MaxLost-1 && !d.DueAt.After(now) && len(d.Arrivals) == 0
}

// Abandon ends a hopeless delivery, and plans who is to be told in the same change.
func (o *Order) Abandon(key, reason string, notices []Email, now time.Time) {
	d := o.Emails[key]
	d.State = Failed
	d.Unsure = true
	d.Lost++
	d.LastStatus, d.LastError = 0, reason
	d.FailedAt = now
	o.put(key, d, now)
	o.Owe(notices, now)
}

// MarkSent records that SendGrid accepted the e-mail. That is a fact even if another process holds
// the lease by now, so it is recorded always; where the lease was lost, another process may have
// sent it too, and the delivery becomes unsure.
func (o *Order) MarkSent(key, owner, messageID string, status int, now time.Time) error {
	d, ok := o.Emails[key]
	if !ok {
		return ErrNoDelivery
	}
	if d.State == Sent && d.Lease == owner && !d.Proven {
		return nil // recorded already by a write whose answer was lost
	}
	switch {
	case d.Lease != owner, d.State != Sending && !d.Proven:
		d.Unsure = true
	case d.Proven:
		d.Unsure = d.Attempts > 1
	}
	if d.MessageID != "" && d.MessageID != messageID { // another copy
		d.Messages = slices.Clone(d.Messages)
		d.know(d.MessageID)
	}
	d.State, d.Proven = Sent, false
	d.Lease = owner
	d.MessageID = messageID
	d.LastStatus = status
	d.LastError = ""
	d.SentAt = now
	d.FailedAt, d.CancelledAt = time.Time{}, time.Time{}
	o.put(key, d, now)
	return nil
}

// Cancel ends a delivery that is not being sent; it reports whether it did. One that is being sent
// may be with SendGrid already, and one that is final stays as it is.
func (o *Order) Cancel(key, why string, now time.Time) bool {
	d, ok := o.Emails[key]
	if !ok || d.Final() || d.State == Sending {
		return false
	}
	d.State = Cancelled
	d.LastStatus, d.LastError = 0, why
	d.CancelledAt = now
	o.put(key, d, now)
	return true
}

// Setback is an attempt that did not end with SendGrid's acceptance.
type Setback struct {
	// Status is SendGrid's; zero where there was no answer.
	Status int
	Reason string
	// Unsure: the request was out and no answer came, so SendGrid may have accepted it.
	Unsure bool
	// Uncounted: SendGrid refused the key, the sender or the account, which the owner must correct,
	// however long it takes: the Horizon begins anew with the next attempt.
	Uncounted bool
}

// MarkRetry gives the delivery back, to be attempted again at the given time, or has a copy go to
// the corrected address. Where the money went back meanwhile, it is cancelled. One that SendGrid
// reported meanwhile is sent instead: by this attempt, or by one before it.
func (o *Order) MarkRetry(key, owner string, s Setback, at, now time.Time) error {
	err := o.settle(key, owner, s, now, func(d *Delivery) {
		d.State = Retry
		d.DueAt = at
		if s.Uncounted {
			d.FirstTriedAt = time.Time{}
		}
	})
	if err != nil {
		return err
	}
	if o.Emails[key].Stopped && o.Cancel(key, o.stoppedBy(), now) {
		return nil
	}
	o.redirect(key, now)
	return nil
}

// MarkFailed ends the delivery: SendGrid will not take it, or the horizon is reached. Who is to be
// told is planned in the same change, so that one cannot happen without the other. One of which
// SendGrid told meanwhile is sent instead, and one is cancelled if the money went back meanwhile:
// both without a notice.
func (o *Order) MarkFailed(key, owner string, s Setback, notices []Email, now time.Time) error {
	err := o.settle(key, owner, s, now, func(d *Delivery) {
		if d.Stopped {
			d.State, d.CancelledAt = Cancelled, now
			d.LastStatus, d.LastError = 0, o.stoppedBy()
			return
		}
		d.State = Failed
		d.FailedAt = now
	})
	if err != nil {
		return err
	}
	if o.Emails[key].State == Failed {
		o.Owe(notices, now)
	}
	return nil
}

func (o *Order) settle(key, owner string, s Setback, now time.Time, change func(*Delivery)) error {
	d, ok := o.Emails[key]
	if !ok {
		return ErrNoDelivery
	}
	if d.Lease != owner {
		return ErrLeaseLost
	}
	if d.State != Sending {
		return nil // recorded already by a write whose answer was lost
	}
	d.Unsure = d.Unsure || s.Unsure
	d.LastStatus = s.Status
	d.LastError = s.Reason
	if change(&d); len(d.Arrivals) > 0 {
		d.prove()
	}
	o.put(key, d, now)
	return nil
}

func (o *Order) put(key string, d Delivery, now time.Time) {
	if o.Emails == nil {
		o.Emails = map[string]Delivery{}
	}
	o.Emails[key] = d
	for _, id := range append(slices.Clip(d.Messages), d.MessageID) {
		if id != "" && !slices.Contains(o.MessageIDs, id) {
			o.MessageIDs = append(slices.Clip(o.MessageIDs), id) // a clone may share the array
		}
	}
	o.touch(now)
}

// OfMessage is the key of the delivery that a message of SendGrid's is of.
func (o *Order) OfMessage(id string) (key string, ok bool) {
	for _, k := range slices.Sorted(maps.Keys(o.Emails)) {
		if d := o.Emails[k]; id != "" && (d.MessageID == id || slices.Contains(d.Messages, id)) {
			return k, true
		}
	}
	return "", false
}
