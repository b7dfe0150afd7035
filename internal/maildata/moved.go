package maildata

import (
	"fmt"
	"strings"

	"handler/function/internal/order"
)

// titleOf is what happened to an order's money, in a few words: it stands in a subject.
func titleOf(kind string) string {
	return map[string]string{
		RefundFailed: "A refund failed", DisputeWon: "A dispute was won", DisputeLost: "A dispute was lost",
		Inquiry: "A bank asks about a payment", InquiryClosed: "A bank's inquiry is closed",
	}[kind]
}

// movedText says what happened to an amount of an order's money; empty for other kinds.
func movedText(kind, amount string, o *order.Order) string {
	switch kind {
	case RefundFailed:
		return fmt.Sprintf("A refund of %s did not reach the customer: the money is in your Stripe balance again. "+
			"Refund the customer in another way, or let the sale stand.", amount) + stoppedText(o)
	case DisputeWon:
		return fmt.Sprintf("The bank decided for you: the disputed %s are yours again.", amount) + stoppedText(o)
	case DisputeLost:
		return fmt.Sprintf("The bank decided for the customer, who keeps the disputed %s.", amount)
	case Inquiry:
		return fmt.Sprintf("The customer's bank asks a question about %s of this payment. It asks for no money, "+
			"and the customer's e-mails stay as planned. Answer it in Stripe's dashboard, so that it does not become a dispute.", amount)
	case InquiryClosed:
		return "The bank's question about this payment is closed. It asked for no money."
	}
	return ""
}

// stoppedText says of a shop that has its money again which e-mails are not sent all the same.
func stoppedText(o *order.Order) string {
	keys := o.Stopped()
	if len(keys) == 0 {
		return ""
	}
	return fmt.Sprintf(" These e-mails stay cancelled: %s. If the customer is to get one after all, "+
		"send it with the command below.", strings.Join(keys, ", "))
}

// resendStopped is the command that sends the first of these e-mails; empty if there is none.
func resendStopped(o *order.Order, why string) string {
	keys := o.Stopped()
	if len(keys) == 0 {
		return ""
	}
	return fmt.Sprintf("resend %s %s --reason %q", o.ID, keys[0], why)
}
