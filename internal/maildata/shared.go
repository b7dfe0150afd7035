package maildata

// Shared maps the kinds of notice without a template of their own to the kind whose template they
// use. That template shows notice.text instead of its own text.
func Shared() map[string]string {
	return map[string]string{ItemsGivenUp: ItemsMissing, OrderOverdue: ItemsMissing}
}

// textOf says what happened, for a kind that shares a template.
func textOf(kind string) string {
	return map[string]string{
		ItemsGivenUp: "This order is paid, and Stripe did not say for three days what was bought. It is given up: the customer has got no e-mail, " +
			"and Stripe is not asked any more. Once the cause is gone, the command below takes up all that was given up.",
		OrderOverdue: "This order has waited for over an hour, and the customer may have got no e-mail yet. Tillbell goes on as soon as the cause is gone.",
	}[kind]
}

// commandOf is what the owner types after tillbell to go on, where a command is needed.
func commandOf(kind string) string {
	return map[string]string{ItemsGivenUp: "retry --failed"}[kind]
}
