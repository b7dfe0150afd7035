package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// patience is how long a page waits for the database; a message is shown without its order before that.
const patience = 2 * time.Second

// The states of an order, as a person asks for them.
const (
	stateFailed  = "failed"
	stateWaiting = "waiting"
	stateIgnored = "ignored"
	stateUnpaid  = "unpaid"
	stateDone    = "done"
)

// stateOf is the one word for an order: what needs a person comes before all else.
func stateOf(o *order.Order) string {
	waits := false
	for _, d := range o.Emails {
		if d.State == order.Failed {
			return stateFailed
		}
		waits = waits || !d.Final()
	}
	_, unplanned := o.Unplanned()
	switch {
	case !o.Fetch.FailedAt.IsZero():
		return stateFailed
	case waits || unplanned:
		return stateWaiting
	case o.Ignored != "":
		return stateIgnored
	case !o.Settled():
		return stateUnpaid
	}
	return stateDone
}

// orderView is an order in a page, and in the API.
type orderView struct {
	ID            string              `json:"id"`
	State         string              `json:"state"`
	PaymentStatus order.PaymentStatus `json:"payment_status"`
	PaymentFailed bool                `json:"payment_failed"`
	Ignored       string              `json:"ignored,omitempty"`
	Livemode      bool                `json:"livemode"`
	Customer      customerView        `json:"customer"`
	Total         maildata.Money      `json:"total"`
	Sent          int                 `json:"sent"`
	Planned       int                 `json:"planned"`
	CreatedAt     time.Time           `json:"created_at"`
	UpdatedAt     time.Time           `json:"updated_at"`
	NextDueAt     *time.Time          `json:"next_due_at"`

	*detailsView
}

type customerView struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// detailsView is what a list of orders leaves out.
type detailsView struct {
	Mode        string         `json:"mode,omitempty"`
	PaymentLink string         `json:"payment_link,omitempty"`
	Reference   string         `json:"client_reference_id,omitempty"`
	Locale      string         `json:"locale,omitempty"`
	Metadata    []field        `json:"-"`
	Items       []itemView     `json:"items"`
	Timeline    []step         `json:"timeline"`
	Emails      []deliveryView `json:"emails"`
	Events      []eventView    `json:"events"`
	// Current is the key of the e-mail on whose page it stands.
	Current string `json:"-"`
}

type itemView struct {
	Description string         `json:"description"`
	Quantity    int64          `json:"quantity"`
	Product     string         `json:"product"`
	Price       string         `json:"price"`
	Total       maildata.Money `json:"total"`
}

type deliveryView struct {
	Key      string      `json:"key"`
	State    order.State `json:"state"`
	Template string      `json:"template"`
	// Name is of the template's folder, where one has the ID.
	Name         string          `json:"template_name,omitempty"`
	To           []recipientView `json:"to"`
	Attempts     int             `json:"attempts"`
	Lost         int             `json:"lost"`
	Unsure       bool            `json:"unsure"`
	MessageID    string          `json:"message_id,omitempty"`
	LastStatus   int             `json:"last_status,omitempty"`
	LastError    string          `json:"last_error,omitempty"`
	NotBefore    time.Time       `json:"not_before"`
	DueAt        *time.Time      `json:"due_at"`
	PlannedAt    time.Time       `json:"planned_at"`
	FirstTriedAt *time.Time      `json:"first_tried_at"`
	LastTriedAt  *time.Time      `json:"last_tried_at"`
	SentAt       *time.Time      `json:"sent_at"`
	FailedAt     *time.Time      `json:"failed_at"`
	Proven       bool            `json:"proven"`
	Copies       int             `json:"copies"`
	Arrivals     []arrivalView   `json:"arrivals"`
	// Href leads to the message, where the inbox has it.
	Href string `json:"-"`
}

type recipientView struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

type eventView struct {
	ID         string    `json:"id"`
	Type       string    `json:"type"`
	Created    time.Time `json:"created"`
	ReceivedAt time.Time `json:"received_at"`
	Deliveries int       `json:"deliveries"`
	Payload    string    `json:"-"`
}

// summarize is an order without its details.
func summarize(o *order.Order) orderView {
	v := orderView{
		ID: o.ID, State: stateOf(o), PaymentStatus: o.PaymentStatus, PaymentFailed: o.PaymentFailed, Ignored: o.Ignored,
		Livemode: o.Livemode, Customer: customerView{o.CustomerName, o.CustomerEmail},
		Total:   maildata.MoneyOf(o.AmountTotal, o.Currency, o.Locale),
		Planned: len(o.Emails), CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt, NextDueAt: o.NextDueAt,
	}
	for _, d := range o.Emails {
		if d.State == order.Sent {
			v.Sent++
		}
	}
	return v
}

// viewOrder is a whole order; current is the key of the e-mail on whose page it stands, if on any.
func (i *Inbox) viewOrder(o *order.Order, current string) orderView {
	v := summarize(o)
	v.detailsView = &detailsView{
		Mode: o.Mode, PaymentLink: o.PaymentLink, Reference: o.ClientReferenceID, Locale: o.Locale,
		Items: []itemView{}, Timeline: timeline(o), Emails: []deliveryView{}, Events: []eventView{}, Current: current,
	}
	for _, p := range o.Metadata {
		v.Metadata = append(v.Metadata, field{p.Key, p.Value})
	}
	for _, item := range o.Items {
		v.Items = append(v.Items, itemView{
			cmp.Or(item.Description, item.ProductName, item.Product), item.Quantity, item.Product, item.Price,
			maildata.MoneyOf(item.AmountTotal, item.Currency, o.Locale),
		})
	}
	names := i.folder.read().ids
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		v.Emails = append(v.Emails, i.viewDelivery(o.Emails[key], names))
	}
	for _, e := range arrivals(o) {
		v.Events = append(v.Events, eventView{e.ID, e.Type, e.Created, e.ReceivedAt, e.Deliveries, indent([]byte(e.Payload))})
	}
	return v
}

func (i *Inbox) viewDelivery(d order.Delivery, names map[string]string) deliveryView {
	v := deliveryView{
		Key: d.Key, State: d.State, Template: d.Template, Name: names[d.Template], To: []recipientView{}, Attempts: d.Attempts,
		Lost: d.Lost, Unsure: d.Unsure, MessageID: d.MessageID, LastStatus: d.LastStatus, LastError: d.LastError,
		NotBefore: d.NotBefore, PlannedAt: d.PlannedAt, FirstTriedAt: orNil(d.FirstTriedAt),
		LastTriedAt: orNil(d.LastTriedAt), SentAt: orNil(d.SentAt), FailedAt: orNil(d.FailedAt),
		Proven: d.Proven, Copies: d.Copies(), Arrivals: viewArrivals(d),
	}
	if !d.Final() {
		v.DueAt = orNil(d.DueAt)
	}
	for _, a := range d.To {
		v.To = append(v.To, recipientView(a))
	}
	if _, err := i.mails.Message(d.MessageID); err == nil {
		v.Href = "/messages/" + url.PathEscape(d.MessageID)
	}
	return v
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Messages are where the e-mails of the order are shown, by their IDs.
func (v orderView) Messages() map[string]string {
	all := map[string]string{}
	for _, e := range v.Emails {
		if e.Href != "" {
			all[e.MessageID] = e.Href
		}
	}
	return all
}

// Steps are those for people: that an attempt began is told only where it was not the only one.
func (v orderView) Steps() []step {
	tries := map[string]int{}
	for _, e := range v.Emails {
		if e.Attempts == 1 && e.State == order.Sent {
			tries[e.Key] = 1
		}
	}
	return slices.DeleteFunc(slices.Clone(v.Timeline), func(s step) bool { return s.Kind == kindAttempt && tries[s.Delivery] == 1 })
}

type ordersView struct {
	Rows []orderView
	pager
}

func (i *Inbox) ordersPage(w http.ResponseWriter, r *http.Request) {
	rows, more, err := i.list(r)
	if err != nil {
		i.log.Error("the orders could not be read", "err", err)
		i.notice(w, r, http.StatusServiceUnavailable, "The orders cannot be read", trouble(err))
		return
	}
	i.pages.show(w, r, http.StatusOK, "orders.html", "Orders", ordersView{rows, pagerOf("/orders", r, more)})
}

// list is the page of orders that is asked for, and whether there are more.
func (i *Inbox) list(r *http.Request) ([]orderView, bool, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	orders, err := i.orders.Recent(ctx, pageNumber(r)*onePage, onePage+1)
	if err != nil {
		return nil, false, err
	}
	rows := []orderView{}
	for _, o := range orders[:min(onePage, len(orders))] {
		rows = append(rows, summarize(o))
	}
	return rows, len(orders) > onePage, nil
}

func (i *Inbox) orderPage(w http.ResponseWriter, r *http.Request) {
	o, err := i.load(r.Context(), r.PathValue("session"))
	switch {
	case errors.Is(err, order.ErrNotFound):
		i.notice(w, r, http.StatusNotFound, "There is no such order", "The database has none of that Checkout Session.")
	case err != nil:
		i.log.Error("an order could not be read", "err", err)
		i.notice(w, r, http.StatusServiceUnavailable, "The order cannot be read", trouble(err))
	default:
		v := i.viewOrder(o, "")
		i.pages.show(w, r, http.StatusOK, "order.html", fmt.Sprintf("%s, %s", cmp.Or(v.Customer.Name, v.Customer.Email, "Order"), v.Total.Formatted), v)
	}
}

func (i *Inbox) load(ctx context.Context, session string) (*order.Order, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return i.orders.Load(ctx, session)
}

// trouble is why an order is not shown, for a person.
func trouble(err error) string {
	switch {
	case errors.Is(err, order.ErrNotFound):
		return "The database has no such order."
	case errors.Is(err, errNoOrders):
		return "There is no database to read them from."
	}
	return "The database does not answer."
}
