package view

import (
	"time"

	"handler/function/internal/maildata"
)

// Summary is how a shop does.
type Summary struct {
	At time.Time `json:"at"`
	// TimeZone is the IANA name of the time zone of its days.
	TimeZone string `json:"time_zone"`
	// Live and Test are what the orders of either mode come to: today, in 7 days and in 30, today
	// included.
	Live []Period `json:"live"`
	Test []Period `json:"test"`
	// CountedSince is there where one call could not count them all: what was ordered before is
	// missing.
	CountedSince *time.Time `json:"counted_since,omitempty"`
	Now          Now        `json:"now"`
	// Conditions are what the owner must correct. A report has none: each is reported by itself.
	Conditions []Condition `json:"conditions,omitempty"`
}

// Period is what some days come to. An order counts on the day on which it was made, and its payment
// on the day on which it was paid. Those that are not this shop's are only counted.
type Period struct {
	Days    int       `json:"days"`
	Since   time.Time `json:"since"`
	Orders  int       `json:"orders"`
	Ignored int       `json:"ignored"`
	// Paid is how many orders were paid, or cost nothing; Total and Products are theirs.
	Paid  int              `json:"paid"`
	Total []maildata.Money `json:"total"`
	// CameBack: some of it did. Refunded and Disputed are how much, and Net is what the shop keeps.
	CameBack bool             `json:"came_back"`
	Refunded []maildata.Money `json:"refunded"`
	Disputed []maildata.Money `json:"disputed"`
	Net      []maildata.Money `json:"net"`
	Products []Product        `json:"products"`
	// Emails are those of all these orders.
	Emails Emails `json:"emails"`
}

// Product is how much was sold of one.
type Product struct {
	// Product is Stripe's ID; empty for all those together that are too many to be told apart.
	Product  string           `json:"product"`
	Name     string           `json:"name"`
	Quantity int64            `json:"quantity"`
	Amounts  []maildata.Money `json:"amounts"`
}

// Emails are numbers of e-mails, of the orders that are counted.
type Emails struct {
	Sent int `json:"sent"`
	// Bounced were sent, and did not arrive.
	Bounced int `json:"bounced"`
	// Unheard were accepted by SendGrid, which has reported nothing of them for hours.
	Unheard int `json:"unheard"`
	// Waiting are due, or are being tried again; Later are scheduled for a time that has not come.
	Waiting int `json:"waiting"`
	Later   int `json:"later"`
	Failed  int `json:"failed"`
	// Unsure are those of them of which a second copy is possible.
	Unsure int `json:"unsure"`
}

// Now is what there is to do, and what a person should look at.
type Now struct {
	// Due is how many orders have something to do, and Stuck how many of them have had it for
	// longer than Patience.
	Due   int `json:"due"`
	Stuck int `json:"stuck"`
	// AtLeast: there are more of them than were counted.
	AtLeast     bool       `json:"at_least,omitempty"`
	OldestDueAt *time.Time `json:"oldest_due_at"`
	// OldestDue is for how many seconds it had been due when that was counted.
	OldestDue int64 `json:"oldest_due_s"`
	// Failed is how many of the counted orders have failed, in either mode, and Bounced of how many
	// an e-mail did not arrive.
	Failed  int `json:"failed"`
	Bounced int `json:"bounced"`
}
