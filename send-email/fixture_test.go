package function

import (
	"io/fs"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
)

// fixture is a file of the tests' shop. The owner's files are not used: they may say anything.
func fixture(t testing.TB, file string) []byte {
	t.Helper()
	b, err := fs.ReadFile(sample.Shop(), file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fixtureTemplates are the templates of the tests' shop.
func fixtureTemplates(t testing.TB) *templates.Set {
	t.Helper()
	folder, err := fs.Sub(sample.Shop(), "templates")
	if err != nil {
		t.Fatal(err)
	}
	set, err := templates.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// sampleOrders are the orders of the sample events, by the event's name.
func sampleOrders(t testing.TB) map[string]*order.Order {
	t.Helper()
	orders, err := sample.Orders(time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if len(orders) < 5 {
		t.Fatalf("%d orders", len(orders))
	}
	return orders
}
