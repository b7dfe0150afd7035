package function

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/maildata"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

func TestSend(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		events []string
		want   []string
	}{
		"one product, its series":             {[]string{"completed_paid"}, []string{"ebook/delivery", "ebook/sale"}},
		"two products, two series":            {[]string{"completed_two_products"}, []string{"course/sale", "course/welcome", "ebook/delivery", "ebook/sale"}},
		"no payment required":                 {[]string{"completed_no_payment_required"}, []string{"ebook/delivery", "ebook/sale"}},
		"unpaid, nothing":                     {[]string{"completed_unpaid"}, nil},
		"unpaid, then paid":                   {[]string{"completed_unpaid", "async_payment_succeeded"}, []string{"course/sale", "course/welcome"}},
		"paid, and told so before completing": {[]string{"completed_unpaid", "async_payment_succeeded", "completed_unpaid"}, []string{"course/sale", "course/welcome"}},
		"unpaid, then failed, the admins":     {[]string{"completed_unpaid", "async_payment_failed"}, []string{"notice/payment-failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			id := b.place(t, c.events...)
			p := b.sendOrder(t, id)
			if d := cmp.Diff(c.want, b.sendgrid.sent()); d != "" {
				t.Errorf("sent (-want +got):\n%s\nlog: %s", d, b.logged)
			}
			if p.Sent != len(c.want) || p.Waiting+p.Failed != 0 {
				t.Errorf("progress %+v", p)
			}
			b.sendOrder(t, id)
			b.clock = b.clock.Add(400 * time.Hour)
			if res := b.invoke(`{"sweep":true}`); res.StatusCode != http.StatusOK {
				t.Errorf("sweep: %d %s", res.StatusCode, res.Body)
			}
			if d := cmp.Diff(c.want, b.sendgrid.sent()); d != "" {
				t.Errorf("a second call and a sweep sent more (-want +got):\n%s", d)
			}
		})
	}
}

func TestSendToWhom(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_two_products")
	b.sendOrder(t, id)
	for _, m := range b.sendgrid.mails {
		p := m.Personalizations[0]
		to := p.To[0].Email
		if _, k, _ := strings.Cut(p.CustomArgs["delivery"], "/"); strings.HasSuffix(k, "/sale") != (to == "owner@example.com") || len(p.To) != 1 {
			t.Errorf("%s went to %v", k, p.To)
		}
		if to != "owner@example.com" && (to != "jose@example.com" || p.To[0].Name != "José Ñandú") {
			t.Errorf("a customer's mail went to %v", p.To)
		}
		for k, v := range p.CustomArgs {
			if strings.Contains(v, "@") || strings.Contains(v, "Jos") {
				t.Errorf("custom argument %s holds personal data: %s", k, v)
			}
		}
	}
}

func TestSendConcurrently(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_two_products")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { b.invoke(`{"id":"` + id + `"}`) })
	}
	all.Wait()
	want := []string{"course/sale", "course/welcome", "ebook/delivery", "ebook/sale"}
	if d := cmp.Diff(want, b.sendgrid.sent()); d != "" {
		t.Errorf("50 calls at once sent (-want +got):\n%s", d)
	}
}

func TestSendGridsAnswers(t *testing.T) {
	t.Parallel()

	const delivery, notice = "ebook/delivery", "notice/email-failed/ebook/delivery"
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		state  order.State
		unsure bool
		// after is when it may be tried again, at the earliest and at the latest.
		after, before time.Duration
	}{
		"202 is sent":                      {status(202), order.Sent, false, 0, 0},
		"200, the sandbox, is sent":        {status(200), order.Sent, false, 0, 0},
		"400 fails at once":                {status(400), order.Failed, false, 0, 0},
		"413 fails at once":                {status(413), order.Failed, false, 0, 0},
		"401 waits for a better key":       {status(401), order.Retry, false, time.Minute, time.Minute},
		"403 waits for a verified sender":  {status(403), order.Retry, false, 3 * time.Second, 5 * time.Second},
		"429 waits as long as asked":       {status(429, "Retry-After", "90"), order.Retry, false, 90 * time.Second, 90 * time.Second},
		"503 is tried again":               {status(503), order.Retry, false, 3 * time.Second, 5 * time.Second},
		"a broken connection makes unsure": {hangUp, order.Retry, true, 3 * time.Second, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			id := b.place(t, "completed_paid")
			b.sendgrid.answers = append(b.sendgrid.answers, c.answer)
			b.invoke(`{"id":"` + id + `"}`) // 503 while the key is refused
			d := b.memory.orders[id].Emails[delivery]
			if d.State != c.state || d.Unsure != c.unsure {
				t.Errorf("the delivery is %s, unsure %v; want %s, %v", d.State, d.Unsure, c.state, c.unsure)
			}
			if pause := d.DueAt.Sub(b.clock); d.State == order.Retry && (pause < c.after || pause > c.before) {
				t.Errorf("it is tried again after %v, want %v to %v", pause, c.after, c.before)
			}
			if _, told := b.memory.orders[id].Emails[notice]; told != (c.state == order.Failed) {
				t.Errorf("the admins are told: %v, of a delivery that is %s", told, d.State)
			}
			if strings.Contains(b.logged.String()+d.LastError, "ada@") {
				t.Errorf("an address in the log or in the order: %s %s", b.logged, d.LastError)
			}
			b.clock = b.clock.Add(2 * time.Minute)
			b.invoke(`{"sweep":true}`)
			if got := b.memory.orders[id].Emails[delivery].State; c.state == order.Retry && got != order.Sent {
				t.Errorf("after a sweep it is %s", got)
			}
		})
	}
}

func TestSendGivesUpAtTheHorizon(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	attempts := 0
	for range 2000 {
		b.sendgrid.answers = []func(http.ResponseWriter){status(503), status(503)}
		b.invoke(`{"sweep":true}`)
		next := b.memory.orders[id].NextDueAt
		if attempts = b.memory.orders[id].Emails["ebook/delivery"].Attempts; b.memory.orders[id].Emails["ebook/delivery"].State == order.Failed {
			break
		}
		b.clock = *next
	}
	d := b.memory.orders[id].Emails["ebook/delivery"]
	if d.State != order.Failed || d.FailedAt.Sub(d.FirstTriedAt) < order.Horizon || d.FailedAt.Sub(d.FirstTriedAt) > order.Horizon+time.Hour {
		t.Errorf("%s after %v and %d attempts, want failed after %v", d.State, d.FailedAt.Sub(d.FirstTriedAt), attempts, order.Horizon)
	}
	b.sendgrid.answers = nil
	b.invoke(`{"sweep":true}`)
	b.clock = b.clock.Add(time.Hour)
	b.invoke(`{"sweep":true}`)
	if d := b.memory.orders[id].Emails["notice/email-failed/ebook/delivery"]; d.State != order.Sent {
		t.Errorf("the admins' notice is %q", d.State)
	}
}

func TestItems(t *testing.T) {
	t.Parallel()

	t.Run("Stripe away delays the mails and loses none", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.stripe.status = http.StatusBadGateway
		p := b.sendOrder(t, id)
		if p.Sent+p.Waiting+p.Failed != 0 {
			t.Errorf("progress without items: %+v", p)
		}
		due := b.memory.orders[id].NextDueAt
		if due == nil || !due.After(b.clock) {
			t.Fatalf("due again at %v, and it is %v", due, b.clock)
		}
		b.stripe.status = 0
		b.clock = *due
		b.invoke(`{"sweep":true}`)
		if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
	})

	t.Run("a session that Stripe does not know is told to the admins, once, and tried again", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		list := b.stripe.lists[id]
		delete(b.stripe.lists, id)
		b.sendOrder(t, id)
		if d := cmp.Diff([]string{"notice/items-missing"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent at once (-want +got):\n%s", d)
		}
		for range 5 {
			b.sendOrder(t, id)
			b.clock = b.clock.Add(2 * time.Hour)
		}
		if d := cmp.Diff([]string{"notice/items-missing"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
		b.stripe.lists[id] = list
		b.sendOrder(t, id)
		if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale", "notice/items-missing"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent in the end (-want +got):\n%s", d)
		}
	})

	t.Run("a connected account's session is asked for in its name", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.memory.orders[id].Account = "acct_1"
		b.sendOrder(t, id)
		if b.stripe.account != "acct_1" {
			t.Errorf("Stripe-Account was %q", b.stripe.account)
		}
	})

	t.Run("all pages are read, once for all", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_two_products")
		b.sendOrder(t, id)
		b.sendOrder(t, id)
		if n := len(b.memory.orders[id].Items); n != 2 || b.stripe.asked != 2 {
			t.Errorf("%d items in %d requests, want 2 in 2", n, b.stripe.asked)
		}
	})
}

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	good := `{"id":"` + id + `"}`
	for name, c := range map[string]struct {
		method, body, signature string
		status                  int
	}{
		"no signature":            {"POST", good, "", 400},
		"another key":             {"POST", good, openfaas.Sign([]byte(good), "x"), 400},
		"an empty key":            {"POST", good, openfaas.Sign([]byte(good), ""), 400},
		"another body":            {"POST", good + " ", openfaas.Sign([]byte(good), key), 400},
		"nonsense for a hash":     {"POST", good, "sha256=zz", 400},
		"a bare hash":             {"POST", good, strings.TrimPrefix(openfaas.Sign([]byte(good), key), "sha256="), 400},
		"a PUT":                   {"PUT", good, openfaas.Sign([]byte(good), key), 405},
		"a signed empty body":     {"POST", "", openfaas.Sign(nil, key), 400},
		"no JSON":                 {"POST", "x", openfaas.Sign([]byte("x"), key), 400},
		"nothing asked":           {"POST", "{}", openfaas.Sign([]byte("{}"), key), 400},
		"an ID that is a path":    {"POST", `{"id":"cs_a.b"}`, openfaas.Sign([]byte(`{"id":"cs_a.b"}`), key), 400},
		"something unknown":       {"POST", `{"drop":1}`, openfaas.Sign([]byte(`{"drop":1}`), key), 400},
		"the empty wake-up call":  {"POST", "", "", 204},
		"more than the queue has": {"POST", strings.Repeat(" ", maxBody+1), "", 413},
	} {
		req := request(c.method, c.body, c.signature)
		if res := b.Receive(req); res.StatusCode != c.status {
			t.Errorf("%s: got %d %s, want %d", name, res.StatusCode, res.Body, c.status)
		}
	}
	if b.memory.calls != 0 || b.stripe.asked != 0 || len(b.sendgrid.mails) != 0 {
		t.Errorf("what was refused made %d database calls, %d requests to Stripe, %d mails", b.memory.calls, b.stripe.asked, len(b.sendgrid.mails))
	}
	if b.invoke(`{"ada@example.com":1}`); strings.Contains(b.logged.String(), "ada@") {
		t.Errorf("the log holds what was sent:\n%s", b.logged.String())
	}
	if res := b.invoke(`{"id":"cs_unknown"}`); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown order: %d %s", res.StatusCode, res.Body)
	}
}

func TestMissingSecretsAreNoAttempt(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	secrets := openfaas.Secrets{Dir: t.TempDir()}
	b.mail = newSendGrid(Service{URL: "http://127.0.0.1:1", Key: func() (string, error) { return secrets.First("sendgrid-api-key", "SG.") }}, b.now)
	res := b.invoke(`{"id":"` + id + `"}`)
	if res.StatusCode != 503 || !strings.Contains(string(res.Body), "secret sendgrid-api-key is missing") {
		t.Errorf("got %d %s", res.StatusCode, res.Body)
	}
	if d := b.memory.orders[id].Emails["ebook/delivery"]; d.State != order.Planned || d.Attempts != 0 {
		t.Errorf("the delivery is %s after %d attempts", d.State, d.Attempts)
	}
}

// TestAcceptedButNotRecorded is the one window that SendGrid's API leaves open: the mail is out,
// and the process dies before it can say so.
func TestAcceptedButNotRecorded(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	b.die(id, b.clock.Add(lease), 0)

	b.clock = b.clock.Add(lease - steadyAfter - time.Second)
	b.steady()
	b.sendOrder(t, id)
	if n := len(b.sendgrid.sent()); n != 2 {
		t.Fatalf("%d mails while the lease holds, want 2", n)
	}
	b.clock = b.clock.Add(time.Second)
	b.sendOrder(t, id)
	if d := b.memory.orders[id].Emails["ebook/delivery"]; d.State != order.Sent || !d.Unsure || len(b.sendgrid.sent()) != 3 {
		t.Errorf("got %+v and %v; want it sent again, and unsure", d, b.sendgrid.sent())
	}
}

func TestRecordTriesAgain(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	updates := 0
	b.memory.updateFunc = func(string) error {
		if updates++; updates == 3 { // the plan, the claim, and then what came of it
			return errors.New("database away")
		}
		return nil
	}
	b.sendOrder(t, id)
	if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale"}, b.sendgrid.sent()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
	if d := b.memory.orders[id].Emails["ebook/delivery"]; d.State != order.Sent || d.Unsure {
		t.Errorf("got %+v, want it sent and sure", d)
	}
}

func TestTemplateData(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	yen := b.place(t, "completed_jpy")
	b.sendOrder(t, yen)
	shown, err := json.Marshal(b.sendgrid.mails[0].Personalizations[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	type amount struct{ Formatted string }
	var data struct {
		Shop     maildata.Shop
		Total    amount
		Customer struct{ Name string }
		Items    []struct{ Total amount }
		Order    struct {
			ID   string
			Test bool
		}
	}
	if err := json.Unmarshal(shown, &data); err != nil {
		t.Fatal(err)
	}
	if want := (maildata.Shop{Name: "Example Shop", Email: "shop@example.com"}); data.Shop != want {
		t.Errorf("shop %+v, want %+v", data.Shop, want)
	}
	if want := "¥5,000"; data.Total.Formatted != want || data.Items[0].Total.Formatted != want {
		t.Errorf("total %s, item %s; want %s", data.Total, data.Items[0].Total, want)
	}
	if data.Customer.Name != "花子" || data.Order.ID != yen || !data.Order.Test {
		t.Errorf("got %+v %+v", data.Customer, data.Order)
	}
}

func TestUnknownProduct(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_two_products")
	b.stripe.lists[id] = []byte(strings.ReplaceAll(string(b.stripe.lists[id]), "prod_course", "prod_new"))
	b.sendOrder(t, id)
	want := []string{"default/receipt", "ebook/delivery", "ebook/sale", "notice/unknown-product"}
	if d := cmp.Diff(want, b.sendgrid.sent()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
	if about := b.memory.orders[id].Emails["notice/unknown-product"].About; about != "prod_new" {
		t.Errorf("the admins are told of %q", about)
	}
}

// An order of which nothing says what was bought gets the default e-mails, and the admins hear of it.
func TestUnnamedProduct(t *testing.T) {
	t.Parallel()

	for list, want := range map[string]string{
		`{"object":"list","data":[],"has_more":false}`:                                                        "an order without line items",
		`{"object":"list","data":[{"id":"li_1","object":"item","quantity":1,"price":null}],"has_more":false}`: "an item without a product",
	} {
		b := setUp(t)
		id := b.place(t, "completed_paid")
		b.stripe.lists[id] = []byte(list)
		b.sendOrder(t, id)
		if d := cmp.Diff([]string{"default/receipt", "notice/unknown-product"}, b.sendgrid.sent()); d != "" {
			t.Errorf("%s: sent (-want +got):\n%s", want, d)
		}
		if about := b.memory.orders[id].Emails["notice/unknown-product"].About; about != want {
			t.Errorf("the admins are told of %q, want %q", about, want)
		}
	}
}

func TestRefusedCallsFillNoLog(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b := setUpOffline(t)
		for range 1000 {
			b.Receive(handler.Request{Method: http.MethodPut})
			b.Receive(handler.Request{Method: http.MethodPost, Body: []byte("x")})
		}
		if n := strings.Count(b.logged.String(), "call refused"); n != openfaas.LinesASecond {
			t.Errorf("%d lines for 2,000 refused calls in a second, want %d", n, openfaas.LinesASecond)
		}
	})
}

func TestNoticeThatFails(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_unpaid", "async_payment_failed")
	b.sendgrid.answers = []func(http.ResponseWriter){status(400)}
	if p := b.sendOrder(t, id); p.Failed != 1 || p.Waiting+p.Sent != 0 {
		t.Errorf("a notice that failed led to more: %+v", p)
	}
	if !strings.Contains(b.logged.String(), `"level":"ERROR","msg":"e-mail failed for good`) {
		t.Errorf("the log does not say so: %s", b.logged)
	}
}

func TestFetchWaitsForItsTime(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.stripe.status = http.StatusBadGateway
	b.sendOrder(t, id)
	asked := b.stripe.asked
	b.sendOrder(t, id)
	if b.stripe.asked != asked {
		t.Error("Stripe was asked again before the pause was over")
	}
}

// SendGrid renders the subjects, so that what is sent must not have in it what would end one and
// begin another header.
func TestWhatOthersWroteIsSentAsOneLine(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	const breaks = "\r\nBcc: eve@example.com\u2028"
	id := b.place(t, "completed_paid")
	o := b.memory.orders[id]
	o.CustomerName, o.ClientReferenceID = "Ada  דנה 🎉"+breaks, "ref\x00"+breaks
	o.CustomerEmail += "\r\n"
	o.Metadata = []order.Pair{{Key: "company", Value: "Ada & Co" + breaks}}
	b.stripe.lists[id] = bytes.ReplaceAll(b.stripe.lists[id], []byte("The e-book"), []byte(`The e-book\r\nBcc: eve@example.com`))
	b.sendgrid.answers = []func(http.ResponseWriter){func(w http.ResponseWriter) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"errors":[{"message":"no\r\nBcc: eve@example.com"}]}`)
	}}
	b.sendOrder(t, id)
	if len(b.sendgrid.mails) != 2 {
		t.Fatalf("%d mails", len(b.sendgrid.mails))
	}
	for _, m := range b.sendgrid.mails {
		data := m.Personalizations[0].Data
		for _, text := range leaves(data) {
			if strings.ContainsAny(text, "\r\n\x00\u2028") {
				t.Errorf("%s has %q in its data", m.Personalizations[0].CustomArgs["delivery"], text)
			}
		}
		got, _ := json.Marshal([]any{data["customer"], data["metadata"], data["items"].([]any)[0].(map[string]any)["description"]})
		for _, want := range []string{"Ada  דנה 🎉 Bcc: eve@example.com", "Bcc: eve@example.com\"", "The e-book Bcc: eve@example.com"} {
			if !strings.Contains(string(got), want) {
				t.Errorf("no %s in %s", want, got)
			}
		}
	}
}

// leaves are the texts in a value of JSON.
func leaves(value any) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, e := range v {
			texts = append(texts, leaves(e)...)
		}
	case map[string]any:
		for _, e := range v {
			texts = append(texts, leaves(e)...)
		}
	}
	return texts
}

func TestNoAddress(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	body, err := sample.Event("completed_paid")
	if err != nil {
		t.Fatal(err)
	}
	e, err := order.ParseEvent([]byte(strings.Replace(string(body), `"ada@example.com"`, "null", 1)), b.clock)
	if err != nil {
		t.Fatal(err)
	}
	b.memory.record(t, e, b.clock)
	id, _, _ := e.Session()
	b.stripe.lists[id], _ = sample.LineItems("completed_paid")
	b.sendOrder(t, id)
	if d := cmp.Diff([]string{"ebook/sale", "notice/email-failed/ebook/delivery"}, b.sendgrid.sent()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
}
