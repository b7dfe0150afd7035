package maildata

import (
	"cmp"

	"handler/function/internal/order"
)

// Shared maps the kinds of notice without a template of their own to the kind whose template they
// use. That template shows notice.text instead of its own text.
func Shared() map[string]string {
	return map[string]string{
		ItemsGivenUp: ItemsMissing, OrderOverdue: ItemsMissing, StillUnpaid: ItemsMissing, Unheard: ItemsMissing,
		RefundFailed: Refunded,
		DisputeWon:   Disputed, DisputeLost: Disputed, Inquiry: Disputed, InquiryClosed: Disputed,
		Condition: DatabaseFull,
	}
}

// textOf says what happened, for a kind that shares a template. The amount is that of the notice.
func textOf(kind, amount string, o *order.Order) string {
	return cmp.Or(movedText(kind, amount, o), map[string]string{
		ItemsGivenUp: "This order is paid, and Stripe did not say for three days what was bought. It is given up: the customer has got no e-mail, " +
			"and Stripe is not asked any more. Once the cause is gone, the command below takes up all that was given up.",
		OrderOverdue: "This order has waited for over an hour, and the customer may have got no e-mail yet. Tillbell goes on as soon as the cause is gone.",
		StillUnpaid: "This order was completed three weeks ago, and its payment has neither come nor failed, which is longer than a bank debit takes. " +
			"Its customer has got no e-mail. See the payment in Stripe's dashboard.",
		Unheard: "SendGrid accepted an e-mail of this order hours ago and has reported nothing of it since, but has reported on others: it has probably " +
			"dropped it, and its recipient has got nothing. The command below sends it again.",
	}[kind])
}

// commandOf is what the owner types after tillbell to go on, where a command is needed. A notice of an
// unheard e-mail is about its key.
func commandOf(kind string, o *order.Order, about string) string {
	switch kind {
	case ItemsGivenUp:
		return "retry --failed"
	case Unheard:
		return "resend " + o.ID + " " + about + " --reason unheard"
	case RefundFailed:
		return resendStopped(o, "the refund failed")
	case DisputeWon:
		return resendStopped(o, "the dispute was won")
	}
	return ""
}
