// Package sampletest gives tests the samples that cannot be missing.
package sampletest

import (
	"io/fs"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
)

// File is a file of the shop for tests, such as catalogue.yml.
func File(t testing.TB, file string) []byte {
	t.Helper()
	return FileOf(t, sample.Shop(), file)
}

// FileOf is a file of a shop.
func FileOf(t testing.TB, shop fs.FS, file string) []byte {
	t.Helper()
	b, err := fs.ReadFile(shop, file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Templates are the templates of the shop for tests.
func Templates(t testing.TB) *templates.Set {
	t.Helper()
	return TemplatesOf(t, sample.Shop())
}

// TemplatesOf are the templates of a shop.
func TemplatesOf(t testing.TB, shop fs.FS) *templates.Set {
	t.Helper()
	folder, err := fs.Sub(shop, "templates")
	if err != nil {
		t.Fatal(err)
	}
	set, err := templates.Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Orders are the orders of the sample events, by the event's name.
func Orders(t testing.TB) map[string]*order.Order {
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
