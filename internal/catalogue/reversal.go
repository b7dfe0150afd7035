package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"handler/function/internal/order"
)

// newsKinds are the notices that are owed for news about an order's money.
var newsKinds = map[order.NewsKind]Notice{
	order.NewsRefund: Refunded, order.NewsRefundFailed: RefundFailed,
	order.NewsDispute: Disputed, order.NewsDisputeWon: DisputeWon, order.NewsDisputeLost: DisputeLost,
	order.NewsInquiry: Inquiry, order.NewsInquiryClosed: InquiryClosed,
}

// planNews freezes the notice of news about an order's money. Without a template in the catalogue
// there is none.
func (c *Catalogue) planNews(o *order.Order, news order.News, now time.Time) {
	var emails []order.Email
	if kind := newsKinds[news.Kind]; c.Notifies(kind) {
		e := c.notice(o, kind, news.Event, now)
		e.Key += "/" + short(news.Subject)
		emails = append(emails, e)
	}
	o.Plan(news.Reason(), emails, now)
}

// short stands for the ID of an event, a refund or a dispute in the key of a delivery, which has
// lower-case letters and digits only.
func short(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}

// Unnotified is the event of news whose plan holds no notice because the catalogue has no template
// for it.
func (c *Catalogue) Unnotified(o *order.Order, reason order.Reason) (event string, unnotified bool) {
	news, ofMoney := o.NewsOf(reason)
	return news.Event, ofMoney && o.Ignored == "" && !c.Notifies(newsKinds[news.Kind])
}
