package order

import "time"

// SpaceID is the ID of the document whose notice says that the database fills up.
const SpaceID = "database_space"

// IsSale reports whether an ID among the orders is one of a sale, and not of a document that only
// owes the admins e-mails.
func IsSale(id string) bool { return id != SpaceID && !IsReport(id) }

// NewSpace is that document, like a report: no notice has been sent yet. Its Report is the JSON of
// how full the database was when the admins were told, or when it had become less since.
func NewSpace(now time.Time) *Order {
	return &Order{
		ID: SpaceID, Events: map[string]Event{}, CreatedAt: now, UpdatedAt: now,
		Facts: Facts{Livemode: true}, // it goes to the admins of live orders
	}
}

// SetReport changes what the document says.
func (o *Order) SetReport(data string, now time.Time) {
	o.Report = data
	o.touch(now)
}
