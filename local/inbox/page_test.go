package inbox

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"handler/function/internal/order"
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
		mustHave(t, second, "Your receipt", `href="/?page=1"`)
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
			"Planned 2 e-mails", "SendGrid answered 503", `href="/orders/`+o.ID, `href="/templates/delivery"`)
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
		o.ID = fmt.Sprintf("cs_test_%03d", n)
		b.orders.list = append(b.orders.list, &o)
	}
	b.orders.list[0] = sold(t)
	page := b.get(t, "/orders").body
	mustHave(t, page, `<span class="state waiting">waiting</span>`, "$49.00", "Ada Example", "1 of 2 sent", `href="/orders?page=2"`)
	mustHave(t, b.get(t, "/orders?page=2").body, "cs_test_050", `href="/orders?page=1"`)

	one := b.get(t, "/orders/"+b.orders.list[0].ID).body
	mustHave(t, one, "Planned 2 e-mails", "The e-book", "What Stripe said in", "&#34;object&#34;: &#34;event&#34;", "prod_ebook")
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
				mustHave(t, page.body, `src="/api/templates/`+name+`/html?`)
				mustLack(t, page.body, "mistake", "blanks")
			}
		}
	})

	t.Run("gives each the data of the e-mail that the catalogue makes of it", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.uses = map[string]string{"zahlung": "notice/payment-failed"}
		for from, to := range map[string]string{"payment-failed": "zahlung", "receipt": "receipt.fr"} {
			if err := os.CopyFS(filepath.Join(b.folder, to), os.DirFS(filepath.Join(b.folder, from))); err != nil {
				t.Fatal(err)
			}
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
		mustHave(t, page, b.folder+"/receipt/body.txt.hbs:", "is not Handlebars", "A template has a mistake", "receipt</a>")
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
