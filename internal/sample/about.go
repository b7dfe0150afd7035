package sample

// about says of each event what it is, and what e-mails follow.
var about = map[string]string{
	"async_payment_failed":          "a bank debit is declined: only the admins get an e-mail",
	"async_payment_succeeded":       "a bank debit is paid: now the e-mails go out",
	"charge_dispute_created":        "the customer's bank asks for the money back: the admins get a notice, and e-mails that were not sent yet are cancelled",
	"charge_refunded":               "all of the money goes back: the admins get a notice, and e-mails that were not sent yet are cancelled",
	"charge_refunded_partly":        "a quarter of the money goes back: the admins get a notice",
	"completed_de":                  "a purchase in German, in live mode",
	"completed_fr":                  "a purchase in French",
	"completed_jpy":                 "a purchase in yen, which have no decimals",
	"completed_no_payment_required": "a purchase that is free of charge",
	"completed_paid":                "one product, paid by card",
	"completed_two_products":        "two products, in euros with the tax in the price",
	"completed_unpaid":              "a bank debit that is not paid yet: no e-mail until async_payment_succeeded",
	"dispute_inquiry":               "the customer's bank asks a question, and no money: the admins get a notice",
	"dispute_lost":                  "the bank decides for the customer: the admins get a notice",
	"dispute_won":                   "the bank decides for the shop: the admins get a notice, and what was cancelled stays so",
	"payment_captured":              "an unpaid purchase is captured by hand: now the e-mails go out",
	"payment_intent_succeeded":      "an event that comes with every sale, and is ignored",
	"refund_failed":                 "the money of a refund does not reach the customer: the admins get a notice, and what was cancelled stays so",
}

// About says in a line what an event is, and what e-mails follow.
func About(name string) string { return about[name] }
