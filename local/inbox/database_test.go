package inbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/view"
	"handler/function/local/mongod"
	"handler/function/local/mongod/mongodtest"
)

func TestDatabase(t *testing.T) {
	t.Parallel()

	client, err := mongodb.Connect("mongodb://"+mongodtest.Start(t, mongod.Options{}), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })

	for n := range 5 {
		o := *setup(t).samples["completed_paid"]
		o.ID, o.CreatedAt = fmt.Sprintf("cs_test_%d", n), later(time.Duration(n)*time.Second)
		o.Plan(order.ForPaid, []order.Email{{Key: "ebook/sale"}}, start)
		if _, err := client.Database("shop").Collection(mongodb.Collection).InsertOne(t.Context(), &o); err != nil {
			t.Fatal(err)
		}
	}
	report := order.NewReport(start, "{}", start)
	if _, err := client.Database("shop").Collection(mongodb.Collection).InsertOne(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	d := NewDatabase(client, named("shop"))
	revisions, err := d.Revisions(t.Context())
	if err != nil || len(revisions) != 5 || !revisions[4].CreatedAt.Equal(later(4*time.Second)) {
		t.Fatalf("%+v, %v", revisions, err)
	}
	orders, err := d.Read(t.Context(), []string{"cs_test_3", "cs_test_none"})
	if err != nil || len(orders) != 1 {
		t.Fatalf("%v, %v", orders, err)
	}
	if o := orders[0]; len(o.Events) != 0 || o.Emails["ebook/sale"].Key != "ebook/sale" || view.StateOf(o, start) != view.Failed {
		t.Errorf("%d events, %+v", len(o.Events), o.Emails)
	}
	if o, err := d.Load(t.Context(), "cs_test_0"); err != nil || len(o.Events) != 1 {
		t.Errorf("%v, %v", o, err)
	}
	if _, err := d.Load(t.Context(), "cs_test_9"); !errors.Is(err, order.ErrNotFound) {
		t.Errorf("err = %v", err)
	}
}

func named(name string) func() string { return func() string { return name } }
