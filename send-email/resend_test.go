package function

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/commands"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/view"
)

// dated is a call that changes something, made just now.
func (b *bench) dated(command, arguments string) string {
	return fmt.Sprintf(`{%q:%s,"at":%q}`, command, arguments, b.clock.Format(time.RFC3339Nano))
}

// resend asks for an e-mail again, a moment after the last call.
func (b *bench) resend(arguments string) (string, handler.Response) {
	b.clock = b.clock.Add(time.Second)
	body := b.dated("resend", arguments)
	return body, b.invoke(body)
}

func (b *bench) resent(t *testing.T, arguments string) []commands.ResentMail {
	t.Helper()
	_, res := b.resend(arguments)
	return mailsOf(t, res)
}

func mailsOf(t *testing.T, res handler.Response) []commands.ResentMail {
	t.Helper()
	var r commands.Resent
	if err := json.Unmarshal(res.Body, &r); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", res.StatusCode, res.Body)
	}
	return r.Emails
}

func TestResend(t *testing.T) {
	t.Parallel()

	t.Run("sends at once, and once, however often the call comes", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		call, res := b.resend(`{"order":"` + id + `","key":"ebook/delivery","reason":"it was lost"}`)
		mails := mailsOf(t, res)
		if len(mails) != 1 || !strings.HasPrefix(mails[0].Key, "ebook/delivery/again-") || mails[0].State != "sent" {
			t.Fatalf("got %+v", mails)
		}
		for range 3 {
			if d := cmp.Diff(mails, mailsOf(t, b.invoke(call))); d != "" {
				t.Errorf("a copy of the call (-want +got):\n%s", d)
			}
		}
		if n := strings.Count(b.logged.String(), "e-mails are sent again"); n != 1 {
			t.Errorf("the log says %d times that it sends again", n)
		}
		b.sendOrder(t, id)
		b.invoke(`{"sweep":true}`)
		if d := cmp.Diff([]string{"ebook/delivery", mails[0].Key, "ebook/sale"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
		if a := b.memory.orders[id].Audit; len(a) != 1 || a[0].Command != "resend" || a[0].Key != "ebook/delivery" || a[0].Reason != "it was lost" {
			t.Errorf("audit %+v", a)
		}
		if again := b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"it was lost"}`); again[0].Key == mails[0].Key || len(b.sendgrid.sent()) != 4 {
			t.Errorf("a new call: %+v, sent %v", again, b.sendgrid.sent())
		}
		if strings.Contains(b.logged.String(), "it was lost") {
			t.Errorf("the log holds the reason:\n%s", b.logged)
		}
	})

	t.Run("without a key, sends the customer's, to another address if one is given", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_two_products")
		b.sendOrder(t, id)
		before := len(b.sendgrid.mails)
		mails := b.resent(t, `{"order":"`+id+`","to":"Countess Ada <ada@work.example>","reason":"for work"}`)
		if len(mails) != 2 || !strings.HasPrefix(mails[0].Key, "course/welcome/") || !strings.HasPrefix(mails[1].Key, "ebook/delivery/") {
			t.Errorf("got %+v", mails)
		}
		for _, m := range b.sendgrid.mails[before:] {
			if to := m.Personalizations[0].To; len(to) != 1 || to[0].Email != "ada@work.example" || to[0].Name != "Countess Ada" {
				t.Errorf("sent to %v", to)
			}
		}
		if d := cmp.Diff([]view.Recipient{{Email: "ada@work.example", Name: "Countess Ada"}}, mails[0].To); d != "" {
			t.Errorf("the answer says (-want +got):\n%s", d)
		}
	})

	t.Run("resends a notice to the admins by its key, with what it said", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, status(400))
		b.sendOrder(t, id)
		const failed = "notice/email-failed/ebook/delivery"
		b.resent(t, `{"order":"`+id+`","key":"`+failed+`","reason":"show me"}`)
		var shown []any
		for _, m := range b.sendgrid.mails {
			if p := m.Personalizations[0]; strings.HasPrefix(p.CustomArgs["delivery"], id+"/"+failed) {
				shown = append(shown, p.Data["notice"])
			}
		}
		if len(shown) != 2 || cmp.Diff(shown[0], shown[1]) != "" {
			t.Errorf("the notice and its copy: %v", shown)
		}
	})

	t.Run("notifies the admins if the copy fails as well, and is settled otherwise", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, status(400))
		b.sendOrder(t, id)
		b.sendgrid.answers = append(b.sendgrid.answers, status(400))
		mails := b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"x"}`)
		o := b.memory.orders[id]
		if mails[0].State != "failed" || o.Emails["notice/email-failed/"+mails[0].Key].State != order.Sent || o.Resent("ebook/delivery") {
			t.Errorf("got %+v; %+v", mails, o.Emails)
		}
		if mails = b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"x"}`); mails[0].State != "sent" || !b.memory.orders[id].Resent("ebook/delivery") {
			t.Errorf("got %+v", mails)
		}
	})

	t.Run("says that SendGrid is away, and sends later", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.sendgrid.answers = append(b.sendgrid.answers, status(503))
		if mails := b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"x"}`); mails[0].State != "waiting" {
			t.Errorf("got %+v", mails)
		}
		_, res := b.resend(`{"order":"` + id + `","key":"ebook/delivery","reason":"x"}`)
		if res.StatusCode != http.StatusConflict || !strings.Contains(string(res.Body), "/again-") || !strings.Contains(string(res.Body), "is retry") {
			t.Errorf("a second wish: %d %s", res.StatusCode, res.Body)
		}
		b.clock = b.clock.Add(time.Minute)
		b.invoke(`{"sweep":true}`)
		if n := len(b.sendgrid.sent()); n != 3 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestResendRefuses(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	paid, unpaid := b.place(t, "completed_paid"), b.place(t, "completed_unpaid")
	b.sendOrder(t, paid)
	b.sendOrder(t, unpaid)
	mails := len(b.sendgrid.mails)
	why := func(id, rest string) string { return `{"order":"` + id + `","reason":"why"` + rest + `}` }
	for name, c := range map[string]struct {
		arguments string
		status    int
		says      string
	}{
		"no such order":                {why("cs_none", ""), 404, "no such order"},
		"no such e-mail":               {why(paid, `,"key":"ada@example.com"`), 404, `"no such e-mail; the order has ebook/delivery, ebook/sale"`},
		"an order that owes nothing":   {why(unpaid, ""), 409, "the order owes no e-mail"},
		"an e-mail that it never owed": {why(unpaid, `,"key":"course/welcome"`), 409, "the order owes no e-mail"},
	} {
		if _, res := b.resend(c.arguments); res.StatusCode != c.status || !strings.Contains(string(res.Body), c.says) {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.Body)
		}
	}
	if len(b.sendgrid.mails) != mails || len(b.memory.orders[paid].Audit) != 0 {
		t.Errorf("%d mails more, audit %+v", len(b.sendgrid.mails)-mails, b.memory.orders[paid].Audit)
	}
}

// Calls that change something are refused where they are not signed, are not of now, or have no
// date.
func TestChangingCallsAreSignedAndDated(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	calls := b.memory.calls
	changing := map[string]string{
		"resend":  `{"order":"` + id + `","reason":"why"}`,
		"forget":  `{"order":"` + id + `"}`,
		"correct": `{"order":"` + id + `","to":"ada@right.example","reason":"why"}`,
		"retry":   `{"failed":true}`,
		"orders":  `{}`,
		"order":   `"` + id + `"`,
		"summary": `true`,
		"export":  `{"order":"` + id + `"}`,
		"pause":   `"3m"`,
	}
	for command, arguments := range changing {
		undated := fmt.Sprintf(`{%q:%s}`, command, arguments)
		good := b.dated(command, arguments)
		old := strings.Replace(good, "T12:00:00", "T11:54:59", 1)
		early := strings.Replace(good, "T12:00:00", "T12:05:01", 1)
		for name, req := range map[string]handler.Request{
			"unsigned":        request("POST", good, ""),
			"by another key":  request("POST", good, openfaas.Sign([]byte(good), "x")),
			"another's":       request("POST", good, openfaas.Sign([]byte(undated), key)),
			"undated":         request("POST", undated, openfaas.Sign([]byte(undated), key)),
			"of five minutes": request("POST", old, openfaas.Sign([]byte(old), key)),
			"of the future":   request("POST", early, openfaas.Sign([]byte(early), key)),
		} {
			if res := b.Receive(req); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s, %s: %d %s", command, name, res.StatusCode, res.Body)
			}
		}
	}
	if b.memory.calls != calls {
		t.Errorf("what was refused made %d calls of the database", b.memory.calls-calls)
	}
	for command, k := range kinds {
		if _, tested := changing[command]; (k.changes || k.reads) && !tested {
			t.Errorf("%s is not tested here", command)
		}
	}
}

// The owner corrected the template, or removed the e-mail from the catalogue.
func TestResendByTheTemplateOfNow(t *testing.T) {
	t.Parallel()

	const mended = "d-0000000000000000000000000000000e"
	for name, c := range map[string]struct {
		change func(*bench)
		want   string
	}{
		"mended": {func(b *bench) { b.publish(published.IDs{"delivery": mended}) }, mended},
		"gone":   {func(b *bench) { b.catalogue.Series = nil }, published.PlaceholderID("delivery")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			id := b.place(t, "completed_paid")
			b.sendOrder(t, id)
			c.change(b)
			b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"x"}`)
			if last := b.sendgrid.mails[len(b.sendgrid.mails)-1]; last.Template != c.want {
				t.Errorf("sent by %s, want %s", last.Template, c.want)
			}
		})
	}
}
