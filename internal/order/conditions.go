package order

import (
	"slices"
	"time"
)

// ConditionsID is the ID of the document that keeps the conditions of the shop, and owes what is
// reported of them.
const ConditionsID = "conditions"

// spaceID is the document of earlier versions that owed the notices of a database that fills up.
const spaceID = "database_space"

// IsSale reports whether an ID among the orders is one of a sale, and not of a document that only
// owes the admins e-mails and alerts.
func IsSale(id string) bool { return id != ConditionsID && id != spaceID && !IsReport(id) }

// NewConditions is that document. Its Report is the JSON of the conditions.
func NewConditions(now time.Time) *Order {
	return &Order{
		ID: ConditionsID, Events: map[string]Event{}, CreatedAt: now, UpdatedAt: now,
		Facts: Facts{Livemode: true}, // it goes to the admins of live orders
	}
}

// keptFor is how long a document that is no sale keeps what it owed once that is done.
const keptFor = 30 * 24 * time.Hour

// SetReport changes what the document says. What was settled long ago is forgotten, so that it does
// not grow for ever.
func (o *Order) SetReport(data string, now time.Time) {
	o.Report = data
	for key, d := range o.Emails {
		if d.Final() && now.Sub(d.PlannedAt) >= keptFor {
			delete(o.Emails, key)
			o.MessageIDs = slices.DeleteFunc(slices.Clone(o.MessageIDs), func(id string) bool {
				return id == d.MessageID || slices.Contains(d.Messages, id)
			})
		}
	}
	o.touch(now)
}
