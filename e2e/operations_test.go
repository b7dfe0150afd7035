package e2e

import (
	"bytes"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/mongodb"
)

// TestOperationsOfASale counts what the database is asked for in the life of an order, by whole
// sales through the running system. docs/kubernetes.md reckons with these figures.
func TestOperationsOfASale(t *testing.T) {
	s := running(t)
	p := tapInto(t, s.env["MONGODB_URI"])
	own := s.secret(t, "mongodb-uri")
	s.setSecret(t, "mongodb-uri", p.uri)
	defer s.setSecret(t, "mongodb-uri", own)

	tests := []struct {
		name, event string
		// want is three and one for each e-mail, at the most.
		mails, want int
	}{
		{"two e-mails", "completed_paid", 2, 5},
		{"four e-mails", "completed_two_products", 4, 7},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.buy(t, tt.event, tt.mails) // connections are there, and settings are read
			o := s.buy(t, tt.event, tt.mails)
			// Results that are there at the same time share a write.
			if got, least := p.naming(o.ID), 4; got > tt.want || got < least {
				t.Errorf("%d operations, want %d to %d", got, least, tt.want)
			}
			raw, err := s.client.Database(s.env["MONGODB_DATABASE"]).Collection(mongodb.Collection).FindOne(t.Context(), bson.D{{Key: "_id", Value: o.ID}}).Raw()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("the order is %d bytes", len(raw))
			if len(raw) > 8000 {
				t.Errorf("an order is %d bytes, want 8,000 at most", len(raw))
			}
		})
	}
}

// naming counts the commands in which an order is named: a sweep's look at what is due names none.
func (p *tap) naming(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, message := range p.messages {
		if bytes.Contains(message, []byte(id)) {
			n++
		}
	}
	return n
}
