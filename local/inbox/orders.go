package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// patience is how long a page waits for the database; a message is shown without its order before that.
const patience = 2 * time.Second

// orderView is an order on a page, with what only the inbox has of it.
type orderView struct {
	view.Order
	// Current is the key of the e-mail on whose page it stands.
	Current string
	// Messages are where the e-mails of the order are shown, by their IDs, for those that the inbox has.
	Messages map[string]string
	// Payloads are what Stripe said, by the IDs of the events.
	Payloads map[string]string
}

// viewOrder is a whole order, with its templates called as their folders are.
func (i *Inbox) viewOrder(o *order.Order) view.Order {
	v := view.Of(o, i.now())
	names := i.folder.read().ids
	for n, e := range v.Emails {
		v.Emails[n].TemplateName = cmp.Or(names[e.Template], e.TemplateName)
	}
	return v
}

// onPage is a whole order for a page; current is the key of the e-mail on whose page it stands, if on any.
func (i *Inbox) onPage(o *order.Order, current string) orderView {
	v := orderView{Order: i.viewOrder(o), Current: current, Messages: map[string]string{}, Payloads: map[string]string{}}
	for _, e := range v.Emails {
		if _, err := i.mails.Message(e.MessageID); err == nil {
			v.Messages[e.MessageID] = "/messages/" + url.PathEscape(e.MessageID)
		}
	}
	for id, e := range o.Events {
		v.Payloads[id] = indent([]byte(e.Payload))
	}
	return v
}

type ordersView struct {
	Rows []view.Row
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
func (i *Inbox) list(r *http.Request) ([]view.Row, bool, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	orders, err := i.orders.Recent(ctx, pageNumber(r)*onePage, onePage+1)
	if err != nil {
		return nil, false, err
	}
	rows := []view.Row{}
	for _, o := range orders[:min(onePage, len(orders))] {
		rows = append(rows, view.RowOf(o, i.now()))
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
		v := i.onPage(o, "")
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
