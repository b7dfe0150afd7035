package function

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/commands"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// correct asks for another address, a moment after the last call.
func (b *bench) correct(arguments string) (string, handler.Response) {
	b.clock = b.clock.Add(time.Second)
	body := b.dated("correct", arguments)
	return body, b.invoke(body)
}

func (b *bench) corrected(t *testing.T, arguments string) commands.CorrectedOrder {
	t.Helper()
	_, res := b.correct(arguments)
	return correctedOf(t, res)
}

func correctedOf(t *testing.T, res handler.Response) commands.CorrectedOrder {
	t.Helper()
	var c commands.CorrectedOrder
	if err := json.Unmarshal(res.Body, &c); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", res.StatusCode, res.Body)
	}
	return c
}

// toAda are the arguments that give an order of Ada's the right address.
func toAda(id, more string) string {
	return `{"order":"` + id + `","to":"ada@right.example","reason":"a typo"` + more + `}`
}

// mailed are the deliveries that SendGrid accepted, in the order in which they came, and to whom.
func (f *fakeSendGrid) mailed() (all [][2]string) {
	for _, m := range f.mails {
		p := m.Personalizations[0]
		_, key, _ := strings.Cut(p.CustomArgs["delivery"], "/")
		all = append(all, [2]string{key, p.To[0].Email})
	}
	return all
}

func TestCorrect(t *testing.T) {
	t.Parallel()

	const right = "ada@right.example"
	ada := []view.Recipient{{Email: right, Name: "Ada Example"}}

	t.Run("has the follow-up go to the new address, once, however often the call comes", func(t *testing.T) {
		t.Parallel()

		b := reversing(t, lasting)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		call, res := b.correct(toAda(id, ""))
		c := correctedOf(t, res)
		due := b.memory.orders[id].Emails["ebook/later"].DueAt
		want := commands.CorrectedOrder{ID: id, To: ada[0], Emails: []commands.ResentMail{{Key: "ebook/later", State: "waiting", To: ada, DueAt: &due}},
			Earlier: []commands.ResentMail{{Key: "ebook/delivery", State: "sent", To: []view.Recipient{{Email: "ada@example.com", Name: "Ada Example"}}}}}
		if d := cmp.Diff(want, c); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		for range 3 {
			if d := cmp.Diff(c, correctedOf(t, b.invoke(call))); d != "" {
				t.Errorf("a copy of the call (-want +got):\n%s", d)
			}
		}
		b.clock = due
		b.invoke(`{"sweep":true}`)
		if d := cmp.Diff([][2]string{{"ebook/delivery", "ada@example.com"}, {"ebook/later", right}}, b.sendgrid.mailed()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
		if customer := b.sendgrid.mails[1].Personalizations[0].Data["customer"]; cmp.Diff(map[string]any{"name": "Ada Example", "email": right}, customer) != "" {
			t.Errorf("the template shows %v", customer)
		}
		if a := b.memory.orders[id].Audit; len(a) != 1 || a[0].Command != "correct" || a[0].Reason != "a typo" {
			t.Errorf("audit %+v", a)
		}
		if log := b.logged.String(); strings.Contains(log, "right.example") || strings.Contains(log, "a typo") || strings.Count(log, "the customer's address is corrected") != 1 {
			t.Errorf("log: %s", log)
		}
	})

	t.Run("sends again what bounced, failed or is named, with the name that is given", func(t *testing.T) {
		t.Parallel()

		b, account := listening(t, false)
		id := b.place(t, "completed_two_products")
		b.sendOrder(t, id)
		const key = "course/welcome"
		failed := b.memory.orders[id].Emails["ebook/delivery"]
		failed.State = order.Failed
		b.memory.orders[id].Emails["ebook/delivery"] = failed
		b.tell(t, account, event("bounce", id, key, "m1", b.clock, "type", "bounce"))
		b.sendOrder(t, id)
		before := len(b.sendgrid.mails)
		c := b.corrected(t, `{"order":"`+id+`","to":"Countess Ada <ada@right.example>","reason":"a typo"}`)
		countess := []view.Recipient{{Email: right, Name: "Countess Ada"}}
		for _, m := range c.Emails {
			if m.State != "sent" || cmp.Diff(countess, m.To) != "" {
				t.Errorf("%+v", m)
			}
		}
		if sent := b.sendgrid.mailed()[before:]; len(c.Emails) != 2 || len(sent) != 2 || sent[0][1] != right || sent[1][1] != right {
			t.Errorf("%+v; sent %v", c.Emails, sent)
		}
		if again := b.corrected(t, toAda(id, `,"resend":["`+key+`"]`)); len(again.Emails) != 1 || !strings.HasPrefix(again.Emails[0].Key, key+"/again-") {
			t.Errorf("named: %+v", again)
		}
	})

	t.Run("is for what is planned later, whatever Stripe delivers again", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_unpaid")
		if c := b.corrected(t, toAda(id, "")); len(c.Emails)+len(c.Earlier) != 0 || c.To.Email != right {
			t.Errorf("%+v", c)
		}
		b.place(t, "completed_unpaid", "async_payment_succeeded", "completed_unpaid")
		b.sendOrder(t, id)
		got := b.sendgrid.mailed()
		slices.SortFunc(got, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
		if d := cmp.Diff([][2]string{{"course/sale", "owner@example.com"}, {"course/welcome", right}}, got); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
	})

	t.Run("names what is being sent, and gives the next attempt the new address", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.die(id, b.clock.Add(lease), 0)
		c := b.corrected(t, toAda(id, ""))
		if e := c.Earlier; len(c.Emails) != 0 || len(e) != 1 || e[0].Key != "ebook/delivery" || e[0].State != "sending" || e[0].To[0].Email != "ada@example.com" {
			t.Errorf("%+v", c)
		}
		b.clock = b.clock.Add(lease)
		b.steady()
		sent := b.sendgrid.mailed()
		if last := sent[len(sent)-1]; !strings.HasPrefix(last[0], "ebook/delivery/again-") || last[1] != right || len(sent) != 3 {
			t.Errorf("sent %v", sent)
		}
		if d := b.memory.orders[id].Emails["ebook/delivery"]; d.State != order.Cancelled || d.To[0].Email != "ada@example.com" {
			t.Errorf("%+v", d)
		}
		mustLog(t, b, `"level":"WARN","msg":"an e-mail is replaced by a copy to the corrected address`)
	})

	t.Run("is found and forgotten by either address, and exported", func(t *testing.T) {
		t.Parallel()

		b, paid, _ := sold(t)
		b.corrected(t, toAda(paid, `,"resend":["ebook/delivery"]`))
		for _, email := range []string{"ADA@right.example", "ada@example.com"} {
			res := b.invoke(`{"export":{"email":"` + email + `"}}`)
			if !strings.Contains(string(res.Body), `"corrections":[{"at":`) || !strings.Contains(string(res.Body), right) {
				t.Errorf("%s: %s", email, res.Body)
			}
			if list := asked[commands.OrderList](t, b, `{"orders": {"email": "`+email+`"}}`); ids(list)[0] != paid || list.Orders[0].Customer.Email != right {
				t.Errorf("%s: %+v", email, list)
			}
			if got := b.forgets(t, `{"email":"`+email+`","dry_run":true}`); !slices.Contains(got.Orders, paid) {
				t.Errorf("%s: %+v", email, got)
			}
		}
		b.forgets(t, `{"email":"`+right+`"}`)
		if s := strings.ReplaceAll(b.stored(t, paid), "owner@example.com", ""); strings.Contains(s, "@") {
			t.Errorf("something is left: %q", s)
		}
	})

	t.Run("says that the database is away, and is done once when it is back", func(t *testing.T) {
		t.Parallel()

		b, paid, _ := sold(t)
		b.memory.updateFunc = func(string) error { return errors.New("away") }
		call, res := b.correct(toAda(paid, ""))
		if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(res.Body), "it may not be done") {
			t.Errorf("%d %s", res.StatusCode, res.Body)
		}
		b.memory.updateFunc = nil
		for range 2 {
			correctedOf(t, b.invoke(call))
		}
		if n := len(b.memory.orders[paid].Corrections); n != 1 {
			t.Errorf("corrected %d times", n)
		}
	})
}

func TestCorrectRefuses(t *testing.T) {
	t.Parallel()

	b, paid, unpaid := sold(t)
	gone := b.place(t, "completed_jpy")
	b.forgets(t, `{"order":"`+gone+`"}`)
	for name, c := range map[string]struct {
		arguments string
		status    int
		says      string
	}{
		"no such order":          {toAda("cs_none", ""), 404, "no such order"},
		"no such e-mail":         {toAda(paid, `,"resend":["ebook/none"]`), 404, "no such e-mail; the order has ebook/delivery, ebook/sale"},
		"none planned yet":       {toAda(unpaid, `,"resend":["course/welcome"]`), 404, "the order has none"},
		"an e-mail to the admin": {toAda(paid, `,"resend":["ebook/sale"]`), 409, "the e-mail does not go to the customer: ebook/sale"},
		"a forgotten order":      {toAda(gone, ""), 409, "the order was forgotten"},
	} {
		if _, res := b.correct(c.arguments); res.StatusCode != c.status || !strings.Contains(string(res.Body), c.says) {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.Body)
		}
	}
	for id, o := range b.memory.orders {
		if len(o.Corrections) != 0 {
			t.Errorf("%s is corrected", id)
		}
	}
}
