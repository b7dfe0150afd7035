package simulation

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
)

const admin = "owner@example.com"

// catalogueOf has a series for two products, of which one has an e-mail for later.
func catalogueOf(later time.Duration) []byte {
	const id = "d-0000000000000000000000000000000"
	return []byte(`from: {email: shop@example.com}
admins: [` + admin + `]
series:
  - name: ebook
    match: {products: [prod_ebook]}
    emails:
      - {key: delivery, template: ` + id + `1, to: customer}
      - {key: later, template: ` + id + `2, to: customer, after: ` + later.String() + `}
      - {key: sale, template: ` + id + `3, to: admins}
  - name: course
    match: {products: [prod_course]}
    emails:
      - {key: welcome, template: ` + id + `4, to: customer}
default:
  emails:
    - {key: receipt, template: ` + id + `5, to: customer}
notices: {payment_failed: ` + id + `6, email_failed: ` + id + `7, unknown_product: ` + id + `8, items_missing: ` + id + `9, refunded: ` + id + `a, disputed: ` + id + `b}
`)
}

// owed is what the catalogue says of each product.
var owed = map[string][]string{
	"prod_ebook":  {"ebook/delivery", "ebook/later", "ebook/sale"},
	"prod_course": {"course/welcome"},
	"prod_new":    {"default/receipt", "notice/unknown-product"},
}

// expected are the keys of the deliveries that a session owes in the end.
func (s *session) expected() []string {
	keys, _ := s.notices()
	if !s.paid() {
		if s.declined() {
			keys = append(keys, "notice/payment-failed")
		}
		return keys
	}
	for _, p := range s.products {
		keys = append(keys, owed[p]...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// refuses reports whether SendGrid refuses a delivery for good: some few, always the same.
func (w *world) refuses(delivery string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(delivery + w.sessions[0].kind + w.span.String()))
	return h.Sum32()%50 == 0
}

// judge holds what came of it all against what must hold.
func (w *world) judge() {
	if w.ends {
		w.judgeEnds()
		return
	}
	for _, id := range w.database.waiting() {
		o := w.database.get(id)
		w.broke("%s is stuck: due at %v, fetch %+v, %s", id, o.NextDueAt.Sub(w.start), o.Fetch, states(o))
	}
	for _, s := range w.sessions {
		w.judgeSession(s)
	}
	for delivery := range w.sendgrid.copies {
		id, key, _ := strings.Cut(delivery, "/")
		i := slices.IndexFunc(w.sessions, func(s *session) bool { return s.id == id })
		owes := func(key string) bool { return slices.Contains(w.sessions[i].expected(), key) }
		if i < 0 || (!owes(key) && !owes(w.sessions[i].copyOf(key)) && !strings.HasPrefix(key, "notice/")) {
			w.broke("%s was sent, and nobody owes it", delivery)
		}
	}
}

func (w *world) judgeSession(s *session) {
	o := w.database.get(s.id)
	if o == nil {
		w.broke("%s (%s) has no order", s.id, s.kind)
		return
	}
	if len(o.Events) != len(s.events)+len(s.charges) || o.Settled() != s.paid() {
		w.broke("%s (%s) has %d events and is %s", s.id, s.kind, len(o.Events), o.PaymentStatus)
	}
	if newest := s.newest(); o.CustomerName != "as of "+newest.id {
		w.broke("%s (%s) shows the name %s, and %s is newer", s.id, s.kind, o.CustomerName, newest.id)
	}
	want := s.expected()
	_, possible := s.notices()
	for _, key := range want {
		w.judgeDelivery(s, o, key)
	}
	w.judgeReversal(s, o)
	if s.corrects > 0 {
		w.judgeCorrection(s, o)
	}
	for key, d := range o.Emails {
		switch {
		case slices.Contains(want, key):
		case slices.Contains(possible, key):
			w.judgeDelivery(s, o, key)
		case slices.Contains(want, s.copyOf(key)):
			w.judgeDelivery(s, o, key)
		case strings.HasPrefix(key, "notice/email-failed/") && o.Emails[d.About].State == order.Failed,
			key == "notice/items-missing" && o.Fetch.Attempts > 0,
			key == "notice/order-overdue" && w.wasAwayForLong():
			w.judgeDelivery(s, o, key)
		case key == "notice/payment-failed" && s.declined():
		default:
			w.broke("%s (%s) owes %s", s.id, s.kind, key)
		}
	}
}

// judgeDelivery: sent once; or twice, said so, and there is a reason; or refused, and the admins
// told.
func (w *world) judgeDelivery(s *session, o *order.Order, key string) {
	d, name := o.Emails[key], s.id+"/"+key
	copies := w.sendgrid.copies[name]
	excuses, hopeless := 0, d.Lost >= order.MaxLost
	for _, c := range copies {
		if c.unheard || c.died {
			excuses++
		}
		if key == "ebook/later" && c.at.Before(d.PlannedAt.Add(w.scheduled-10*time.Second)) {
			w.broke("%s was sent %v after the plan, before its time", name, c.at.Sub(d.PlannedAt))
		}
		if to := recipient(s, o, key); c.to != to {
			w.broke("%s went to %s, not to %s", name, c.to, to)
		}
	}
	switch {
	case (s.replaced(d) || stopped(d)) && len(copies) > excuses:
		w.broke("%s is cancelled, and %d of its copies have no reason", name, len(copies)-excuses)
	case s.replaced(d), stopped(d):
	case d.State == order.Failed && (w.refuses(name) || hopeless):
		if told := o.Emails["notice/email-failed/"+key]; !strings.HasPrefix(key, "notice/") && told.State == "" {
			w.broke("%s failed and nobody was told", name)
		}
	case d.State != order.Sent:
		w.broke("%s is %q after %d attempts: %s", name, d.State, d.Attempts, d.LastError)
	case len(copies) == 0:
		w.broke("%s is sent, and was never accepted", name)
	}
	if len(copies) > 1+excuses {
		w.broke("%s was sent %d times, of which %d have a reason", name, len(copies), excuses)
	}
	if len(copies) > 1 && !d.Unsure {
		w.broke("%s was sent %d times and does not say so", name, len(copies))
	}
}

// recipient is the only address that a delivery may go to: of one for a customer whose address was
// corrected, the one that it has, which is one of the two.
func recipient(s *session, o *order.Order, key string) string {
	switch {
	case strings.HasPrefix(key, "notice/") || strings.HasSuffix(key, "/sale"):
		return admin
	case s.corrects > 0 && o.Emails[key].To[0].Email == s.right():
		return s.right()
	}
	return s.customer()
}

// wasAwayForLong reports whether something was away for long enough to make an order overdue.
func (w *world) wasAwayForLong() bool {
	return slices.ContainsFunc(w.outages, func(o outage) bool { return o.to-o.from > time.Hour })
}

func states(o *order.Order) string {
	var all []string
	for key, d := range o.Emails {
		all = append(all, fmt.Sprintf("%s %s after %d", key, d.State, d.Attempts))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
