package condition

import (
	"maps"
	"slices"
)

// Kind is a kind of condition. Its name becomes part of a delivery's key.
type Kind string

// The kinds. docs/operations.md lists each with its remedy.
const (
	SendGridKeyMissing Kind = "sendgrid-key-missing"
	SendGridKeyRefused Kind = "sendgrid-key-refused"
	SendGridCredits    Kind = "sendgrid-credits"
	SendGridSuspended  Kind = "sendgrid-suspended"
	SendGridSender     Kind = "sendgrid-sender"
	SendGridForbidden  Kind = "sendgrid-forbidden"
	SendGridSilent     Kind = "sendgrid-silent"

	StripeKeyMissing       Kind = "stripe-key-missing"
	StripeKeyRefused       Kind = "stripe-key-refused"
	StripeItemsPermission  Kind = "stripe-items-permission"
	StripeEventsPermission Kind = "stripe-events-permission"

	UnreadableEvent Kind = "unreadable-event"
	ThinEvents      Kind = "thin-events"

	DatabaseURI        Kind = "database-uri"
	DatabaseAuth       Kind = "database-auth"
	DatabaseNoUser     Kind = "database-no-user"
	DatabasePermission Kind = "database-permission"
	DatabaseAway       Kind = "database-away"
	DatabaseFull       Kind = "database-full"
	DatabaseFilling    Kind = "database-filling"
)

// text is what an admin reads of a kind.
type text struct {
	// title is a few words, and body what it means for the shop.
	title, body string
	// remedy is what the owner does, and where.
	remedy string
}

const waiting = "E-mails wait, and none is lost. "

var texts = map[Kind]text{
	SendGridKeyMissing: {
		"The SendGrid key is missing or malformed",
		waiting + "They are sent within a minute after the key is there.",
		"run make secrets ONLY=sendgrid-api-key, with a key that starts with SG. from SendGrid's Settings › API Keys",
	},
	SendGridKeyRefused: {
		"SendGrid refuses the key",
		waiting + "The key was revoked, or is not a key of this account. They are sent within a minute after a valid key is there.",
		"create a key with Mail Send in SendGrid's Settings › API Keys, then run make secrets ONLY=sendgrid-api-key",
	},
	SendGridCredits: {
		"SendGrid's trial, credits or plan ended",
		waiting + "SendGrid accepts no e-mail from this account. They are sent within a minute after it does again.",
		"check the plan and the payment method in SendGrid's Settings › Account Details › Your Products",
	},
	SendGridSuspended: {
		"SendGrid suspended the account",
		waiting + "What SendGrid accepted before the suspension may not arrive.",
		"reply to the e-mail in which SendGrid names the reason, or contact SendGrid's support",
	},
	SendGridSender: {
		"SendGrid has not verified the sender",
		waiting + "SendGrid accepts no e-mail from the catalogue's sender.",
		"verify the address of from in send-email/catalogue.yml, or its domain, in SendGrid's Settings › Sender Authentication",
	},
	SendGridForbidden: {
		"The SendGrid key lacks a permission",
		waiting + "SendGrid answers 403 to each.",
		"give the key Mail Send in SendGrid's Settings › API Keys; if it has that, contact SendGrid's support",
	},
	SendGridSilent: {
		"SendGrid reports on no e-mail",
		"It accepted e-mails over six hours ago, and has reported nothing of these, nor of later ones. They may never arrive: tillbell orders --state unheard lists the orders.",
		"check at SendGrid whether the account is suspended, and in its Settings › Mail Settings whether the Event Webhook is on and reports Processed",
	},
	StripeKeyMissing: {
		"The Stripe key is missing or malformed",
		"Orders are stored. Nothing shows what was bought, so their e-mails wait.",
		"run make secrets ONLY=stripe-api-key, with a restricted key (rk_…) from https://dashboard.stripe.com/apikeys",
	},
	StripeKeyRefused: {
		"Stripe refuses the key",
		"Orders are stored. Nothing shows what was bought, so their e-mails wait. The key was revoked or expired, or belongs to another account.",
		"create a restricted key at https://dashboard.stripe.com/apikeys, then run make secrets ONLY=stripe-api-key",
	},
	StripeItemsPermission: {
		"The Stripe key may not read what was bought",
		"Orders are stored. Nothing shows what was bought, so their e-mails wait.",
		"give the restricted key Read for Checkout Sessions and Products at https://dashboard.stripe.com/apikeys",
	},
	StripeEventsPermission: {
		"The Stripe key may not read events",
		"Orders that Stripe's webhook brings are stored. Those that it misses are not found.",
		"give the restricted key Read for Events, Charges, Disputes and Checkout Sessions at https://dashboard.stripe.com/apikeys",
	},
	UnreadableEvent: {
		"An event of Stripe's cannot be read",
		"It may be a sale, and nothing came of it.",
		"open the event in Stripe's dashboard; if it is a sale, write to its customer, and report it with its ID",
	},
	ThinEvents: {
		"Stripe sends thin events",
		"A thin event names an object without its content, so it cannot be stored. Its sale is found at the next look at Stripe, within a day.",
		"in Stripe's dashboard, under Developers › Webhooks, set this destination to snapshot payloads; then run tillbell reconcile",
	},
	DatabaseURI: {
		"The database's connection string is missing or malformed",
		"No order can be stored. Stripe retries for three days.",
		"copy it from Atlas, Connect › Drivers, then run make secrets ONLY=mongodb-uri",
	},
	DatabaseAuth: {
		"The database refuses the user or the password",
		"No order can be stored. Stripe retries for three days.",
		"check the user and the password in Atlas's Database Access, then run make secrets ONLY=mongodb-uri",
	},
	DatabaseNoUser: {
		"The database requires a user and a password",
		"No order can be stored. Stripe retries for three days.",
		"put them into the connection string, then run make secrets ONLY=mongodb-uri",
	},
	DatabasePermission: {
		"The database user lacks a permission",
		"No order can be stored. Stripe retries for three days.",
		"give the user readWrite on the database of mongodb_database in Atlas's Database Access",
	},
	DatabaseAway: {
		"The database does not answer",
		"No order can be stored. Stripe retries for three days.",
		"check in Atlas that the cluster runs and is not paused, and that Network Access lists the server's address",
	},
	DatabaseFull: {
		"The database is full",
		"No order can be stored. Stripe retries for three days.",
		"take a larger tier in Atlas, or delete old orders as docs/operations.md describes",
	},
	DatabaseFilling: {
		"The database fills up",
		"When it is full, no order can be stored.",
		"take a larger tier in Atlas, or delete old orders as docs/operations.md describes; set mongodb_quota_mb if the tier is larger",
	},
}

// Kinds are all kinds, in the sequence of their names.
func Kinds() []Kind { return slices.Sorted(maps.Keys(texts)) }

// Once reports whether the kind is of single events that went wrong: each is reported once, and
// none lasts.
func (k Kind) Once() bool { return k == UnreadableEvent }

// Warning reports whether the shop works all the same.
func (k Kind) Warning() bool { return k == DatabaseFilling || k == SendGridSilent }

// Observable reports whether the kind is observed anew as long as it lasts. Of one that is not, only
// its end is.
func (k Kind) Observable() bool { return k != SendGridSilent }

// ByEmail reports whether an e-mail can report the kind: what keeps SendGrid from sending, it cannot,
// and a database that fills up has a notice of its own.
func (k Kind) ByEmail() bool { return !slices.Contains(OfSendGrid(), k) && k != DatabaseFilling }

// Title says in a few words what is wrong.
func (k Kind) Title() string { return texts[k].title }

// Text says what the condition means for the shop.
func (k Kind) Text() string { return texts[k].body }

// Remedy says what the owner does, and where.
func (k Kind) Remedy() string { return texts[k].remedy }

// OfSendGrid are the kinds that an answer of SendGrid's begins or ends.
func OfSendGrid() []Kind {
	return []Kind{SendGridKeyMissing, SendGridKeyRefused, SendGridCredits, SendGridSuspended, SendGridSender, SendGridForbidden}
}

// OfDatabase are the kinds in which nothing can be stored.
func OfDatabase() []Kind {
	return []Kind{DatabaseURI, DatabaseAuth, DatabaseNoUser, DatabasePermission, DatabaseAway, DatabaseFull}
}
