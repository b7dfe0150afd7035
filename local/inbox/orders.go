package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// patience is how long a page waits for the database; a message is shown without its order before
// that.
const patience = 2 * time.Second

// orderView is an order on a page, with what only the inbox has of it.
type orderView struct {
	view.Order
	// Current is the key of the e-mail on whose page it stands.
	Current string
	// Messages are where the e-mails of the order are shown, by their IDs, for those that the inbox
	// has.
	Messages map[string]string
	// Payloads are what Stripe said, by the IDs of the events.
	Payloads map[string]string
}

// viewOrder is a whole order, with its templates called as their folders are.
func (i *Inbox) viewOrder(o *order.Order) view.Order {
	v := view.Of(o, i.now().In(i.shop().Location()))
	names := i.inEffect.read().ids
	for n, e := range v.Emails {
		v.Emails[n].TemplateName = cmp.Or(names[e.Template], e.TemplateName)
	}
	return v
}

// onPage is a whole order for a page; current is the key of the e-mail on whose page it stands, if
// on any.
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
	listing
	search
	// All leads to the orders in any state, and States to those in each; each takes the words of
	// the search along.
	All    option
	States []option
	pager
}

// errNoState: no order can be in the state that is asked for.
var errNoState = errors.New("there is no such state")

func (i *Inbox) ordersPage(w http.ResponseWriter, r *http.Request) {
	found, err := i.list(r)
	switch {
	case errors.Is(err, errNoState):
		i.notice(w, r, http.StatusBadRequest, "There is no such state", "An order is "+strings.Join(stateNames(), ", ")+".")
	case err != nil:
		i.log.Error("the orders could not be read", "err", err)
		i.notice(w, r, http.StatusServiceUnavailable, "The orders cannot be read", trouble(err))
	default:
		i.pages.show(w, r, http.StatusOK, "orders.html", "Orders", viewOrders(r, found))
	}
}

func viewOrders(r *http.Request, found listing) ordersView {
	s := searchOf(r)
	v := ordersView{listing: found, search: s, All: s.in("", "All", found.found())}
	for _, state := range view.States() {
		if n := found.States[state]; n > 0 || state == s.State {
			v.States = append(v.States, s.in(state, string(state), n))
		}
	}
	v.pager = pagerOf("/orders", r, s.query(s.State), found.Matching)
	return v
}

// found is how many orders have the words of the search.
func (l listing) found() int {
	n := 0
	for _, of := range l.States {
		n += of
	}
	return n
}

// in leads to the orders in a state, or in any, that have the words of the search.
func (s search) in(state view.State, name string, n int) option {
	o := option{Label: name, Count: n, Href: "/orders", Current: state == s.State}
	if q := s.query(state).Encode(); q != "" {
		o.Href += "?" + q
	}
	return o
}

// query is the search in an address, with that state in place of its own.
func (s search) query(state view.State) url.Values {
	q := url.Values{}
	if s.Text != "" {
		q.Set("q", s.Text)
	}
	if state != "" {
		q.Set("state", string(state))
	}
	return q
}

func searchOf(r *http.Request) search {
	q := r.URL.Query()
	return search{Text: strings.TrimSpace(q.Get("q")), State: view.State(q.Get("state"))}
}

// list is the page of orders that is asked for.
func (i *Inbox) list(r *http.Request) (listing, error) {
	s := searchOf(r)
	if s.State != "" && !slices.Contains(view.States(), s.State) {
		return listing{}, errNoState
	}
	return i.index.find(r.Context(), s, pageNumber(r)*onePage, onePage, i.now())
}

func stateNames() []string {
	var names []string
	for _, s := range view.States() {
		names = append(names, string(s))
	}
	return names
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
