package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// Row is an order in a list.
type Row struct {
	ID            string              `json:"id"`
	State         State               `json:"state"`
	PaymentStatus order.PaymentStatus `json:"payment_status"`
	PaymentFailed bool                `json:"payment_failed"`
	Ignored       string              `json:"ignored,omitempty"`
	Livemode      bool                `json:"livemode"`
	Customer      Customer            `json:"customer"`
	// Bought is what was bought, in words; empty until Stripe has said it.
	Bought string         `json:"bought,omitempty"`
	Total  maildata.Money `json:"total"`
	// Refunded is how much of the total went back, and DisputedAmount how much a bank asks for or
	// asked for; left out where it is nothing, or where an older order does not say it. Disputed: the
	// bank has the money, or gave it to the buyer.
	Refunded       maildata.Money     `json:"refunded,omitzero"`
	Disputed       bool               `json:"disputed,omitempty"`
	DisputedAmount maildata.Money     `json:"disputed_amount,omitzero"`
	DisputeState   order.DisputeState `json:"dispute_state,omitempty"`
	DisputeReason  string             `json:"dispute_reason,omitempty"`
	// Net is what the shop keeps of the total; nothing of an order that is not paid.
	Net maildata.Money `json:"net"`
	// Planned is the number of all its e-mails. Of these, Sent are sent, Bounced were sent and did
	// not arrive, Unheard were accepted by SendGrid and are not reported on, Cancelled are cancelled, and Later are scheduled for later, the first of them at
	// LaterAt.
	Planned   int        `json:"planned"`
	Sent      int        `json:"sent"`
	Bounced   int        `json:"bounced,omitempty"`
	Unheard   int        `json:"unheard,omitempty"`
	Cancelled int        `json:"cancelled,omitempty"`
	Later     int        `json:"later,omitempty"`
	LaterAt   *time.Time `json:"later_at,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	PaidAt    *time.Time `json:"paid_at,omitempty"`
	UpdatedAt time.Time  `json:"updated_at"`
	NextDueAt *time.Time `json:"next_due_at"`
}

// Customer is who bought.
type Customer struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

func customerOf(a order.Address) Customer { return Customer{a.Name, a.Email} }

// Order is the whole of an order.
type Order struct {
	Row
	// TimeZone is the shop's, an IANA name.
	TimeZone      string            `json:"time_zone"`
	Corrections   []Correction      `json:"corrections"`
	Mode          string            `json:"mode,omitempty"`
	PaymentLink   string            `json:"payment_link,omitempty"`
	PaymentIntent string            `json:"payment_intent,omitempty"`
	Reference     string            `json:"client_reference_id,omitempty"`
	Locale        string            `json:"locale,omitempty"`
	Metadata      map[string]string `json:"metadata"`
	Items         []Item            `json:"items"`
	Timeline      []Step            `json:"timeline"`
	Emails        []Email           `json:"emails"`
	Events        []Event           `json:"events"`
	Audit         []Entry           `json:"audit"`
}

// Correction is another address that the customer was given.
type Correction struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
	To   string    `json:"to"`
}

// Corrected says where the customer's address comes from: corrected, Stripe says ada@exmaple.com.
// It is empty where it is Stripe's.
func (o Order) Corrected() string {
	if len(o.Corrections) == 0 {
		return ""
	}
	return "corrected; Stripe says " + cmp.Or(o.Corrections[0].From, "none")
}

// Item is a line item.
type Item struct {
	Description string         `json:"description"`
	Quantity    int64          `json:"quantity"`
	Product     string         `json:"product"`
	Price       string         `json:"price"`
	Total       maildata.Money `json:"total"`
}

// Event is one of Stripe's events, without what it says.
type Event struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Created    time.Time `json:"created"`
	ReceivedAt time.Time `json:"received_at"`
	Deliveries int       `json:"deliveries"`
}

// Entry is a line of the audit.
type Entry struct {
	At      time.Time `json:"at"`
	Command string    `json:"verb"`
	Key     string    `json:"key,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// RowOf is an order in a list. It needs none of the order's events.
func RowOf(o *order.Order, now time.Time) Row {
	r := Row{
		ID: o.ID, State: StateOf(o, now), PaymentStatus: o.PaymentStatus, PaymentFailed: o.PaymentFailed, Ignored: o.Ignored,
		Livemode: o.Livemode, Customer: customerOf(o.Customer()), Bought: bought(o),
		Total:    maildata.MoneyOf(o.AmountTotal, o.Currency, o.Locale),
		Refunded: back(o, o.CameBack()-o.DisputedBack()),
		Disputed: o.DisputedNow(), DisputedAmount: back(o, o.DisputedAmount),
		DisputeState: o.DisputeState(), DisputeReason: o.DisputeReason, Net: maildata.MoneyOf(net(o), o.Currency, o.Locale),
		CreatedAt: o.CreatedAt, PaidAt: orNil(o.PaidAt), UpdatedAt: o.UpdatedAt, NextDueAt: o.NextDueAt,
	}
	for _, d := range o.Mails() {
		r.Planned++
		switch {
		case bounced(d):
			r.Bounced++
		case !d.UnheardAt.IsZero():
			r.Unheard++
		case d.State == order.Sent:
			r.Sent++
		case d.State == order.Cancelled:
			r.Cancelled++
		}
	}
	r.Later, r.LaterAt = later(o, now)
	return r
}

// back is an amount of a reversal; the zero Money where there is none.
func back(o *order.Order, amount int64) maildata.Money {
	if amount == 0 {
		return maildata.Money{}
	}
	return maildata.MoneyOf(amount, o.Currency, o.Locale)
}

// net is what the shop keeps of an order.
func net(o *order.Order) int64 {
	if !o.Settled() {
		return 0
	}
	return o.Net()
}

// disputeWords are the states of a dispute, before its amount.
var disputeWords = map[order.DisputeState]string{
	order.DisputeOpen: "disputed", order.DisputeLost: "dispute lost", order.DisputeWon: "dispute won",
	order.Inquiry: "inquiry open", order.InquiryClosed: "inquiry closed",
}

// PaidLater reports whether a delayed payment, such as a bank debit, was paid after the order was
// made.
func (r Row) PaidLater() bool { return r.PaidAt != nil && r.PaidAt.After(r.CreatedAt) }

// CameBack reports whether the shop keeps less than the total.
func (r Row) CameBack() bool { return r.Refunded.Amount > 0 || r.Disputed }

// Reversal is what became of the money afterwards, in words: refunded $10.00, disputed $49.00. It
// is empty for most orders.
func (r Row) Reversal() string {
	var parts []string
	if r.Refunded.Amount > 0 {
		parts = append(parts, "refunded "+r.Refunded.Formatted)
	}
	if r.DisputeState != "" {
		parts = append(parts, strings.TrimSpace(disputeWords[r.DisputeState]+" "+r.DisputedAmount.Formatted))
	}
	return strings.Join(parts, ", ")
}

// Progress is what became of the e-mails, in words: 2 of 5 sent, 1 bounced, 1 cancelled, 1 later.
func (r Row) Progress() string {
	text := fmt.Sprintf("%d of %d sent", r.Sent, r.Planned)
	if r.Bounced > 0 {
		text += fmt.Sprintf(", %d bounced", r.Bounced)
	}
	if r.Unheard > 0 {
		text += fmt.Sprintf(", %d unheard", r.Unheard)
	}
	if r.Cancelled > 0 {
		text += fmt.Sprintf(", %d cancelled", r.Cancelled)
	}
	if r.Later > 0 {
		text += fmt.Sprintf(", %d later", r.Later)
	}
	return text
}

// Of is the whole of an order. The time zone of now is the shop's.
func Of(o *order.Order, now time.Time) Order {
	v := Order{
		Row: RowOf(o, now), TimeZone: now.Location().String(),
		Mode: o.Mode, PaymentLink: o.PaymentLink, PaymentIntent: o.PaymentIntent, Reference: o.ClientReferenceID,
		Locale: o.Locale, Metadata: map[string]string{}, Items: []Item{}, Timeline: Timeline(o), Emails: []Email{}, Events: []Event{}, Audit: []Entry{},
	}
	v.Corrections = correctionsOf(o)
	for _, p := range o.Metadata {
		v.Metadata[p.Key] = p.Value
	}
	for _, i := range o.Items {
		v.Items = append(v.Items, Item{nameOf(i), i.Quantity, i.Product, i.Price, maildata.MoneyOf(i.AmountTotal, i.Currency, o.Locale)})
	}
	for _, key := range slices.Sorted(maps.Keys(maps.Collect(o.Mails()))) {
		v.Emails = append(v.Emails, emailOf(o.Emails[key], now))
	}
	for _, e := range arrivals(o) {
		v.Events = append(v.Events, Event{e.ID, e.Type, e.Created, e.ReceivedAt, e.Deliveries})
	}
	for _, e := range o.Audit {
		v.Audit = append(v.Audit, Entry{e.At, e.Command, e.Key, e.Reason})
	}
	return v
}

func correctionsOf(o *order.Order) []Correction {
	all, from := []Correction{}, o.CustomerEmail
	for _, c := range o.Corrections {
		all = append(all, Correction{c.At, from, c.To.Email})
		from = c.To.Email
	}
	return all
}

// nameOf is what a line item is called.
func nameOf(i order.Item) string { return cmp.Or(i.Description, i.ProductName, i.Product) }

// bought is what an order's items are, in words.
func bought(o *order.Order) string {
	var all []string
	for _, i := range o.Items {
		all = append(all, fmt.Sprintf("%d × %s", i.Quantity, nameOf(i)))
	}
	return strings.Join(all, ", ")
}
