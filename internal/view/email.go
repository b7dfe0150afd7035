package view

import (
	"cmp"
	"strings"
	"time"

	"handler/function/internal/order"
)

// Email is an e-mail that an order owes, and its outcome.
type Email struct {
	Key   string      `json:"key"`
	State order.State `json:"state"`
	// Later: it is scheduled for a time that has not come.
	Later    bool   `json:"later,omitempty"`
	Template string `json:"template"`
	// TemplateName is the shop's own name for it, if it has one.
	TemplateName string         `json:"template_name,omitempty"`
	Audience     order.Audience `json:"audience,omitempty"`
	To           []Recipient    `json:"to"`
	// About is the key of the e-mail that a notice is about.
	About        string     `json:"about,omitempty"`
	Attempts     int        `json:"attempts"`
	Lost         int        `json:"lost"`
	Unsure       bool       `json:"unsure"`
	MessageID    string     `json:"message_id,omitempty"`
	LastStatus   int        `json:"last_status,omitempty"`
	LastError    string     `json:"last_error,omitempty"`
	NotBefore    time.Time  `json:"not_before"`
	DueAt        *time.Time `json:"due_at"`
	PlannedAt    time.Time  `json:"planned_at"`
	FirstTriedAt *time.Time `json:"first_tried_at"`
	LastTriedAt  *time.Time `json:"last_tried_at"`
	SentAt       *time.Time `json:"sent_at"`
	FailedAt     *time.Time `json:"failed_at"`
	CancelledAt  *time.Time `json:"cancelled_at,omitempty"`
	// Bounced: it was sent and did not arrive, see Arrivals.
	Bounced bool `json:"bounced,omitempty"`
	// UnheardAt is when SendGrid had reported nothing of it for hours; nil once it reports something.
	UnheardAt *time.Time `json:"unheard_at,omitempty"`
	// Proven: no answer to an attempt, but SendGrid's events say that it was sent.
	Proven bool `json:"proven"`
	// Copies is how many are known to have been sent, by SendGrid's events.
	Copies   int            `json:"copies"`
	Arrivals []EmailArrival `json:"arrivals"`
}

// Recipient is a recipient of an e-mail.
type Recipient struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// String is the recipient as people write one: Ada Example <ada@example.com>.
func (r Recipient) String() string { return order.Address(r).String() }

// RecipientsOf are those of an e-mail's addresses.
func RecipientsOf(to []order.Address) []Recipient {
	all := []Recipient{}
	for _, a := range to {
		all = append(all, Recipient(a))
	}
	return all
}

// Recipients are their addresses, in one text. An attempted e-mail had some, even if they were
// forgotten since.
func (e Email) Recipients() string {
	var to []string
	for _, r := range e.To {
		to = append(to, r.Email)
	}
	if len(to) == 0 && e.Attempts > 0 {
		return "forgotten"
	}
	return cmp.Or(strings.Join(to, ", "), "no recipient")
}

func emailOf(d order.Delivery, now time.Time) Email {
	e := Email{
		Key: d.Key, State: d.State, Later: d.Later(now), Template: d.Template, TemplateName: d.TemplateName, Audience: d.Audience, To: RecipientsOf(d.To), About: d.About,
		Attempts: d.Attempts, Lost: d.Lost, Unsure: d.Unsure, MessageID: d.MessageID, LastStatus: d.LastStatus, LastError: d.LastError,
		NotBefore: d.NotBefore, PlannedAt: d.PlannedAt, FirstTriedAt: orNil(d.FirstTriedAt), LastTriedAt: orNil(d.LastTriedAt),
		SentAt: orNil(d.SentAt), FailedAt: orNil(d.FailedAt), CancelledAt: orNil(d.CancelledAt),
		Bounced: bounced(d), UnheardAt: orNil(d.UnheardAt), Proven: d.Proven, Copies: d.Copies(), Arrivals: arrivalsOf(d),
	}
	if !d.Final() {
		e.DueAt = orNil(d.DueAt)
	}
	return e
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// bounced reports whether an e-mail was sent and did not arrive, so that it does not count as sent.
func bounced(d order.Delivery) bool { return d.State == order.Sent && d.Bounced() }

// Standing is the state of the e-mail in a word for a person; "planned" would not say when.
func (e Email) Standing() string {
	switch {
	case e.Later:
		return "later"
	case e.Bounced:
		return string(Bounced)
	case e.UnheardAt != nil:
		return string(Unheard)
	}
	return string(e.State)
}
