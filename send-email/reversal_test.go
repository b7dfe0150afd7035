package function

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// lasting is a catalogue whose e-book brings e-mails for later, one of them to the admins.
var lasting = strings.Replace(sample.SmallCatalogue, "to: customer}\ndefault", `to: customer}
      - {key: later, template: d-00000000000000000000000000000002, to: customer, after: 48h}
      - {key: much-later, template: d-00000000000000000000000000000002, to: admins, after: 480h}
default`, 1)

const reversals = `  refunded: d-0000000000000000000000000000000a
  disputed: d-0000000000000000000000000000000b
`

// reversing is a bench with that catalogue.
func reversing(t *testing.T, catalogue string) *bench {
	t.Helper()
	return withCatalogue(t, catalogue)
}

// refund stores that so much of completed_paid's 4900 has gone back by now.
func (b *bench) refund(t *testing.T, event string, refunded int) {
	t.Helper()
	b.charge(t, event, order.ChargeRefunded, fmt.Sprintf(
		`"object":"charge","amount":4900,"amount_refunded":%d,"refunded":%v`, refunded, refunded == 4900))
}

func (b *bench) dispute(t *testing.T, event string) {
	t.Helper()
	b.charge(t, event, order.DisputeCreated, `"object":"dispute","amount":4900,"reason":"fraudulent"`)
}

func (b *bench) charge(t *testing.T, event, eventType, fields string) {
	t.Helper()
	body := fmt.Sprintf(`{"id":"%s","type":"%s","created":%d,"data":{"object":{"payment_intent":"pi_000000000000000000000001","currency":"usd",%s}}}`,
		event, eventType, b.clock.Unix(), fields)
	e, err := order.ParseEvent([]byte(body), b.clock)
	if err != nil {
		t.Fatal(err)
	}
	b.memory.record(t, e, b.clock)
}

// stands is each delivery's state, and why where it is cancelled.
func (b *bench) stands(id string) map[string]string {
	stands := map[string]string{}
	for key, d := range b.memory.orders[id].Emails {
		stands[key] = strings.TrimSuffix(string(d.State)+" "+d.LastError, " ")
	}
	return stands
}

func wants(t *testing.T, b *bench, id string, want map[string]string) {
	t.Helper()
	if d := cmp.Diff(want, b.stands(id)); d != "" {
		t.Errorf("deliveries (-want +got):\n%s", d)
	}
}

func TestRefund(t *testing.T) {
	t.Parallel()

	t.Run("of the whole stops what was to come later, and tells the admins", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.clock = b.clock.Add(time.Hour)
		b.refund(t, "evt_all", 4900)
		if p := b.sendOrder(t, id); p.Sent != 2 || p.Waiting != 0 || p.Failed != 0 {
			t.Errorf("progress %+v", p)
		}
		wants(t, b, id, map[string]string{
			"ebook/delivery": "sent", "ebook/later": "cancelled refunded", "ebook/much-later": "cancelled refunded",
			"notice/refunded/02d69633a36c": "sent",
		})
		if o := b.memory.orders[id]; o.NextDueAt != nil {
			t.Errorf("something is due at %v", o.NextDueAt)
		}
		m := b.sendgrid.mails[len(b.sendgrid.mails)-1]
		notice, _ := m.Personalizations[0].Data["notice"].(map[string]any)
		amount, _ := notice["amount"].(map[string]any)
		if m.Template != "d-0000000000000000000000000000000a" || m.Personalizations[0].To[0].Email != "owner@example.com" ||
			notice["kind"] != "refunded" || notice["whole"] != true || amount["formatted"] != "$49.00" {
			t.Errorf("the notice is %+v", m)
		}
	})

	t.Run("of a part only sends a notice for each", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.refund(t, "evt_a", 1000)
		b.clock = b.clock.Add(time.Second)
		b.refund(t, "evt_b", 2000)
		if p := b.sendOrder(t, id); p.Sent != 3 || p.Waiting != 0 || p.Failed != 0 || p.Later != 2 {
			t.Errorf("progress %+v", p)
		}
		wants(t, b, id, map[string]string{
			"ebook/delivery": "sent", "ebook/later": "planned", "ebook/much-later": "planned",
			"notice/refunded/eff4ea5d5a29": "sent", "notice/refunded/924e31c4983a": "sent",
		})
		var told []any
		for _, m := range b.sendgrid.mails[1:] {
			notice, _ := m.Personalizations[0].Data["notice"].(map[string]any)
			told = append(told, notice["amount"].(map[string]any)["formatted"], notice["whole"])
		}
		slices.SortFunc(told, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		if d := cmp.Diff([]any{"$10.00", "$20.00", false, false}, told); d != "" {
			t.Errorf("told (-want +got):\n%s", d)
		}
	})

	t.Run("that is delivered again sends no second notice", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		before := b.stands(id)
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		wants(t, b, id, before)
		if n := len(b.sendgrid.mails); n != 2 {
			t.Errorf("%d mails, want the delivery and the notice", n)
		}
	})

	t.Run("that came before the plan lets out nothing to the customer", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{
			"ebook/delivery": "cancelled refunded", "ebook/later": "cancelled refunded", "ebook/much-later": "cancelled refunded",
			"notice/refunded/02d69633a36c": "sent",
		})
	})

	t.Run("of an order that was given up does not send the goods", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.stripe.status = 502
		for range 2 {
			b.sendOrder(t, id)
			b.clock = b.clock.Add(order.Horizon)
		}
		if b.memory.orders[id].Fetch.FailedAt.IsZero() {
			t.Fatal("the order was not given up")
		}
		b.stripe.status = 0
		b.refund(t, "evt_part", 1000)
		if res := b.invoke(fmt.Sprintf(`{"charge":"%s"}`, id)); res.StatusCode != 200 {
			t.Fatalf("answered %d %s", res.StatusCode, res.Body)
		}
		stands := b.stands(id)
		if _, planned := stands["ebook/delivery"]; planned || stands["notice/items-missing"] != "sent" {
			t.Errorf("a refund of a part restarts it: %v", stands)
		}
	})

	t.Run("that was planned before its payment came stops what that owes", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_unpaid")
		b.charge(t, "evt_all", order.ChargeRefunded, `"object":"charge","amount_refunded":4900,"refunded":true,"payment_intent":"pi_000000000000000000000003"`)
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{"notice/refunded/02d69633a36c": "sent"})
		b.place(t, "async_payment_succeeded")
		b.stripe.lists[id], _ = sample.LineItems("completed_paid")
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{
			"ebook/delivery": "cancelled refunded", "ebook/later": "cancelled refunded", "ebook/much-later": "cancelled refunded",
			"notice/refunded/02d69633a36c": "sent",
		})
	})

	t.Run("leaves alone only what is being sent", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, status(503))
		b.sendOrder(t, id) // its delivery is to be attempted again
		o := b.memory.orders[id]
		busy := o.Emails["ebook/much-later"]
		busy.State, busy.Lease = order.Sending, "somebody whose clock is ahead"
		o.Emails["ebook/much-later"] = busy
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{
			"ebook/delivery": "cancelled refunded", "ebook/later": "cancelled refunded", "ebook/much-later": "sending",
			"notice/refunded/02d69633a36c": "sent",
		})
	})

	for name, answer := range map[string]int{"is refused": 400, "fails": 503} {
		t.Run("cancels what was being sent if its attempt "+name+", and notifies of no failure", func(t *testing.T) {
			t.Parallel()

			b := reversing(t, lasting+reversals)
			id := b.place(t, "completed_paid")
			b.sendgrid.answers = append(b.sendgrid.answers, func(w http.ResponseWriter) {
				b.refund(t, "evt_all", 4900)
				status(answer)(w)
			})
			b.sendOrder(t, id)
			b.sendOrder(t, id)
			wants(t, b, id, map[string]string{
				"ebook/delivery": "cancelled refunded", "ebook/later": "cancelled refunded", "ebook/much-later": "cancelled refunded",
				"notice/refunded/02d69633a36c": "sent",
			})
			if log := b.logged.String(); !strings.Contains(log, "cancelled meanwhile") || strings.Contains(log, "another attempt follows") {
				t.Errorf("the log: %s", log)
			}
		})
	}

	t.Run("cancels what was being sent if the last of its processes dies, and notifies of no failure", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.die(id, b.clock, order.MaxLost-1)
		b.refund(t, "evt_all", 4900)
		b.steady()
		if s := b.stands(id); s["ebook/delivery"] != "cancelled refunded" || s["notice/email-failed/ebook/delivery"] != "" {
			t.Errorf("it is %v", s)
		}
	})

	t.Run("stops what was for later also once its time has come, and after an attempt", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.clock = b.clock.Add(48 * time.Hour)
		b.sendgrid.answers = append(b.sendgrid.answers, status(503))
		b.sendOrder(t, id)
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{
			"ebook/delivery": "sent", "ebook/later": "cancelled refunded", "ebook/much-later": "cancelled refunded",
			"notice/refunded/02d69633a36c": "sent",
		})
	})

	t.Run("stops what is due at once, however the clocks differ", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, status(503))
		b.sendOrder(t, id)
		b.clock = b.clock.Add(-time.Minute) // another process
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		if s := b.stands(id)["ebook/delivery"]; s != "cancelled refunded" {
			t.Errorf("it is %s", s)
		}
	})

	t.Run("does not stop a notice, however the clocks differ", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.memory.orders[id].Owe([]order.Email{{
			Key: "notice/email-failed/ebook/x", Template: "d-00000000000000000000000000000007", Audience: order.Admins,
			To: []order.Address{{Email: "owner@example.com"}}, NotBefore: b.clock.Add(time.Minute), About: "ebook/x",
		}}, b.clock)
		b.refund(t, "evt_all", 4900)
		b.sendOrder(t, id)
		if s := b.stands(id)["notice/email-failed/ebook/x"]; s != "planned" {
			t.Errorf("it is %s", s)
		}
	})

	t.Run("sends one notice though the items are unknown, also where only some orders are ours", func(t *testing.T) {
		t.Parallel()

		for _, catalogue := range []string{lasting + reversals, lasting + reversals + "only: {products: [prod_ebook]}\n"} {
			b := reversing(t, catalogue)
			id := b.place(t, "completed_paid")
			b.dispute(t, "evt_dispute")
			b.stripe.status = 502
			b.sendOrder(t, id)
			b.sendOrder(t, id)
			wants(t, b, id, map[string]string{"notice/disputed/c49785210b6a": "sent"})
			b.stripe.status = 0
			b.clock = b.clock.Add(time.Hour)
			b.sendOrder(t, id)
			wants(t, b, id, map[string]string{
				"ebook/delivery": "cancelled disputed", "ebook/later": "cancelled disputed", "ebook/much-later": "cancelled disputed",
				"notice/disputed/c49785210b6a": "sent",
			})
		}
	})

	t.Run("of an order is ours, or not, as its payment was, whatever the catalogue says now", func(t *testing.T) {
		t.Parallel()

		ours, others := lasting+reversals+"only: {payment_links: [plink_ebook0000000000000000]}\n", lasting+reversals+"only: {payment_links: [plink_other]}\n"
		for _, c := range []struct {
			then, now string
			ignored   bool
		}{{ours, others, false}, {others, ours, true}} {
			b := reversing(t, c.then)
			id := b.place(t, "completed_paid")
			b.sendOrder(t, id)
			b.catalogue = reversing(t, c.now).catalogue
			b.dispute(t, "evt_dispute")
			p := b.sendOrder(t, id)
			_, told := b.stands(id)["notice/disputed/c49785210b6a"]
			if told == c.ignored || (p.Ignored != "") != c.ignored {
				t.Errorf("ignored %q, told %v; want it ignored: %v", p.Ignored, told, c.ignored)
			}
		}
	})

	t.Run("of an order that is not ours sends no notice", func(t *testing.T) {
		t.Parallel()

		for _, catalogue := range []string{lasting, lasting + reversals} {
			b := reversing(t, catalogue+"only: {payment_links: [plink_ours]}\n")
			id := b.place(t, "completed_paid")
			b.refund(t, "evt_all", 4900)
			if p := b.sendOrder(t, id); p.Ignored == "" || len(b.sendgrid.mails) != 0 {
				t.Errorf("progress %+v, %d mails", p, len(b.sendgrid.mails))
			}
			if _, waits := b.memory.orders[id].Unplanned(); waits || strings.Contains(b.logged.String(), `"level":"WARN"`) {
				t.Errorf("it waits: %v, and the log says\n%s", waits, b.logged)
			}
		}
	})

	t.Run("does without line items", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_unpaid")
		b.charge(t, "evt_a", order.ChargeRefunded, `"object":"charge","amount_refunded":1000,"payment_intent":"pi_000000000000000000000003"`)
		b.stripe.status = 502
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{"notice/refunded/eff4ea5d5a29": "sent"})
	})

	t.Run("with a catalogue from before there were such notices still stops, and is logged once", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.refund(t, "evt_all", 4900)
		b.dispute(t, "evt_dispute")
		b.sendOrder(t, id)
		b.sendOrder(t, id)
		wants(t, b, id, map[string]string{
			"ebook/delivery": "sent", "ebook/later": "cancelled refunded", "ebook/much-later": "cancelled refunded",
		})
		for _, want := range []string{
			`"event":"evt_all","event_type":"charge.refunded"}`,
			`"event":"evt_dispute","event_type":"charge.dispute.created"}`,
		} {
			want = `"level":"WARN","msg":"no notice is sent: the catalogue has no template for it","call_id":"","order":"` + id + `",` + want
			if n := strings.Count(b.logged.String(), want); n != 1 {
				t.Errorf("the log says %d times %s:\n%s", n, want, b.logged)
			}
		}
	})
}

func TestWhatAnotherProcessPlannedIsNotToldAgain(t *testing.T) {
	t.Parallel()

	b := reversing(t, lasting)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	b.refund(t, "evt_all", 4900)
	b.memory.updateFunc = func(string) error { // in between, it has planned the order
		b.catalogue.Plan(b.memory.orders[id], "refund_evt_all", b.clock)
		return nil
	}
	b.sendOrder(t, id)
	if strings.Contains(b.logged.String(), `"level":"WARN"`) {
		t.Errorf("the log says\n%s", b.logged)
	}
}

func TestDispute(t *testing.T) {
	t.Parallel()

	b := reversing(t, lasting+reversals)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	b.dispute(t, "evt_dispute")
	b.sendOrder(t, id)
	wants(t, b, id, map[string]string{
		"ebook/delivery": "sent", "ebook/later": "cancelled disputed", "ebook/much-later": "cancelled disputed",
		"notice/disputed/c49785210b6a": "sent",
	})
	m := b.sendgrid.mails[len(b.sendgrid.mails)-1]
	notice, _ := m.Personalizations[0].Data["notice"].(map[string]any)
	amount, _ := notice["amount"].(map[string]any)
	if m.Template != "d-0000000000000000000000000000000b" || notice["reason"] != "fraudulent" || amount["formatted"] != "$49.00" {
		t.Errorf("the notice is %+v", m)
	}
}

func TestKeysOfReversals(t *testing.T) {
	t.Parallel()

	b := reversing(t, lasting+reversals)
	id := b.place(t, "completed_paid")
	for _, event := range []string{"evt_1PgafyB7WZ01zgkW", "evt_1PGAFYB7WZ01zgkW"} {
		b.refund(t, event, 4900)
	}
	b.sendOrder(t, id)
	keys := slices.Sorted(maps.Keys(b.memory.orders[id].Emails))
	if len(keys) != 5 {
		t.Errorf("keys %v, want one for each event", keys)
	}
	for _, key := range keys {
		if !regexp.MustCompile(`^[a-z0-9/-]+$`).MatchString(key) {
			t.Errorf("key %q", key)
		}
	}
}

// told are the notices about money that were sent: their template, kind and command.
func (b *bench) told() []string {
	var all []string
	for _, m := range b.sendgrid.mails {
		if notice, ok := m.Personalizations[0].Data["notice"].(map[string]any); ok {
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %v %v", m.Template[len(m.Template)-1:], notice["kind"], notice["command"])))
		}
	}
	return all
}

func TestMoneyThatMovesLater(t *testing.T) {
	t.Parallel()

	later := func(t *testing.T, b *bench, id string) {
		t.Helper()
		b.clock = b.clock.Add(time.Hour)
		if p := b.sendOrder(t, id); p.Waiting != 0 || p.Failed != 0 {
			t.Errorf("progress %+v", p)
		}
	}

	t.Run("a refund that fails is told once, and sends nothing that was cancelled", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.refund(t, "evt_all", 4900)
		later(t, b, id)
		const failed = `"object":"refund","id":"re_1","amount":4900,"status":"failed"`
		b.charge(t, "evt_failed", order.RefundFailed, failed)
		later(t, b, id)
		b.charge(t, "evt_failed_too", order.ChargeRefundUpdated, failed)
		later(t, b, id)
		want := []string{"a refunded", "a refund-failed resend " + id + ` ebook/later --reason "the refund failed"`}
		if d := cmp.Diff(want, b.told()); d != "" {
			t.Errorf("notices (-want +got):\n%s", d)
		}
		if d := b.memory.orders[id].Emails["ebook/later"]; d.State != order.Cancelled {
			t.Errorf("the e-mail for later is %s", d.State)
		}
	})

	t.Run("an inquiry stops nothing; the dispute that it becomes does, and its end is told once", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		say := func(event, eventType, status string) {
			b.charge(t, event, eventType, `"object":"dispute","id":"dp_1","amount":4900,"reason":"fraudulent","status":"`+status+`"`)
			later(t, b, id)
		}
		say("evt_1", order.DisputeCreated, "warning_needs_response")
		if d := b.memory.orders[id].Emails["ebook/later"]; d.State != order.Planned {
			t.Errorf("the e-mail for later is %s", d.State)
		}
		say("evt_2", order.DisputeUpdated, "needs_response")
		say("evt_3", order.DisputeWithdrawn, "needs_response")
		if d := b.memory.orders[id].Emails["ebook/later"]; d.State != order.Cancelled {
			t.Errorf("the e-mail for later is %s", d.State)
		}
		say("evt_4", order.DisputeClosed, "won")
		say("evt_5", order.DisputeReinstated, "won")
		want := []string{"b inquiry", "b disputed", "b dispute-won resend " + id + ` ebook/later --reason "the dispute was won"`}
		if d := cmp.Diff(want, b.told()); d != "" {
			t.Errorf("notices (-want +got):\n%s", d)
		}
	})

	t.Run("a capture by hand brings the e-mails of an order that was completed unpaid", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting+reversals)
		id := b.place(t, "completed_unpaid")
		b.sendOrder(t, id)
		if sent := b.sendgrid.sent(); len(sent) != 0 {
			t.Errorf("unpaid, it sends %q", sent)
		}
		b.place(t, "payment_captured")
		later(t, b, id)
		later(t, b, id)
		if d := cmp.Diff([]string{"default/receipt", "notice/unknown-product"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
	})
}
