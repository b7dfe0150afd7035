package inbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/view"
	"handler/function/local/mongod"
	"handler/function/local/mongod/mongodtest"
)

func TestIndex(t *testing.T) {
	t.Parallel()

	// indexed is an index of so many orders that are done.
	indexed := func(t *testing.T, n int) (*index, *fakeOrders) {
		t.Helper()
		f := &fakeOrders{}
		for i := range n {
			f.list = append(f.list, done(t, i))
		}
		return newIndex(f), f
	}
	find := func(t *testing.T, x *index, now time.Time) listing {
		t.Helper()
		found, err := x.find(t.Context(), search{}, 0, 1, now)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}

	t.Run("reads an order again only when it has changed", func(t *testing.T) {
		t.Parallel()

		x, f := indexed(t, 2*readBatch+1)
		if got := find(t, x, start); got.Matching != 2*readBatch+1 || got.States[view.Done] != got.Matching || f.read != 2*readBatch+2 {
			t.Errorf("%+v; %d orders read", got, f.read)
		}
		f.read = 0
		f.list[7].Revision++
		f.list[7].Ignored = "not ours"
		if got := find(t, x, start); got.States[view.Ignored] != 1 || f.read != 2 { // and the one that is shown
			t.Errorf("%+v; %d orders read", got, f.read)
		}
	})

	t.Run("reads an order again when its state changes by the clock", func(t *testing.T) {
		t.Parallel()

		x, f := indexed(t, 1)
		f.list[0] = sold(t) // an e-mail of it is to be tried again after 5 s
		for _, at := range []struct {
			after time.Duration
			want  view.State
		}{{0, view.Waiting}, {4 * time.Minute, view.Waiting}, {6 * time.Minute, view.Stuck}} {
			if got := find(t, x, later(at.after)); got.States[at.want] != 1 {
				t.Errorf("after %s: %v, want %s", at.after, got.States, at.want)
			}
		}
	})

	t.Run("forgets an order that is gone, and knows another one of its ID", func(t *testing.T) {
		t.Parallel()

		x, f := indexed(t, 2)
		find(t, x, start)
		f.list = f.list[:1]
		f.list[0].CreatedAt, f.list[0].Ignored = later(time.Hour), "not ours"
		if got := find(t, x, start); got.Total != 1 || got.Matching != 1 || got.States[view.Ignored] != 1 {
			t.Errorf("%+v", got)
		}
	})

	t.Run("says how many orders it had no time for, and reads on at the next call", func(t *testing.T) {
		t.Parallel()

		x, _ := indexed(t, 2*readBatch)
		ctx, cancel := context.WithTimeout(t.Context(), patience/4) // half of it is for the page
		defer cancel()
		for n, want := range []int{readBatch, 0} {
			got, err := x.find(ctx, search{}, 0, 1, start)
			if err != nil || got.Unread != want || got.Total != 2*readBatch || got.Rows[0].ID != "cs_test_0" {
				t.Errorf("call %d: %+v, %v", n+1, got, err)
			}
		}
	})
}

// done is an order of which everything is done; the higher its number, the older it is.
func done(tb testing.TB, n int) *order.Order {
	tb.Helper()
	at := later(-time.Duration(n) * time.Second)
	return &order.Order{
		ID: fmt.Sprintf("cs_test_%d", n), CreatedAt: at, Plans: map[order.Reason]time.Time{order.ForPaid: at},
		Facts: order.Facts{PaymentStatus: order.Paid, CustomerName: "Ada Example", CustomerEmail: fmt.Sprintf("ada%d@example.com", n), Currency: "usd", AmountTotal: 4900},
		Items: []order.Item{{ID: "li_1", Description: "The e-book", Product: "prod_ebook", Price: "price_ebook", Quantity: 1, AmountTotal: 4900, Currency: "usd"}},
		Emails: map[string]order.Delivery{
			"ebook/delivery": {Email: order.Email{To: []order.Address{{Email: "ada@example.com"}}}, State: order.Sent},
			"ebook/sale":     {Email: order.Email{To: []order.Address{{Email: "owner@example.com"}}}, State: order.Sent},
		},
	}
}

// BenchmarkTenThousandOrders is a search among 10,000 orders in the laptop's database: the first
// one reads all of them.
func BenchmarkTenThousandOrders(b *testing.B) {
	client, err := mongodb.Connect("mongodb://"+mongodtest.Start(b, mongod.Options{}), "bench")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	orders := client.Database("shop").Collection(mongodb.Collection)
	const size, batch = 10_000, 500
	for from := 0; from < size; from += batch {
		var some []*order.Order
		for n := range batch {
			some = append(some, done(b, from+n))
		}
		if _, err := orders.InsertMany(b.Context(), some); err != nil {
			b.Fatal(err)
		}
	}
	search := func(b *testing.B, x *index) listing {
		found, err := x.find(b.Context(), search{Text: "ada9999@"}, 0, onePage, start)
		if err != nil {
			b.Fatal(err)
		}
		return found
	}
	b.Run("the first", func(b *testing.B) {
		for b.Loop() {
			for x := newIndex(NewDatabase(client, named("shop"))); search(b, x).Unread > 0; {
			}
		}
	})
	b.Run("a further one", func(b *testing.B) {
		x := newIndex(NewDatabase(client, named("shop")))
		for search(b, x).Unread > 0 {
		}
		for b.Loop() {
			if found := search(b, x); found.Matching != 1 || found.Total != size {
				b.Fatalf("%+v", found)
			}
		}
	})
}
