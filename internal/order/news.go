package order

import "slices"

// NewsKind is what happened to the money of an order after it was paid.
type NewsKind string

// The kinds of news, which are also the beginnings of the reasons of their plans. Each fact is told
// once, however many events say it.
const (
	NewsRefund        NewsKind = "refund"
	NewsRefundFailed  NewsKind = "refundfailed"
	NewsDispute       NewsKind = "dispute"
	NewsDisputeWon    NewsKind = "won"
	NewsDisputeLost   NewsKind = "lost"
	NewsInquiry       NewsKind = "inquiry"
	NewsInquiryClosed NewsKind = "inquiryclosed"
)

// News is one fact about money that went back, or may.
type News struct {
	Kind NewsKind
	// Subject is the ID of the refund or the dispute; that of the event where it names neither.
	Subject string
	// Event is the ID of the event that says it.
	Event string
}

// Reason is that of the plan for the news.
func (n News) Reason() Reason { return Reason(string(n.Kind) + "_" + n.Subject) }

// NewsOf is the news that a plan is made for, if it is one of news.
func (o *Order) NewsOf(r Reason) (News, bool) {
	for _, n := range o.News() {
		if n.Reason() == r {
			return n, true
		}
	}
	return News{}, false
}

// News are the facts about the order's money that its events say, by the time of their events. Of a
// dispute only its present state is news: one that is closed need not be answered.
func (o *Order) News() []News {
	all := o.charges()
	var news []News
	for _, s := range all {
		if s.Type == ChargeRefunded {
			news = append(news, News{NewsRefund, s.Event.ID, s.Event.ID})
		}
	}
	for _, f := range failedRefunds(all) {
		news = append(news, News{NewsRefundFailed, f.subject(), f.Event.ID})
	}
	for _, d := range disputesIn(all) {
		news = append(news, o.newsOf(d)...)
	}
	at := func(n News) int { return slices.IndexFunc(all, func(s said) bool { return s.Event.ID == n.Event }) }
	slices.SortStableFunc(news, func(a, b News) int { return at(a) - at(b) })
	return news
}

// newsOf is the state of one dispute, by the first event that says it.
func (o *Order) newsOf(d dispute) []News {
	state := d.decisive().state()
	kind := map[DisputeState]NewsKind{
		DisputeOpen: NewsDispute, DisputeWon: NewsDisputeWon, DisputeLost: NewsDisputeLost,
		Inquiry: NewsInquiry, InquiryClosed: NewsInquiryClosed,
	}[state]
	if (state == DisputeOpen || state == Inquiry) && o.toldByEvent(d) {
		return nil
	}
	i := slices.IndexFunc(d, func(s said) bool { return s.state() == state })
	return []News{{kind, d[0].subject(), d[i].Event.ID}}
}

// toldByEvent reports whether an older version told of a dispute, or took an inquiry for one: it
// named the event in the plan.
func (o *Order) toldByEvent(d dispute) bool {
	return slices.ContainsFunc(d, func(s said) bool {
		return s.subject() != s.Event.ID && o.Planned(News{Kind: NewsDispute, Subject: s.Event.ID}.Reason())
	})
}

// charges are the order's events of charges with what they say, the oldest first. One that cannot
// be read is left out: no order takes one.
func (o *Order) charges() []said {
	of := map[string]Event{}
	for id, e := range o.Events {
		if OfCharge(e.Type) {
			of[id] = e
		}
	}
	var all []said
	for _, e := range byTime(of) {
		if c, err := e.Charge(); err == nil {
			all = append(all, said{e, c})
		}
	}
	return all
}
