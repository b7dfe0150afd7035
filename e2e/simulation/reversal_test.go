package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
)

// reversal is what becomes of a session's money: what Stripe says of it, one thing after the other,
// and what is so in the end.
type reversal struct {
	says     []string
	refunded int64
	dispute  order.DisputeState
	// told are the notices of the dispute, and passing those that may be told before the next thing
	// is known.
	told, passing []string
}

// The ways in which money goes back.
var reversals = map[string]reversal{
	"for good":                       {},
	"refunded":                       {says: []string{"whole"}, refunded: 4900},
	"refunded in part":               {says: []string{"part"}, refunded: 1000},
	"refunded in part, in full":      {says: []string{"part", "whole"}, refunded: 4900},
	"disputed":                       {says: []string{"dispute"}, dispute: order.DisputeOpen, told: []string{"disputed"}},
	"refunded and disputed":          {says: []string{"whole", "dispute"}, refunded: 4900, dispute: order.DisputeOpen, told: []string{"disputed"}},
	"refunded in vain":               {says: []string{"whole", "failed", "failed too"}},
	"refunded in vain, and again":    {says: []string{"whole", "failed", "whole"}, refunded: 4900},
	"refunded a part in vain":        {says: []string{"part", "part failed", "whole"}, refunded: 4900},
	"asked":                          {says: []string{"inquiry"}, dispute: order.Inquiry, told: []string{"inquiry"}},
	"asked, and answered":            {says: []string{"inquiry", "answered"}, dispute: order.InquiryClosed, told: []string{"inquiry-closed"}, passing: []string{"inquiry"}},
	"asked, and disputed":            {says: []string{"inquiry", "escalated", "withdrawn"}, dispute: order.DisputeOpen, told: []string{"disputed"}, passing: []string{"inquiry"}},
	"disputed and won":               {says: []string{"dispute", "withdrawn", "won", "reinstated"}, dispute: order.DisputeWon, told: []string{"dispute-won"}, passing: []string{"disputed"}},
	"disputed and lost":              {says: []string{"dispute", "lost"}, dispute: order.DisputeLost, told: []string{"dispute-lost"}, passing: []string{"disputed"}},
	"disputed and lost, then won":    {says: []string{"dispute", "lost", "reinstated"}, dispute: order.DisputeWon, told: []string{"dispute-won"}, passing: []string{"disputed", "dispute-lost"}},
	"asked, refunded, and won later": {says: []string{"inquiry", "part", "escalated", "won"}, refunded: 1000, dispute: order.DisputeWon, told: []string{"dispute-won"}, passing: []string{"inquiry", "disputed"}},
}

// reversalNames are the keys of reversals. Every third sale is for good.
var reversalNames = append(slices.Sorted(maps.Keys(reversals)), slices.Repeat([]string{"for good"}, 7)...)

// sayings are an event's type and the fields of its object, with ID for the session's.
var sayings = map[string][2]string{
	"part":        {order.ChargeRefunded, `"object":"charge","amount":4900,"amount_refunded":1000,"refunded":false`},
	"whole":       {order.ChargeRefunded, `"object":"charge","amount":4900,"amount_refunded":4900,"refunded":true`},
	"failed":      {order.ChargeRefundUpdated, `"object":"refund","id":"re_ID","amount":4900,"status":"failed"`},
	"failed too":  {order.ChargeRefundUpdated, `"object":"refund","id":"re_ID","amount":4900,"status":"failed"`},
	"part failed": {order.RefundUpdated, `"object":"refund","id":"re_ID","amount":1000,"status":"canceled"`},
	"dispute":     {order.DisputeCreated, `"object":"dispute","id":"dp_ID","amount":4900,"status":"needs_response"`},
	"inquiry":     {order.DisputeCreated, `"object":"dispute","id":"dp_ID","amount":4900,"status":"warning_needs_response"`},
	"answered":    {order.DisputeClosed, `"object":"dispute","id":"dp_ID","amount":4900,"status":"warning_closed"`},
	"escalated":   {order.DisputeUpdated, `"object":"dispute","id":"dp_ID","amount":4900,"status":"needs_response"`},
	"withdrawn":   {order.DisputeWithdrawn, `"object":"dispute","id":"dp_ID","amount":4900,"status":"needs_response"`},
	"won":         {order.DisputeClosed, `"object":"dispute","id":"dp_ID","amount":4900,"status":"won"`},
	"reinstated":  {order.DisputeReinstated, `"object":"dispute","id":"dp_ID","amount":4900,"status":"won"`},
	"lost":        {order.DisputeClosed, `"object":"dispute","id":"dp_ID","amount":4900,"status":"lost"`},
}

// reverse decides what becomes of the session's money, at any time of the run.
func (s *session) reverse(i int) {
	s.reversal = reversalNames[s.w.below(len(reversalNames))]
	at := s.begins + s.w.between(time.Second, s.w.span/2)
	for j, what := range reversals[s.reversal].says {
		s.charges = append(s.charges, s.charge(fmt.Sprintf("evt_%d_back_%d", i, j), what, at))
		at += s.w.between(time.Second, s.w.span/8)
	}
}

func (s *session) charge(id, what string, created time.Duration) event {
	said := sayings[what]
	body := fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"livemode":true,"data":{"object":{"currency":"usd","payment_intent":{"id":"%s"},%s}}}`,
		id, said[0], s.w.start.Add(created).Unix(), s.intent(), strings.ReplaceAll(said[1], "ID", s.id))
	return event{id, said[0], what, created, []byte(body)}
}

// awaitOrder lets an event without a session come after the first of its session: one that overtakes
// it is acknowledged and ignored, and comes again when the owner reconciles. An order that does not
// come for days never will.
func (s *session) awaitOrder() {
	for tries := 0; s.w.database.get(s.id) == nil && tries < 10_000; tries++ {
		time.Sleep(s.w.between(time.Second, time.Minute))
	}
}

// notices are the keys of what the admins are told of the money, and of what they may be told before
// more is known.
func (s *session) notices() (keys, possible []string) {
	key := func(kind, about string) string {
		sum := sha256.Sum256([]byte(about))
		return "notice/" + kind + "/" + hex.EncodeToString(sum[:6])
	}
	for _, e := range s.charges {
		switch e.status {
		case "part", "whole":
			keys = append(keys, key("refunded", e.id))
		case "failed", "part failed": // and not what says it again
			keys = append(keys, key("refund-failed", "re_"+s.id))
		}
	}
	for _, kind := range reversals[s.reversal].told {
		keys = append(keys, key(kind, "dp_"+s.id))
	}
	for _, kind := range reversals[s.reversal].passing {
		possible = append(possible, key(kind, "dp_"+s.id))
	}
	return keys, possible
}

// span is a time in which an order was known to be refunded wholly or disputed; until is zero where
// it is still.
type span struct {
	turn
	until time.Time
}

// noteReversal keeps from and until when an order was known to be refunded wholly, or disputed.
func (d *database) noteReversal(old, next *order.Order) {
	if !order.IsSale(next.ID) {
		return
	}
	was, is, spans := d.holdsReversal(old), d.holdsReversal(next), d.reversed[next.ID]
	switch {
	case !was && is:
		back := span{turn: turnOf(next)}
		if d.reversed[next.ID] = append(spans, back); len(back.inFlight) > 0 {
			d.w.faults["money went back in flight"]++ // the world is locked
		}
	case was && !is:
		d.w.faults["money is there again"]++
		spans[len(spans)-1].until = time.Now()
	}
}

// holdsReversal reports whether the events that an order holds end its sale, whatever the order says
// of itself: the newest word on its refund does, and any on a dispute that is no inquiry.
func (d *database) holdsReversal(o *order.Order) bool {
	i := slices.IndexFunc(d.w.sessions, func(s *session) bool { return s.id == o.ID })
	if i < 0 {
		return false // it is no sale
	}
	wholly := false
	for _, e := range d.w.sessions[i].charges { // the oldest first
		switch {
		case o.Events[e.id].Type == "":
		case slices.Contains([]string{"dispute", "escalated", "withdrawn", "won", "reinstated", "lost"}, e.status):
			return true
		case e.status == "whole":
			wholly = true
		case e.status == "failed", e.status == "failed too":
			wholly = false
		}
	}
	return wholly
}

// stopped reports whether a delivery was cancelled because the money went back.
func stopped(d order.Delivery) bool {
	return d.State == order.Cancelled && slices.Contains([]string{"refunded", "disputed"}, d.LastError)
}

// judgeReversal: the order says what became of its money, what is cancelled is cancelled because the
// money went back, and no attempt at what is not for the admins begins while it is.
func (w *world) judgeReversal(s *session, o *order.Order) {
	want := reversals[s.reversal]
	if o.Refunded != want.refunded || o.RefundedWholly != (want.refunded == 4900) || o.DisputeState() != want.dispute {
		w.broke("%s (%s) says of its money %+v", s.id, s.reversal, o.Reversal)
	}
	if back := want.dispute == order.DisputeOpen || want.dispute == order.DisputeLost; back != (o.Withdrawn == 4900) || o.Withdrawn%4900 != 0 {
		w.broke("%s (%s) says that %d was withdrawn", s.id, s.reversal, o.Withdrawn)
	}
	spans := w.database.reversed[s.id]
	for key, d := range o.Emails {
		switch name := s.id + "/" + key; {
		case d.State == order.Cancelled && !s.replaced(d) && (len(spans) == 0 || !stopped(d) || d.Audience == order.Admins):
			w.broke("%s is cancelled: %q", name, d.LastError)
		case stopped(d):
			w.fault("e-mail cancelled since the money went back")
		}
		for _, c := range w.sendgrid.copies[s.id+"/"+key] {
			for _, back := range spans {
				if d.Audience != order.Admins && c.at.After(back.at) && (back.until.IsZero() || c.at.Before(back.until)) && c.attempt != back.inFlight[key] {
					w.broke("attempt %d of %s/%s began after the money went back", c.attempt, s.id, key)
				}
			}
		}
	}
}
