package e2e

import (
	"testing"

	"github.com/FerretDB/wire/wirebson"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/mongodb"
)

// TestOperationsOfASale counts what the database is asked for in the life of an order, by whole sales through the
// running system. docs/kubernetes.md reckons with these figures.
func TestOperationsOfASale(t *testing.T) {
	s := running(t)
	p := tapInto(t, s.env["MONGODB_URI"])
	own := s.secret(t, "mongodb-uri")
	s.setSecret(t, "mongodb-uri", p.uri)
	defer s.setSecret(t, "mongodb-uri", own)

	tests := []struct {
		name, event string
		mails, want int
	}{
		{"two e-mails", "completed_paid", 2, 7},
		{"four e-mails", "completed_two_products", 4, 11},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.buy(t, tt.event, tt.mails) // connections are there, and settings are read
			before := p.operations()
			o := s.buy(t, tt.event, tt.mails)
			if got := p.operations() - before; got != tt.want {
				t.Errorf("%d operations, want %d", got, tt.want)
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

// operations counts the commands about single orders: a sweep's look at what is due is of none.
func (p *tap) operations() int {
	n := len(p.heard("insert")) + len(p.heard("update")) + len(p.heard("findAndModify"))
	for _, find := range p.heard("find") {
		filter, _ := find.Get("filter").(*wirebson.Document)
		if filter != nil && filter.Get("_id") != nil {
			n++
		}
	}
	return n
}
