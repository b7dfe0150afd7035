package function

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/commands"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// sold is a bench with two orders of Ada's, one paid, whose e-mails were sent, and one unpaid.
func sold(t *testing.T) (b *bench, paid, unpaid string) {
	t.Helper()
	b = setUp(t)
	paid, unpaid = b.place(t, "completed_paid"), b.place(t, "completed_unpaid")
	b.sendOrder(t, paid)
	b.sendOrder(t, unpaid)
	b.memory.orders[unpaid].CustomerEmail = b.memory.orders[paid].CustomerEmail
	return b, paid, unpaid
}

// stored is an order as the database has it.
func (b *bench) stored(t *testing.T, id string) string {
	t.Helper()
	raw, err := bson.Marshal(b.memory.orders[id])
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (b *bench) forgets(t *testing.T, arguments string) commands.Forgotten {
	t.Helper()
	var done commands.Forgotten
	if res := b.invoke(b.dated("forget", arguments)); json.Unmarshal(res.Body, &done) != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", res.StatusCode, res.Body)
	}
	return done
}

func TestForget(t *testing.T) {
	t.Parallel()

	t.Run("finds all orders of an address, whatever its letters, and looks first", func(t *testing.T) {
		t.Parallel()

		b, paid, unpaid := sold(t)
		b.clock = b.clock.Add(time.Hour)
		b.resent(t, `{"order":"`+paid+`","key":"ebook/delivery","to":"bob@example.com","reason":"for Bob"}`)
		before := b.memory.orders[paid].Clone()
		want := commands.Forgotten{Orders: []string{paid, unpaid}, Already: []string{}, NotYet: []string{}, DryRun: true}
		customer := strings.ToUpper(b.memory.orders[paid].CustomerEmail)
		if d := cmp.Diff(want, b.forgets(t, `{"email":"`+customer+`","dry_run":true}`)); d != "" {
			t.Errorf("a dry run (-want +got):\n%s", d)
		}
		if d := cmp.Diff(before, b.memory.orders[paid], cmpopts.IgnoreUnexported(order.Event{})); d != "" {
			t.Errorf("a dry run changed (-before +after):\n%s", d)
		}
		want.DryRun = false
		if d := cmp.Diff(want, b.forgets(t, `{"email":"`+customer+`"}`)); d != "" {
			t.Errorf("forgotten (-want +got):\n%s", d)
		}
		for _, id := range []string{paid, unpaid} {
			// No part of a lease, which is random capitals, looks like these.
			s := strings.ReplaceAll(b.stored(t, id), "owner@example.com", "")
			if strings.Contains(s, "Ada") || strings.Contains(s, "Bob") || strings.Contains(s, "@") {
				t.Errorf("something is left: %q", s)
			}
		}
		if got := b.forgets(t, `{"email":"`+customer+`"}`); len(got.Orders) != 0 {
			t.Errorf("found once more: %+v", got)
		}
		if got := b.forgets(t, `{"order":"`+paid+`"}`); len(got.Orders) != 0 || len(got.Already) != 1 {
			t.Errorf("by its ID: %+v", got)
		}
		if strings.Contains(strings.ToLower(b.logged.String()), "ada@") {
			t.Errorf("the log holds the address:\n%s", b.logged)
		}
	})

	t.Run("finds an order by the recipient of a copy, and none by an admin", func(t *testing.T) {
		t.Parallel()

		b, paid, _ := sold(t)
		b.resent(t, `{"order":"`+paid+`","key":"ebook/delivery","to":"bob@example.com","reason":"for Bob"}`)
		b.forgets(t, `{"email":"müller@bücher.example"}`) // which SendGrid would refuse, and Stripe may have
		if got := b.forgets(t, `{"email":"owner@example.com"}`); len(got.Orders) != 0 {
			t.Errorf("an admin: %+v", got)
		}
		if got := b.forgets(t, `{"email":"Bob@example.com"}`); cmp.Diff([]string{paid}, got.Orders) != "" {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("leaves an order that is being sent something, says so, and does the others", func(t *testing.T) {
		t.Parallel()

		b, paid, unpaid := sold(t)
		b.die(paid, b.clock.Add(time.Minute), 0)
		before := b.memory.orders[paid].Clone()
		got := b.forgets(t, `{"email":"`+b.memory.orders[paid].CustomerEmail+`"}`)
		if cmp.Diff([]string{paid}, got.NotYet) != "" || cmp.Diff([]string{unpaid}, got.Orders) != "" ||
			!cmp.Equal(before, b.memory.orders[paid], cmpopts.IgnoreUnexported(order.Event{})) {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("cancels what was still to be sent, and notifies the admins if money comes later", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers, b.sendgrid.sales = append(b.sendgrid.answers, status(503), status(503)), true
		b.sendOrder(t, id)
		b.forgets(t, `{"order":"`+id+`"}`)
		b.clock = b.clock.Add(order.Horizon)
		b.sendOrder(t, id)
		if d := b.memory.orders[id].Emails["ebook/delivery"]; d.State != order.Cancelled || len(b.sendgrid.mails) != 0 {
			t.Errorf("%s, %d mails", d.State, len(b.sendgrid.mails))
		}

		id = b.place(t, "completed_unpaid")
		b.forgets(t, `{"order":"`+id+`"}`)
		b.place(t, "async_payment_succeeded")
		b.sendOrder(t, id)
		if d := cmp.Diff([]string{"course/sale", "notice/email-failed/course/welcome"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
	})

	t.Run("says that there is no such order", func(t *testing.T) {
		t.Parallel()

		b, _, _ := sold(t)
		for _, command := range []string{"forget", "export"} {
			if res := b.invoke(b.dated(command, `{"order":"cs_none"}`)); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d %s", command, res.StatusCode, res.Body)
			}
		}
	})
}

func TestExport(t *testing.T) {
	t.Parallel()

	export := func(t *testing.T, b *bench, arguments string) (orders []map[string]any, text string) {
		t.Helper()
		res := b.invoke(fmt.Sprintf(`{"export":%s}`, arguments)) // it changes nothing, and needs no date
		var out struct{ Orders []map[string]any }
		if err := json.Unmarshal(res.Body, &out); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("got %d %s", res.StatusCode, res.Body)
		}
		return out.Orders, string(res.Body)
	}

	t.Run("gives all that is held of the customer", func(t *testing.T) {
		t.Parallel()

		b, paid, unpaid := sold(t)
		email := b.memory.orders[paid].CustomerEmail
		b.resent(t, `{"order":"`+paid+`","key":"ebook/delivery","to":"bob@example.com","reason":"as asked on the phone"}`)
		orders, text := export(t, b, `{"email":"`+strings.ToUpper(email)+`"}`)
		if len(orders) != 2 || orders[0]["_id"] != paid || orders[1]["_id"] != unpaid {
			t.Fatalf("%d orders: %s", len(orders), text)
		}
		for _, want := range []string{email, "Ada Example", `"postal_code":"10001"`, `"amount_total":4900`, "prod_ebook", `"sent_at":"2024-11-24T12:00:00Z"`,
			`"customer_details":{`, "as asked on the phone"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not hold %q:\n%s", want, text)
			}
		}
		for _, others := range []string{"owner@example.com", "bob@example.com"} {
			if strings.Contains(text, others) {
				t.Errorf("it holds the address of %s", others)
			}
		}
		b.forgets(t, `{"email":"`+email+`"}`)
		if orders, _ := export(t, b, `{"email":"`+email+`"}`); len(orders) != 0 {
			t.Errorf("forgotten, and exported: %v", orders)
		}
	})

	t.Run("gives no address of others, also where SendGrid told of it", func(t *testing.T) {
		t.Parallel()

		b, paid, _ := sold(t)
		b.resent(t, `{"order":"`+paid+`","key":"ebook/delivery","to":"bob@example.com","reason":"for Bob"}`)
		o := b.memory.orders[paid]
		sale := o.Emails["ebook/sale"]
		sale.To = append(sale.To, order.Address{Email: "partner@example.com"})
		o.Emails["ebook/sale"] = sale
		for key, d := range o.Emails {
			var told []order.Arrival
			for _, to := range d.To {
				told = append(told, order.Arrival{Kind: order.Delivered, To: to.Email, At: b.clock, Message: "m1", Reason: "250 <" + to.Email + "> has it"})
			}
			if _, err := o.Arrive(key, told, b.clock); err != nil {
				t.Fatal(err)
			}
		}
		customer := o.CustomerEmail
		for arguments, knows := range map[string][]string{
			`{"order":"` + paid + `"}`:        {customer},
			`{"email":"` + customer + `"}`:    {customer},
			`{"email":"bob@example.com"}`:     {"bob@example.com"},
			`{"email":"Partner@example.com"}`: nil,
		} {
			_, text := export(t, b, arguments)
			for _, address := range []string{customer, "bob@example.com", "owner@example.com", "partner@example.com"} {
				has := strings.Contains(text, `\u003c`+address+`\u003e has it`) && strings.Contains(text, `"to":"`+address)
				if has != slices.Contains(knows, address) || !has && strings.Contains(text, address) {
					t.Errorf("%s and %s: it holds %s", arguments, address, text)
				}
			}
		}
		// An admin who buys is a customer like any other, and knows of a sale what the admins were
		// sent.
		o.CustomerEmail = "owner@example.com"
		if _, text := export(t, b, `{"email":"owner@example.com"}`); !strings.Contains(text, `"to":"owner@`) || strings.Contains(text, "partner@") {
			t.Errorf("an admin's own: it holds %s", text)
		}
		if d := o.Emails["ebook/sale"]; len(d.To) != 2 || d.Arrivals[1].Reason == "" {
			t.Errorf("the export changed the order: %+v", d)
		}
	})

	t.Run("gives the recipient of a copy no more than that", func(t *testing.T) {
		t.Parallel()

		b, paid, _ := sold(t)
		b.resent(t, `{"order":"`+paid+`","key":"ebook/delivery","to":"bob@example.com","reason":"for Bob"}`)
		orders, text := export(t, b, `{"email":"bob@example.com"}`)
		if len(orders) != 1 || strings.Count(text, "bob@example.com") != 2 || strings.Contains(text, "ada") || strings.Contains(text, "4900") {
			t.Errorf("it holds %s", text)
		}
	})
}

// A shop has more orders than one call may look at, and a customer more than one may forget or
// export.
func TestCustomerInParts(t *testing.T) {
	t.Parallel()

	// many are so many orders of other people, and of Grace's, who bought first and last.
	many := func(t *testing.T, others, graces int) *bench {
		t.Helper()
		b := setUp(t)
		b.shelve(t, "cs_a", "completed_unpaid", 0, func(o *order.Order) { o.CustomerEmail = "eve@example.com" })
		for i := range others + graces {
			o := b.memory.orders["cs_a"].Clone()
			o.ID, o.CreatedAt = fmt.Sprintf("cs_%d", i), b.clock.Add(-time.Duration(i/2)*time.Second)
			if i < graces/2 || i >= others+graces/2 {
				o.CustomerEmail = "grace@example.com"
			}
			b.memory.orders[o.ID] = o
		}
		return b
	}
	type part struct {
		Orders []any
		Next   string
	}
	ask := func(t *testing.T, b *bench, command string) (all []any, parts []int) {
		t.Helper()
		p := part{}
		for first := true; first || p.Next != ""; first = false {
			next := p.Next
			p = part{}
			res := b.invoke(b.dated(command, fmt.Sprintf(`{"email":"grace@example.com","before":%q}`, next)))
			if err := json.Unmarshal(res.Body, &p); err != nil || res.StatusCode != http.StatusOK || len(parts) > 20 {
				t.Fatalf("%d %s", res.StatusCode, res.Body)
			}
			all, parts = append(all, p.Orders...), append(parts, len(p.Orders))
		}
		return all, parts
	}

	t.Run("is found among all", func(t *testing.T) {
		t.Parallel()

		b := many(t, 2*commands.MaxLooked, 4)
		if all, parts := ask(t, b, "export"); len(all) != 4 || !slices.Equal(parts, []int{2, 0, 2}) {
			t.Errorf("exported %d, in %v", len(all), parts)
		}
		if all, parts := ask(t, b, "forget"); len(all) != 4 || !slices.Equal(parts, []int{2, 0, 2}) {
			t.Errorf("forgot %v, in %v", all, parts)
		}
	})

	t.Run("has no more in an answer than it may hold, and each order once", func(t *testing.T) {
		t.Parallel()

		const rest = 3
		b := many(t, 2, 2*commands.MaxForgotten+rest)
		all, parts := ask(t, b, "export")
		seen := map[any]bool{}
		for _, o := range all {
			seen[o.(map[string]any)["_id"]] = true
		}
		if len(all) != 2*commands.MaxForgotten+rest || len(seen) != len(all) || slices.Max(parts) != commands.MaxExported {
			t.Errorf("exported %d, in %v", len(all), parts)
		}
		if all, parts := ask(t, b, "forget"); len(all) != 2*commands.MaxForgotten+rest || !slices.Equal(parts, []int{commands.MaxForgotten, commands.MaxForgotten, rest}) {
			t.Errorf("forgot %d, in %v", len(all), parts)
		}
	})

	t.Run("goes on where an answer before has ended, and nowhere else", func(t *testing.T) {
		t.Parallel()

		b := many(t, 1, 1)
		for arguments, want := range map[string]string{
			`{"email":"grace@example.com","before":"cs_1"}`:    ".before: want the next of an earlier answer",
			`{"order":"cs_1","before":"2026-11-24T12:00:00Z"}`: ".before: want email beside it",
		} {
			for _, command := range []string{"export", "forget"} {
				if res := b.invoke(b.dated(command, arguments)); res.StatusCode != http.StatusBadRequest || !strings.Contains(string(res.Body), command+want) {
					t.Errorf("%s %s: %d %s", command, arguments, res.StatusCode, res.Body)
				}
			}
		}
	})
}

func TestRetentionShorterThanTheCatalogueIsRefused(t *testing.T) {
	t.Parallel()

	for age, want := range map[time.Duration]bool{0: true, 20 * 24 * time.Hour: false, 20*24*time.Hour + 1: true} {
		_, err := New(Parts{Retention: age}, []byte(lasting+reversals))
		text, _ := openfaas.Misconfiguration(err)
		if (err == nil) != want || !want && !strings.Contains(text, "ebook/much-later") {
			t.Errorf("%v: %v", age, err)
		}
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()

	// aged is a bench that forgets after 30 days, with so many orders that are 31 days old and one
	// that is 690 hours old.
	aged := func(t *testing.T, old int) (b *bench, young string) {
		t.Helper()
		b = setUpOffline(t)
		young = b.place(t, "completed_unpaid")
		b.memory.orders[young].Plan(order.ForStillUnpaid, nil, b.clock) // else it is due, and so open
		for i := range old {
			o := b.memory.orders[young].Clone()
			o.ID = fmt.Sprintf("cs_%d", i)
			o.CreatedAt = b.clock.Add(-time.Duration(i/3) * time.Minute) // some of the same time
			b.memory.orders[o.ID] = o
		}
		b.clock = b.clock.Add(31 * 24 * time.Hour)
		b.memory.orders[young].CreatedAt = b.clock.Add(-690 * time.Hour)
		b.retention.Age = 30 * 24 * time.Hour
		b.interval = time.Minute
		return b, young
	}
	count := func(b *bench) (n int) {
		for _, o := range b.memory.orders {
			if !o.ForgottenAt.IsZero() {
				n++
			}
		}
		return n
	}

	t.Run("forgets what is old, a part after each sweep, once a day", func(t *testing.T) {
		t.Parallel()

		const old = 2*commands.RetentionPart + 10
		b, young := aged(t, old)
		b.sweepOnce(t.Context())
		if n := count(b); n != commands.RetentionPart {
			t.Errorf("%d after the first sweep", n)
		}
		for range 3 {
			b.sweepOnce(t.Context())
		}
		if n := count(b); n != old || !b.memory.orders[young].ForgottenAt.IsZero() {
			t.Errorf("%d of %d, and the young one at %v", n, old, b.memory.orders[young].ForgottenAt)
		}
		if a := b.memory.orders["cs_0"].Audit; len(a) != 1 || a[0].Command != "forget" || a[0].Reason != order.ByAge {
			t.Errorf("audit %+v", a)
		}
		if !strings.Contains(b.logged.String(), fmt.Sprintf(`"orders forgotten by their age","orders":%d`, old)) || strings.Contains(b.logged.String(), "cs_1") {
			t.Errorf("log: %s", b.logged)
		}
		b.clock = b.clock.Add(23 * time.Hour)
		b.sweepOnce(t.Context())
		b.clock = b.clock.Add(2 * time.Hour)
		for range 3 {
			b.sweepOnce(t.Context())
		}
		if !b.memory.orders[young].ForgottenAt.IsZero() {
			t.Error("the young one was forgotten too early")
		}
		b.clock = b.clock.Add(25 * time.Hour)
		if b.sweepOnce(t.Context()); b.memory.orders[young].ForgottenAt.IsZero() {
			t.Error("the next day's walk did not find the one that is old by then")
		}
	})

	t.Run("leaves what is open, and what something was done to since", func(t *testing.T) {
		t.Parallel()

		b, _ := aged(t, 5)
		due := b.clock.Add(time.Hour)
		b.memory.orders["cs_0"].UpdatedAt = b.clock.Add(-690 * time.Hour)
		b.memory.orders["cs_1"].NextDueAt = &due
		b.memory.orders["cs_2"].Fetch.FailedAt = b.clock.Add(-700 * time.Hour)
		b.memory.orders["cs_3"].CreatedAt = b.clock.Add(-order.LongestDebit + time.Hour)
		b.retention.Age = 10 * 24 * time.Hour
		for range 3 {
			b.sweepOnce(t.Context())
		}
		want := map[string]bool{"cs_0": false, "cs_1": true, "cs_2": false, "cs_3": true, "cs_4": false}
		for id, kept := range want {
			if o := b.memory.orders[id]; o.ForgottenAt.IsZero() != kept {
				t.Errorf("%s was kept: %v, want %v", id, o.ForgottenAt.IsZero(), kept)
			}
		}
		b, _ = aged(t, 1)
		b.memory.orders["cs_0"].UpdatedAt = b.clock.Add(-690 * time.Hour)
		if b.sweepOnce(t.Context()); !b.memory.orders["cs_0"].ForgottenAt.IsZero() {
			t.Error("one that was changed 690 hours ago was forgotten after 30 days")
		}
	})

	t.Run("goes on though many were made in one millisecond", func(t *testing.T) {
		t.Parallel()

		b, _ := aged(t, 3*commands.RetentionPart)
		for id, o := range b.memory.orders {
			if id != "cs_0" {
				o.CreatedAt = b.clock.Add(-31 * 24 * time.Hour)
			}
		}
		b.memory.orders["cs_0"].CreatedAt = b.clock.Add(-32 * 24 * time.Hour)
		for range 4 {
			b.sweepOnce(t.Context())
		}
		if b.memory.orders["cs_0"].ForgottenAt.IsZero() || b.retention.Walking() {
			t.Errorf("the walk goes on: %v", b.retention.Walking())
		}
	})

	t.Run("keeps all where nothing is set, and leaves what is being sent something", func(t *testing.T) {
		t.Parallel()

		b, _ := aged(t, 2)
		b.retention.Age = 0
		if b.sweepOnce(t.Context()); count(b) != 0 {
			t.Error("forgotten all the same")
		}
		b.retention.Age = 30 * 24 * time.Hour
		b.memory.orders["cs_1"].Emails = map[string]order.Delivery{"ebook/delivery": {State: order.Sending, DueAt: b.clock.Add(time.Minute)}}
		if b.sweepOnce(t.Context()); count(b) != 1 || !b.memory.orders["cs_1"].ForgottenAt.IsZero() {
			t.Errorf("%d forgotten", count(b))
		}
	})

	t.Run("begins nothing once the process is to end", func(t *testing.T) {
		t.Parallel()

		b, _ := aged(t, 2)
		quit, end := context.WithCancel(t.Context())
		end()
		if b.sweepOnce(quit); count(b) != 0 {
			t.Errorf("%d forgotten", count(b))
		}
	})
}
