package inbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

func versionOf(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`data-version="([0-9a-f]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no version in\n%s", page)
	}
	return m[1]
}

func TestMessagesPage(t *testing.T) {
	t.Parallel()

	t.Run("says what to do when there is nothing yet", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustHave(t, b.get(t, "/").body, "make buy")
		mustHave(t, b.get(t, "/orders").body, "make buy")
	})

	t.Run("has the newest on top, by their subjects, and pages of them", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for range onePage {
			b.mail(t, "receipt", b.samples["completed_paid"])
		}
		b.mail(t, "sale", b.samples["completed_jpy"])
		first := b.get(t, "/?width=phone").body
		mustHave(t, first, "(51) Inbox", "[test] Sale: ¥5,000 from 花子", `<span class="tag">ebook/sale</span>`, `href="/?page=2&amp;width=phone"`)
		if strings.Index(first, "Sale: ¥5,000") > strings.Index(first, "Your receipt") || strings.Count(first, "<li>") != onePage {
			t.Errorf("%d rows, or the newest is not on top", strings.Count(first, "<li>"))
		}
		second := b.get(t, "/?page=2").body
		mustHave(t, second, "Your receipt", `href="/" rel="prev"`, "51–51 of 51")
		if strings.Count(second, "<li>") != 1 {
			t.Errorf("%d rows on the second page", strings.Count(second, "<li>"))
		}
		mustHave(t, b.get(t, "/?page=3").body, "no older ones")
		if a := b.get(t, "/?page=99999999999999999999"); a.status != 200 {
			t.Errorf("a page beyond all numbers: %d", a.status)
		}
	})

	t.Run("is said to be as it was until something changes", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		version := versionOf(t, b.get(t, "/").body)
		if a := b.getIfNot(t, "/", version); a.status != 304 || a.body != "" {
			t.Errorf("unchanged: %d", a.status)
		}
		b.mail(t, "receipt", b.samples["completed_paid"])
		if a := b.getIfNot(t, "/", version); a.status != 200 {
			t.Errorf("changed: %d", a.status)
		}
	})
}

func TestMessagePage(t *testing.T) {
	t.Parallel()

	t.Run("has the e-mail, its data and its order's timeline", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		o := sold(t)
		b.orders.list = []*order.Order{o}
		id := b.mail(t, "delivery", o)
		page := b.get(t, "/messages/"+id).body
		mustHave(t, page, `src="/api/messages/`+id+`/html?colours=system`, "&#34;customer&#34;: {", "Example Shop &lt;shop@example.com&gt;",
			"Planned 2 e-mails", "SendGrid answered 503", `href="/orders/`+o.ID)
		mustHave(t, b.get(t, "/messages/"+id+"?part=text").body, `<pre class="mail"`, "Thank you")
		mustHave(t, b.get(t, "/messages/"+id+"?width=phone&colours=dark").body, `class="stage phone"`, `class="mail dark"`, "html?colours=dark")
	})

	t.Run("leads to the ones before and after, looked at in the same way", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		ids := []string{b.mail(t, "delivery", b.samples["completed_paid"]), b.mail(t, "sale", b.samples["completed_paid"]), b.mail(t, "receipt", b.samples["completed_jpy"])}
		page := b.get(t, "/messages/"+ids[1]+"?width=phone").body
		mustHave(t, page, `href="/messages/`+ids[2]+`?width=phone" rel="prev"`, `href="/messages/`+ids[0]+`?width=phone" rel="next"`)
	})

	t.Run("has each of several personalizations", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		id := b.send(t, `{"from":{"email":"shop@example.com"},"subject":"For all","content":[{"type":"text/plain","value":"Hello"},{"type":"text/html","value":"<p>Hello</p>"}],
			"personalizations":[{"to":[{"email":"a@example.com"}]},{"to":[{"email":"b@example.com"}],"subject":"For B"}]}`)
		if got := b.get(t, "/api/messages/"+id+"/subject").body; got != "For all" {
			t.Errorf("the first: %q", got)
		}
		if got := b.get(t, "/api/messages/"+id+"/subject?personalization=2").body; got != "For B" {
			t.Errorf("the second: %q", got)
		}
		page := b.get(t, "/messages/"+id+"?personalization=2").body
		mustHave(t, page, "<h1><bdi>For B</bdi></h1>", "It is 2 e-mails", "personalization=2")
	})
}

func TestOrdersPage(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for n := range onePage + 1 {
		o := *b.samples["completed_paid"]
		o.ID, o.CreatedAt = fmt.Sprintf("cs_test_%03d", n), later(-time.Duration(n)*time.Second)
		b.orders.list = append(b.orders.list, &o)
	}
	b.orders.list[0] = sold(t)
	first := b.get(t, "/orders").body
	mustHave(t, first, `<span class="state waiting">waiting</span>`, "$49.00", "Ada Example", "1 × The e-book", "1 of 2 sent", `href="/orders?page=2"`,
		`<p class="quiet">51 in all</p>`, "1–50 of 51")
	mustHave(t, b.get(t, "/orders?page=2").body, "cs_test_050", `href="/orders"`, "51–51 of 51")
	mustHave(t, b.get(t, "/orders?page=3&q=ada").body, "no older ones", `<a href="/orders?q=ada">To the newest</a>`)

	one := b.get(t, "/orders/"+b.orders.list[0].ID).body
	mustHave(t, one, "Planned 2 e-mails", "The e-book", "What Stripe said in", "&#34;object&#34;: &#34;event&#34;", "prod_ebook")
}

func TestOrdersThatAreSearched(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for _, name := range []string{"completed_paid", "completed_jpy", "completed_unpaid", "charge_refunded_partly", "charge_dispute_created"} {
		o := b.samples[name]
		o.ID += "_" + name
		b.orders.list = append(b.orders.list, o)
	}
	paid, yen, unpaid := b.samples["completed_paid"].ID, b.samples["completed_jpy"].ID, b.samples["completed_unpaid"].ID
	partly, disputed := b.samples["charge_refunded_partly"].ID, b.samples["charge_dispute_created"].ID
	b.samples["completed_jpy"].CustomerEmail = "Hanako@Example.com"
	if _, err := b.samples["charge_refunded_partly"].Correct(order.Again{Call: "11111111", To: order.Address{Email: "joan@right.example"}}, nil, start); err != nil {
		t.Fatal(err)
	}
	mustHave(t, b.get(t, "/orders/"+partly).body, "<bdi>joan@right.example</bdi><br><span class=\"quiet\">corrected; Stripe says ")
	for query, want := range map[string][]string{
		"q=Joan@":                     {partly},
		"":                            {paid, yen, unpaid, partly, disputed},
		"q=ada@":                      {paid},
		"q=ADA+example":               {paid},
		"q=+hanako%40example.COM+":    {yen},
		"q=花子":                        {yen, disputed},
		"q=cs_test_&state=unpaid":     {unpaid},
		"q=prod_ebook":                {paid, partly},
		"q=price_ebook+E-BOOK":        {paid, partly},
		"q=" + paid[len("cs_test_"):]: {paid},
		"q=ada+course":                {},
		"state=done":                  {},
		"state=unpaid&q=&page=1":      {unpaid},
		"state=unpaid&page=2":         {},
	} {
		var rows []struct{ ID string }
		a := b.get(t, "/api/orders?"+query)
		if err := json.Unmarshal([]byte(a.body), &rows); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %v", query, a.status, err)
		}
		got := []string{}
		for _, r := range rows {
			got = append(got, r.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}

	page := b.get(t, "/orders?q=example&state=unpaid").body
	mustHave(t, page, `value="example"`, `<input type="hidden" name="state" value="unpaid">`, `<p class="quiet">1 of 5</p>`,
		`<a href="/orders?q=example">All <span class="quiet">5</span></a>`,
		`<a href="/orders?q=example&amp;state=unpaid" aria-current="true"><span class="capital">unpaid</span> <span class="quiet">1</span></a>`)
	mustHave(t, b.get(t, "/orders").body, "refunded €42.25", "disputed ¥5,000", "1 × The e-book, 1 × The course")
	mustHave(t, b.get(t, "/orders?q=nothing").body, "No order matches", `<a href="/orders">Show all orders</a>`, `value="nothing"`)
	for path, want := range map[string]string{
		"/orders?state=lost":     "An order is " + strings.Join(view.StateNames(), ", ") + ".",
		"/api/orders?state=lost": `{"error":"state: want ` + strings.Join(view.StateNames(), ", ") + `"}`,
	} {
		if a := b.get(t, path); a.status != 400 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestPagesOfASearch(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for n := range 2*onePage + 1 {
		o := *b.samples["completed_unpaid"]
		o.ID, o.CreatedAt = fmt.Sprintf("cs_test_%03d", n), later(-time.Duration(n)*time.Second)
		b.orders.list = append(b.orders.list, &o)
	}
	page := b.get(t, "/orders?q=test&state=unpaid&page=2").body
	mustHave(t, page, `href="/orders?page=3&amp;q=test&amp;state=unpaid" rel="next"`, `href="/orders?q=test&amp;state=unpaid" rel="prev"`, "51–100 of 101", "cs_test_099")
}

func TestTemplatesPage(t *testing.T) {
	t.Parallel()

	t.Run("renders each with each sample order, without a blank", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		samples, err := sampleOrders()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range (&folder{path: b.folder}).names() {
			for _, s := range samples {
				page := b.get(t, "/templates/"+name+"?order="+s.Name)
				if page.status != 200 {
					t.Errorf("%s of %s: %d", name, s.Name, page.status)
				}
				mustHave(t, page.body, `src="/api/renderings/`)
				mustLack(t, page.body, "mistake", "blanks")
			}
		}
	})

	t.Run("gives each the data of the e-mail that the catalogue makes of it", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.uses = map[string]string{"zahlung": "notice/payment-failed"}
		if err := os.CopyFS(filepath.Join(b.folder, "zahlung"), os.DirFS(filepath.Join(b.folder, "payment-failed"))); err != nil {
			t.Fatal(err)
		}
		mustLack(t, b.get(t, "/templates/zahlung").body, "blanks")
		mustHave(t, b.get(t, "/templates/zahlung").body, "&#34;kind&#34;: &#34;payment-failed&#34;")
		mustHave(t, b.get(t, "/templates/disputed").body, "&#34;reason&#34;: &#34;fraudulent&#34;")
		mustHave(t, b.get(t, "/api/templates/receipt.fr/subject").body, "49,00")
		mustHave(t, b.get(t, "/api/templates/receipt/subject").body, "$49.00")
		mustHave(t, b.get(t, "/api/templates/report/subject").body, "1 sold")
		mustHave(t, b.get(t, "/api/templates/report/subject").body, "[test]")
		mustLack(t, b.get(t, "/api/templates/report/subject?order=completed_de").body, "[test]")
	})

	t.Run("shows what was saved", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		before := versionOf(t, b.get(t, "/templates/receipt").body)
		b.write(t, "receipt/subject.hbs", "Paid: {{{total.formatted}}}")
		a := b.getIfNot(t, "/templates/receipt", before)
		if a.status != 200 {
			t.Fatal(a.status)
		}
		mustHave(t, a.body, "Paid: $49.00")
		mustHave(t, b.get(t, "/api/templates/receipt/subject?order=completed_jpy").body, "Paid: ¥5,000")
	})

	t.Run("says a mistake with its file and line, and in messages too", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		id := b.mail(t, "receipt", b.samples["completed_paid"])
		b.write(t, "receipt/body.txt.hbs", "Hello\n{{#if customer.name}}\n")
		page := b.get(t, "/templates/receipt").body
		mustHave(t, page, b.folder+"/receipt/body.txt.hbs:2<", "{{#if}} has no {{/if}}", "A template has a mistake", "receipt</a>")
		mustLack(t, page, "<iframe")
		mustHave(t, b.get(t, "/messages/"+id).body, "A template has a mistake")
		a := b.get(t, "/api/messages/"+id+"/html")
		if a.status != 422 {
			t.Errorf("%d", a.status)
		}
		mustHave(t, a.body, "/receipt/body.txt.hbs:")
		b.write(t, "receipt/body.txt.hbs", "Hello\n\n{{{lookup this}}}\n")
		page = b.get(t, "/templates/receipt").body
		mustHave(t, page, "/receipt/body.txt.hbs:3</code>", "SendGrid has no helper lookup", `<span class="line">3</span>{{{lookup this}}}`)
	})

	t.Run("shows a template that SendGrid would leave blanks in, and says where", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.write(t, "receipt/subject.hbs", "For {{{customer.nickname}}}")
		mustHave(t, b.get(t, "/templates/receipt").body, "SendGrid would leave blanks", "/receipt/subject.hbs:1</code>", "the data has no customer.nickname", "<iframe")
	})

	t.Run("says that there are none", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		i, err := New(Options{Mails: b.mails, Templates: b.folder + "/none"})
		if err != nil {
			t.Fatal(err)
		}
		b.inbox = i.Handler()
		if a := b.get(t, "/templates"); a.status != 404 || !strings.Contains(a.body, "There are no templates") {
			t.Errorf("%d", a.status)
		}
		mustHave(t, b.get(t, "/orders").body, "no database")
	})
}

func TestFramed(t *testing.T) {
	t.Parallel()

	mail := `<!doctype html><html><head><style>:root{color-scheme: light dark} @media (prefers-color-scheme: dark) and (max-width: 480px) {} @media ( prefers-color-scheme:light ) {}</style></head>`
	for scheme, want := range map[string]string{
		"dark":   `<style>:root{color-scheme: dark} @media (min-width: 0) and (max-width: 480px) {} @media (max-width: 0) {}</style>`,
		"light":  `<style>:root{color-scheme: light} @media (max-width: 0) and (max-width: 480px) {} @media (min-width: 0) {}</style>`,
		"system": `<style>:root{color-scheme: light dark} @media (prefers-color-scheme: dark) and (max-width: 480px) {} @media ( prefers-color-scheme:light ) {}</style>`,
	} {
		if got := framed(mail, scheme); got != `<!doctype html><html><head><base target="_blank">`+want+`</head>` {
			t.Errorf("%s: %s", scheme, got)
		}
	}
	if got := framed("<p>x</p>", "dark"); got != "<p>x</p>" {
		t.Error(got)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()

	l := readLook(url.Values{"width": {"phone"}, "colours": {"<script>"}})
	if l != (look{"html", "phone", "system"}) {
		t.Errorf("%+v", l)
	}
	if got := l.query(url.Values{"order": {"a b"}}); got != "?order=a+b&width=phone" {
		t.Error(got)
	}
	if got := (look{"html", "fit", "system"}).query(nil); got != "" {
		t.Error(got)
	}
}

func TestIndent(t *testing.T) {
	t.Parallel()

	if got := indent([]byte(`{"a":"\u003cb\u003e\u0026 \\u003c \u00e9"}`)); got != "{\n  \"a\": \"<b>& \\\\u003c \\u00e9\"\n}" {
		t.Errorf("%s", got)
	}
}
