package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// The store's conformance: what every engine must do that orders are kept in. It runs on the
// embedded database, and on the one that MONGODB_URI names where that is set.

var received = time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)

// eventOf is a sample event made anew for a session, with an event ID of its own.
func eventOf(t testing.TB, name, session, id string) order.Event {
	t.Helper()
	body, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	var e map[string]any
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	object := e["data"].(map[string]any)["object"].(map[string]any)
	e["id"], object["id"] = id, session
	object["metadata"] = map[string]string{"a.b": "1", "$set": "2", "plain": "3"}
	if body, err = json.Marshal(e); err != nil {
		t.Fatal(err)
	}
	parsed, err := order.ParseEvent(body, received)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestStoreRecord(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)

	t.Run("keeps all of an order", func(t *testing.T) {
		t.Parallel()

		e := eventOf(t, "completed_two_products", "cs_all", "evt_all")
		added, err := store.Record(t.Context(), e)
		if err != nil || !added {
			t.Fatalf("added %v, err %v", added, err)
		}
		changed, err := store.Update(t.Context(), "cs_all", func(o *order.Order) error {
			o.SetItems([]order.Item{{ID: "li_1", Quantity: 2, Metadata: []order.Pair{{Key: "x.y", Value: "$z"}}}}, received)
			o.Plan(order.ForPaid, []order.Email{{Key: "ebook/delivery", Template: "d-1", TemplateName: "delivery.fr", To: []order.Address{{Email: "a@example.com", Name: "A"}}, NotBefore: received}}, received)
			return o.Claim("ebook/delivery", "me", time.Minute, received)
		})
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := store.Load(t.Context(), "cs_all")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(changed, loaded, cmpopts.IgnoreUnexported(order.Event{})); d != "" {
			t.Errorf("what was loaded is not what was written (-written +loaded):\n%s", d)
		}
		if loaded.Events["evt_all"].Payload != e.Payload || loaded.Revision != 1 || len(loaded.Facts.Metadata) != 3 {
			t.Errorf("got revision %d, metadata %v", loaded.Revision, loaded.Facts.Metadata)
		}
	})

	t.Run("counts a redelivery and changes nothing else", func(t *testing.T) {
		t.Parallel()

		e := eventOf(t, "completed_paid", "cs_again", "evt_again")
		for i := range 3 {
			added, err := store.Record(t.Context(), e)
			if err != nil || added != (i == 0) {
				t.Fatalf("delivery %d: added %v, err %v", i, added, err)
			}
		}
		o, err := store.Load(t.Context(), "cs_again")
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Events) != 1 || o.Events["evt_again"].Deliveries != 3 || o.Revision != 0 {
			t.Errorf("%d events, %d deliveries, revision %d", len(o.Events), o.Events["evt_again"].Deliveries, o.Revision)
		}
	})

	t.Run("adds a later event to its order", func(t *testing.T) {
		t.Parallel()

		for _, names := range [][2]string{{"completed_unpaid", "async_payment_succeeded"}, {"async_payment_succeeded", "completed_unpaid"}} {
			id := "cs_" + names[0]
			for _, name := range names {
				if _, err := store.Record(t.Context(), eventOf(t, name, id, "evt_"+name)); err != nil {
					t.Fatal(err)
				}
			}
			o, err := store.Load(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Events) != 2 || o.PaymentStatus != order.Paid || o.NextDueAt == nil {
				t.Errorf("%v: %d events, %s, due %v", names, len(o.Events), o.PaymentStatus, o.NextDueAt)
			}
		}
	})
}

func TestStoreUpdate(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", "cs_1", "evt_1")); err != nil {
		t.Fatal(err)
	}

	t.Run("says that there is no such order", func(t *testing.T) {
		t.Parallel()

		if _, err := store.Load(t.Context(), "cs_none"); !errors.Is(err, order.ErrNotFound) {
			t.Errorf("load: %v, want ErrNotFound", err)
		}
		_, err := store.Update(t.Context(), "cs_none", func(*order.Order) error { return nil })
		if !errors.Is(err, order.ErrNotFound) {
			t.Errorf("update: %v, want ErrNotFound", err)
		}
	})

	t.Run("writes nothing where the change does not want it", func(t *testing.T) {
		t.Parallel()

		for _, end := range []error{order.ErrUnchanged, order.ErrNotDue} {
			_, err := store.Update(t.Context(), "cs_1", func(o *order.Order) error {
				o.CustomerName = "somebody else"
				return end
			})
			if end != order.ErrUnchanged && !errors.Is(err, end) {
				t.Errorf("got %v, want %v", err, end)
			}
		}
		o, err := store.Load(t.Context(), "cs_1")
		if err != nil || o.CustomerName != "Ada Example" || o.Revision != 0 {
			t.Errorf("%q at revision %d, err %v", o.CustomerName, o.Revision, err)
		}
	})
}

func TestStoreWalk(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	if err := store.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Over two batches of them, many of which were made in the same millisecond.
	const all, together = 250, 230
	for i := range all {
		store.Now = func() time.Time { return received.Add(time.Duration(max(0, i-together)) * time.Minute) }
		id := fmt.Sprintf("cs_%03d", i)
		if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", id, "evt_"+id)); err != nil {
			t.Fatal(err)
		}
	}
	walk := func(since, until time.Time, most int) (ids []string) {
		t.Helper()
		last := until
		err := store.Walk(t.Context(), since, until, func(o *order.Order) bool {
			if o.CreatedAt.After(last) || o.CustomerEmail == "" || o.Events != nil {
				t.Errorf("%s of %v after one of %v, customer %q, %d events", o.ID, o.CreatedAt, last, o.CustomerEmail, len(o.Events))
			}
			last = o.CreatedAt
			ids = append(ids, o.ID)
			return len(ids) < most
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	ids := walk(received, received.Add(time.Hour), all+1)
	slices.Sort(ids)
	if len(ids) != all || len(slices.Compact(ids)) != all {
		t.Errorf("%d visits, want each of %d orders once", len(ids), all)
	}
	if ids := walk(received.Add(18*time.Minute), received.Add(19*time.Minute), all); !slices.Equal(ids, []string{"cs_248"}) {
		t.Errorf("of one minute: %v", ids)
	}
	paid := received.Add(5 * 24 * time.Hour)
	store.Now = func() time.Time { return received.Add(-time.Hour) }
	for id, name := range map[string]string{"cs_debit": "completed_unpaid", "cs_open": "completed_unpaid"} {
		if _, err := store.Record(t.Context(), eventOf(t, name, id, "evt_"+id)); err != nil {
			t.Fatal(err)
		}
	}
	e := eventOf(t, "async_payment_succeeded", "cs_debit", "evt_paid")
	e.Created = paid
	if _, err := store.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var late []string
	err := store.WalkPaid(t.Context(), received.Add(-time.Hour), received.Add(time.Hour), paid, func(o *order.Order) bool {
		late = append(late, o.ID)
		return true
	})
	if err != nil || !slices.Equal(late, []string{"cs_debit"}) {
		t.Errorf("paid later: %v, %v", late, err)
	}
	if ids := walk(received, received.Add(time.Hour), 2); !slices.Equal(ids, []string{"cs_249", "cs_248"}) {
		t.Errorf("the newest two: %v", ids)
	}
}

func TestStoreSize(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	if n, err := store.Size(t.Context()); err != nil || n != 0 {
		t.Errorf("empty, it has %d bytes, %v", n, err)
	}
	if err := store.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	const orders = 20
	var data int64
	for i := range orders {
		e := eventOf(t, "completed_paid", fmt.Sprintf("cs_%d", i), fmt.Sprintf("evt_%d", i))
		data += int64(len(e.Payload))
		if _, err := store.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := store.Size(t.Context()); err != nil || n < data || n > 10*data+1<<20 {
		t.Errorf("with orders of %d bytes it has %d, %v", data, n, err)
	}
}

func TestStoreCreate(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	report := order.NewReport(received, `{"day": 1}`, received)
	report.Owe([]order.Email{{Key: "report/daily", To: []order.Address{{Email: "o@example.com"}}, NotBefore: received}}, received)
	for i, want := range []bool{true, false} {
		if made, err := store.Create(t.Context(), report); err != nil || made != want {
			t.Errorf("the time %d: made %v, %v", i+1, made, err)
		}
	}
	if made, err := store.Create(t.Context(), order.NewConditions(received)); err != nil || !made {
		t.Errorf("the document of the conditions: made %v, %v", made, err)
	}
	o, err := store.Load(t.Context(), report.ID)
	if err != nil || o.Report != report.Report || o.Emails["report/daily"].State != order.Planned {
		t.Errorf("loaded %+v, %v", o, err)
	}
	due, err := store.Due(t.Context(), received, 10)
	if err != nil || len(due) != 1 || due[0].ID != report.ID {
		t.Errorf("due %v, %v", due, err)
	}
	err = store.Walk(t.Context(), received, received.Add(time.Hour), func(o *order.Order) bool {
		t.Errorf("%s is walked by as if it were an order", o.ID)
		return true
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStoreOfPayment(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	e := eventOf(t, "completed_paid", "cs_1", "evt_1")
	if _, err := store.Record(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	_, facts, err := e.Session()
	if err != nil || facts.PaymentIntent == "" {
		t.Fatalf("payment intent %q, %v", facts.PaymentIntent, err)
	}
	if id, err := store.OfPayment(t.Context(), facts.PaymentIntent); err != nil || id != "cs_1" {
		t.Errorf("order %q, %v", id, err)
	}
	if id, err := store.OfPayment(t.Context(), "pi_none"); !errors.Is(err, order.ErrNotFound) {
		t.Errorf("order %q, %v, want ErrNotFound", id, err)
	}
}

// One order is found by any of its messages, once, with an index and before there is one.
func TestStoreOfMessages(t *testing.T) {
	t.Parallel()

	store := database(t).store(t)
	for _, id := range []string{"cs_1", "cs_2"} {
		planOne(t, store, id)
		for _, message := range []string{id + "-a", id + "-b"} {
			if _, err := store.Update(t.Context(), id, func(o *order.Order) error {
				return o.MarkSent("ebook/delivery", message, message, 202, received)
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, when := range []string{"without an index", "with one"} {
		ids, err := store.OfMessages(t.Context(), []string{"cs_1-a", "cs_1-b", "none"})
		if err != nil || !slices.Equal(ids, []string{"cs_1"}) {
			t.Errorf("%s: %v, %v", when, ids, err)
		}
		if err := store.EnsureIndexes(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStoreRecordCharge(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	for _, id := range []string{"1", "2"} {
		if _, err := store.Record(t.Context(), paidBy(t, "completed_paid", "cs_"+id, "evt_"+id, "pi_"+id)); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("puts it into the order of its payment, once", func(t *testing.T) {
		t.Parallel()

		refund := paidBy(t, "charge_refunded", "ch_1", "evt_back", "pi_1")
		for i := range 3 {
			id, added, err := store.RecordCharge(t.Context(), refund)
			if err != nil || id != "cs_1" || added != (i == 0) {
				t.Fatalf("delivery %d: order %q, added %v, %v", i, id, added, err)
			}
		}
		o, err := store.Load(t.Context(), "cs_1")
		if err != nil {
			t.Fatal(err)
		}
		if e := o.Events["evt_back"]; len(o.Events) != 2 || e.Payload != refund.Payload || e.Deliveries != 3 || !o.RefundedWholly || o.Refunded != 4900 || o.CustomerName != "Ada Example" {
			t.Errorf("%d events, %d deliveries, %+v of %s", len(o.Events), e.Deliveries, o.Reversal, o.CustomerName)
		}
		if id, err := store.OfPayment(t.Context(), "pi_1"); err != nil || id != "cs_1" {
			t.Errorf("its payment is of %q, %v", id, err)
		}
	})

	t.Run("puts those that come at once into it, each once", func(t *testing.T) {
		t.Parallel()

		var added atomic.Int32
		together(30, func(i int) {
			_, isNew, err := store.RecordCharge(t.Context(), paidBy(t, "charge_refunded_partly", "ch_2", fmt.Sprintf("evt_part_%d", i%3), "pi_2"))
			if err != nil {
				t.Error(err)
			}
			if isNew {
				added.Add(1)
			}
		})
		o, err := store.Load(t.Context(), "cs_2")
		if err != nil || len(o.Events) != 4 || added.Load() != 3 || o.RefundedWholly {
			t.Errorf("%d were new, the order has %d events, %v", added.Load(), len(o.Events), err)
		}
	})

	t.Run("makes no order", func(t *testing.T) {
		t.Parallel()

		for name, payment := range map[string]any{"no order has its payment": "pi_none", "it has no payment intent": nil} {
			id, added, err := store.RecordCharge(t.Context(), paidBy(t, "charge_refunded", "ch_3", "evt_none", payment))
			if !errors.Is(err, order.ErrNotFound) || id != "" || added {
				t.Errorf("%s: order %q, added %v, %v; want ErrNotFound", name, id, added, err)
			}
		}
	})
}

// paidBy is eventOf with a payment intent.
func paidBy(t testing.TB, name, object, id string, payment any) order.Event {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal([]byte(eventOf(t, name, object, id).Payload), &e); err != nil {
		t.Fatal(err)
	}
	e["data"].(map[string]any)["object"].(map[string]any)["payment_intent"] = payment
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := order.ParseEvent(body, received)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestStoreForgets reads the whole document, since a field that a write leaves out would stay as it
// was.
func TestStoreForgets(t *testing.T) {
	t.Parallel()
	db := database(t)
	store := db.store(t)
	document := func() string {
		t.Helper()
		raw, err := db.client(t).Database(db.name).Collection(mongodb.Collection).FindOne(t.Context(), bson.D{{Key: "_id", Value: "cs_1"}}).Raw()
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	personal := []string{"Ada", "ada@", "plain", "a.b", "client-1", "10001"}
	held := func() (found []string) {
		for _, p := range personal {
			if strings.Contains(document(), p) {
				found = append(found, p)
			}
		}
		return found
	}
	record := func(name, event string) {
		t.Helper()
		e := eventOf(t, name, "cs_1", event)
		e.Payload = strings.Replace(e.Payload, `"client_reference_id":null`, `"client_reference_id":"client-1"`, 1)
		parsed, err := order.ParseEvent([]byte(e.Payload), received)
		if err != nil {
			t.Fatal(err)
		}
		if isNew, err := store.Record(t.Context(), parsed); err != nil || !isNew {
			t.Fatalf("new %v, %v", isNew, err)
		}
	}
	record("completed_paid", "evt_1")
	personal = append(personal, "right.example", "a typo")
	a := order.Again{Call: "11111111", To: order.Address{Email: "ada@right.example"}, Reason: "a typo"}
	if _, err := store.Update(t.Context(), "cs_1", func(o *order.Order) error { _, err := o.Correct(a, nil, store.Now()); return err }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(personal, held()); d != "" {
		t.Fatalf("held before (-want +got):\n%s", d)
	}
	if _, err := store.Update(t.Context(), "cs_1", func(o *order.Order) error { return o.Forget("", store.Now()) }); err != nil {
		t.Fatal(err)
	}
	if found := held(); found != nil {
		t.Errorf("the document still holds %q", found)
	}
	record("completed_paid", "evt_2")
	if found := held(); found != nil {
		t.Errorf("a later event brought %q back", found)
	}
	o, err := store.Load(t.Context(), "cs_1")
	if err != nil || len(o.Events) != 2 || !o.Settled() || o.AmountTotal != 4900 {
		t.Errorf("%d events, %s, %d, %v", len(o.Events), o.PaymentStatus, o.AmountTotal, err)
	}
}

// What was looked at of Stripe is kept from the first time on, for each mode, by however many ask
// for it at once; and it is no order.
func TestStoreWatched(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)

	at := received
	firsts := make([]time.Time, 8)
	together(len(firsts), func(i int) {
		since, until, err := store.Watched(t.Context(), "live", at.Add(time.Duration(i)*time.Second))
		if err != nil || !until.Equal(since) {
			t.Errorf("since %v, until %v, %v", since, until, err)
		}
		firsts[i] = since
	})
	for _, since := range firsts {
		if !since.Equal(firsts[0]) {
			t.Errorf("it began at %v, and at %v", firsts[0], since)
		}
	}
	for _, until := range []time.Time{at.Add(time.Hour), at.Add(time.Minute)} { // the later one stays
		if err := store.WatchedUntil(t.Context(), "live", until); err != nil {
			t.Fatal(err)
		}
	}
	if since, until, err := store.Watched(t.Context(), "live", at.Add(48*time.Hour)); err != nil || !since.Equal(firsts[0]) || !until.Equal(at.Add(time.Hour)) {
		t.Errorf("since %v, until %v, %v", since, until, err)
	}
	if since, _, err := store.Watched(t.Context(), "test", at.Add(48*time.Hour)); err != nil || !since.Equal(at.Add(48*time.Hour)) {
		t.Errorf("the other mode began at %v, %v", since, err)
	}
	err := store.Walk(t.Context(), time.Time{}, at.Add(1000*time.Hour), func(o *order.Order) bool { t.Errorf("an order: %+v", o); return true })
	if err != nil {
		t.Error(err)
	}
}

// One read tells of a hundred events which are stored, and gives nothing of what they hold.
func TestStoreKnown(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)

	for _, e := range []order.Event{
		eventOf(t, "completed_unpaid", "cs_known", "evt_one"), eventOf(t, "async_payment_failed", "cs_known", "evt_two"),
		eventOf(t, "completed_paid", "cs_other", "evt_three"),
	} {
		if _, err := store.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	asked := map[string][]string{"cs_known": {"evt_one", "evt_missing", "evt_three"}, "cs_other": {"evt_three", "evt_one"}, "cs_none": {"evt_none"}}
	for i := range 97 {
		asked["cs_none"] = append(asked["cs_none"], fmt.Sprintf("evt_%d", i))
	}
	known, err := store.Known(t.Context(), asked)
	if err != nil {
		t.Fatal(err)
	}
	says := func(id string, status order.PaymentStatus, event, eventType string) *order.Order {
		o := &order.Order{ID: id, Events: map[string]order.Event{event: {ID: event, Type: eventType}}}
		o.PaymentStatus = status
		return o
	}
	want := map[string]*order.Order{
		"cs_known": says("cs_known", order.Unpaid, "evt_one", order.Completed),
		"cs_other": says("cs_other", order.Paid, "evt_three", order.Completed),
	}
	if d := cmp.Diff(want, known, cmpopts.IgnoreUnexported(order.Event{})); d != "" {
		t.Errorf("known (-want +got):\n%s", d)
	}
	if known, err := store.Known(t.Context(), nil); err != nil || len(known) > 0 {
		t.Errorf("of nothing %v is known, %v", known, err)
	}
}

func TestStoreDue(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)
	for range 2 { // the second time there is nothing to create
		if err := store.EnsureIndexes(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		id := fmt.Sprintf("cs_%d", i)
		if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", id, "evt_"+id)); err != nil {
			t.Fatal(err)
		}
		_, err := store.Update(t.Context(), id, func(o *order.Order) error {
			if i == 4 {
				o.Ignore(order.ForPaid, "not ours", received)
				return nil
			}
			o.FetchFailed("away", received.Add(time.Duration(4-i)*time.Hour), received)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Record(t.Context(), eventOf(t, "completed_unpaid", "cs_unpaid", "evt_unpaid")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		limit int
		want  []string
	}{
		{time.Hour - 1, 10, []string{}},
		{time.Hour, 10, []string{"cs_3"}},
		{3 * time.Hour, 10, []string{"cs_3", "cs_2", "cs_1"}},
		{9999 * time.Hour, 10, []string{"cs_3", "cs_2", "cs_1", "cs_0"}},
		{9999 * time.Hour, 2, []string{"cs_3", "cs_2"}},
	} {
		got, err := store.Due(t.Context(), received.Add(c.after), c.limit)
		if err != nil {
			t.Fatal(err)
		}
		ids := []string{}
		for _, o := range got {
			ids = append(ids, o.ID)
			if stored, err := store.Load(t.Context(), o.ID); err != nil || !stored.NextDueAt.Equal(o.At) {
				t.Errorf("%s is due at %v, not at %v; err %v", o.ID, stored.NextDueAt, o.At, err)
			}
		}
		if d := cmp.Diff(c.want, ids); d != "" {
			t.Errorf("due after %v, at most %d (-want +got):\n%s", c.after, c.limit, d)
		}
	}
}

func TestStoreRaces(t *testing.T) {
	t.Parallel()
	store := database(t).store(t)

	t.Run("64 claimers, one winner", func(t *testing.T) {
		t.Parallel()

		const rounds = 20
		for round := range rounds {
			id := fmt.Sprintf("cs_claim%d", round)
			planOne(t, store, id)
			var won atomic.Int32
			together(64, func(i int) {
				_, err := store.Update(t.Context(), id, func(o *order.Order) error {
					return o.Claim("ebook/delivery", fmt.Sprint(i), time.Minute, received)
				})
				switch {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, order.ErrNotDue):
					t.Errorf("claimer %d: %v", i, err)
				}
			})
			if won.Load() != 1 {
				t.Fatalf("round %d: %d winners", round, won.Load())
			}
		}
	})

	t.Run("50 deliveries of one event, one order", func(t *testing.T) {
		t.Parallel()

		var added atomic.Int32
		together(50, func(int) {
			is, err := store.Record(t.Context(), eventOf(t, "completed_paid", "cs_same", "evt_same"))
			if err != nil {
				t.Error(err)
			}
			if is {
				added.Add(1)
			}
		})
		o, err := store.Load(t.Context(), "cs_same")
		if err != nil {
			t.Fatal(err)
		}
		if added.Load() != 1 || o.Events["evt_same"].Deliveries != 50 {
			t.Errorf("%d say that they added it, %d deliveries counted", added.Load(), o.Events["evt_same"].Deliveries)
		}
	})

	t.Run("64 events of one session, all in one order", func(t *testing.T) {
		t.Parallel()

		together(64, func(i int) {
			name := []string{"completed_unpaid", "async_payment_failed", "async_payment_succeeded"}[i%3]
			added, err := store.Record(t.Context(), eventOf(t, name, "cs_many", fmt.Sprintf("evt_%d", i)))
			if err != nil || !added {
				t.Errorf("event %d: added %v, err %v", i, added, err)
			}
		})
		o, err := store.Load(t.Context(), "cs_many")
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Events) != 64 || o.PaymentStatus != order.Paid {
			t.Errorf("%d events, %s", len(o.Events), o.PaymentStatus)
		}
	})

	t.Run("changes by 64 writers are all there", func(t *testing.T) {
		t.Parallel()

		planOne(t, store, "cs_writers")
		together(64, func(i int) {
			_, err := store.Update(t.Context(), "cs_writers", func(o *order.Order) error {
				o.Owe([]order.Email{{Key: fmt.Sprintf("s/%d", i), To: []order.Address{{Email: "a@example.com"}}}}, received)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		o, err := store.Load(t.Context(), "cs_writers")
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Emails) != 65 || o.Revision != 65 {
			t.Errorf("%d e-mails at revision %d, want 65 at 65", len(o.Emails), o.Revision)
		}
	})
}

// TestStoreProcesses races whole processes for the same orders: each records every event, plans
// every order, finds by the index what is due, claims it, marks it sent, and says which claims it
// won.
func TestStoreProcesses(t *testing.T) {
	t.Parallel()

	const processes, orders = 4, 64
	db := database(t)
	var mu sync.Mutex
	winners := map[string][]string{}
	together(processes, func(p int) {
		out, err := role(t, "race", fmt.Sprintf("RACE_NAME=p%d", p), fmt.Sprintf("RACE_ORDERS=%d", orders), "RACE_URI="+db.uri, "RACE_DATABASE="+db.name).CombinedOutput()
		if err != nil {
			t.Errorf("process %d: %v\n%s", p, err, out)
		}
		mu.Lock()
		defer mu.Unlock()
		for line := range strings.Lines(string(out)) {
			if id, ok := strings.CutPrefix(strings.TrimSpace(line), "won "); ok {
				winners[id] = append(winners[id], fmt.Sprint("p", p))
			}
		}
	})
	if len(winners) != orders {
		t.Errorf("%d of %d deliveries were claimed", len(winners), orders)
	}
	for id, by := range winners {
		if len(by) != 1 {
			t.Errorf("%s was claimed by %v", id, by)
		}
	}
	store := db.store(t)
	for i := range orders {
		o, err := store.Load(t.Context(), fmt.Sprintf("cs_race%d", i))
		if err != nil {
			t.Fatal(err)
		}
		if d := o.Emails["ebook/delivery"]; d.State != order.Sent || d.Unsure || d.Attempts != 1 || o.Events["evt_"+o.ID].Deliveries != processes {
			t.Errorf("%s: %+v after %d deliveries of its event", o.ID, d, o.Events["evt_"+o.ID].Deliveries)
		}
	}
	n, err := db.client(t).Database(db.name).Collection(mongodb.Collection).CountDocuments(t.Context(), bson.D{})
	if err != nil || n != orders {
		t.Errorf("%d orders in the collection, err %v", n, err)
	}
}

// race is what each of the processes does, by as many goroutines as there are orders.
func race(ctx context.Context, store *mongodb.Store, name string, orders int) error {
	errs := make([]error, orders)
	if err := store.EnsureIndexes(ctx); err != nil {
		return err
	}
	together(orders, func(i int) {
		errs[i] = raceOne(ctx, store, fmt.Sprintf("cs_race%d", i), fmt.Sprint(name, "/", i))
	})
	return errors.Join(errs...)
}

// raceOne records and plans an order, and then sweeps: it claims whatever of all the orders is due.
func raceOne(ctx context.Context, store *mongodb.Store, id, name string) error {
	if _, err := store.Record(ctx, raceEvent(id)); err != nil {
		return err
	}
	_, err := store.Update(ctx, id, func(o *order.Order) error {
		o.Plan(order.ForPaid, []order.Email{{Key: "ebook/delivery", To: []order.Address{{Email: "a@example.com"}}, NotBefore: received}}, received)
		return nil
	})
	if err != nil {
		return err
	}
	for {
		due, err := store.Due(ctx, received, 5)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			if err := raceClaim(ctx, store, d.ID, name); err != nil {
				return err
			}
		}
	}
}

func raceClaim(ctx context.Context, store *mongodb.Store, id, name string) error {
	_, err := store.Update(ctx, id, func(o *order.Order) error { return o.Claim("ebook/delivery", name, time.Hour, received) })
	switch {
	case errors.Is(err, order.ErrNotDue), errors.Is(err, order.ErrNoDelivery):
		return nil
	case err != nil:
		return err
	}
	fmt.Println("won", id)
	_, err = store.Update(ctx, id, func(o *order.Order) error { return o.MarkSent("ebook/delivery", name, name, 202, received) })
	return err
}

func raceEvent(session string) order.Event {
	payload := fmt.Sprintf(`{"id":"evt_%s","type":"checkout.session.completed","data":{"object":{"object":"checkout.session","id":"%s","payment_status":"paid"}}}`, session, session)
	return order.Event{ID: "evt_" + session, Type: order.Completed, ReceivedAt: received, Payload: payload, Deliveries: 1}
}

func planOne(t *testing.T, store *mongodb.Store, id string) {
	t.Helper()
	if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", id, "evt_"+id)); err != nil {
		t.Fatal(err)
	}
	_, err := store.Update(t.Context(), id, func(o *order.Order) error {
		o.Plan(order.ForPaid, []order.Email{{Key: "ebook/delivery", To: []order.Address{{Email: "a@example.com"}}, NotBefore: received}}, received)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// together runs n of a function at once, and returns when all have.
func together(n int, do func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	all.Wait()
}
