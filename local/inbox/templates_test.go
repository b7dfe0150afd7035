package inbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/published"
)

// typed sends template data as the page's editor does.
func (b *bundle) typed(t *testing.T, path, data string) answer {
	t.Helper()
	return b.post(t, path, "application/x-www-form-urlencoded", url.Values{"data": {data}}.Encode())
}

// plain makes the template receipt one that needs little data.
func plain(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	b.write(t, "receipt/subject.hbs", "Your receipt from {{{shop.name}}}")
	b.write(t, "receipt/body.html.hbs", "<p>Thank you, {{customer.name}}, from {{shop.name}}</p>")
	b.write(t, "receipt/body.txt.hbs", "Thank you, {{{customer.name}}}!")
	return b
}

// framed is the e-mail in a page's frame.
func (b *bundle) framed(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`<iframe [^>]*src="([^"]+)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no frame in\n%s", page)
	}
	a := b.get(t, strings.ReplaceAll(m[1], "&amp;", "&"))
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Security-Policy"), "sandbox ") {
		t.Errorf("%s: %d %v", m[1], a.status, a.header)
	}
	return a.body
}

func TestDataThatIsTyped(t *testing.T) {
	t.Parallel()

	t.Run("is rendered in place of the order's", func(t *testing.T) {
		t.Parallel()

		b := plain(t)
		data := `{"shop": {"name": "Typed"}, "customer": {"name": "<b>Zoë</b>"}}`
		a := b.typed(t, "/templates/receipt?order=completed_jpy", data)
		mustHave(t, a.body, `<strong dir="auto">Your receipt from Typed</strong>`, "edited", `id="reset" href="/templates/receipt?order=completed_jpy"`,
			"{&#34;name&#34;: &#34;&lt;b&gt;Zoë&lt;/b&gt;&#34;}}</textarea>")
		mustHave(t, b.framed(t, a.body), "Thank you, &lt;b&gt;Zoë&lt;/b&gt;, from Typed")
		mustLack(t, a.body, "<b>Zoë", "blanks")
		mustHave(t, b.typed(t, "/templates/receipt?part=text", data).body, "Thank you, &lt;b&gt;Zoë&lt;/b&gt;!")
		mustLack(t, b.get(t, "/templates/receipt?order=completed_jpy").body, "from Typed", "edited")
	})

	t.Run("shows which variables it leaves blank", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.write(t, "receipt/subject.hbs", "For {{{customer.name}}}, {{{metadata.gift}}}{{#if metadata.note}}{{{metadata.note}}}{{/if}}")
		b.write(t, "receipt/body.html.hbs", "<p>{{customer.name}}</p>")
		b.write(t, "receipt/body.txt.hbs", "{{{customer.name}}}")
		page := b.typed(t, "/templates/receipt", `{"customer": {"email": "a@example.com"}, "metadata": {"size": "M"}}`).body
		mustHave(t, page, "SendGrid would leave blanks", "/receipt/subject.hbs:1</code> <span>the data has no customer.name: there are email</span>",
			"the data has no metadata.gift: there are size")
		mustLack(t, page, "metadata.note: ")
	})

	t.Run("that is no JSON keeps the last e-mail in view", func(t *testing.T) {
		t.Parallel()

		b := plain(t)
		good := b.typed(t, "/templates/receipt", `{"shop": {"name": "Typed"}}`)
		bad := b.typed(t, "/templates/receipt", "{\n  \"shop\": {\"name\": \"Other\",}\n}")
		mustHave(t, bad.body, "The template data has a mistake", "template data:2</code> <span>the comma before } is one too many</span>",
			"Line 2: the comma before } is one too many", "Below is the e-mail as it was before", `class="stage fit stale"`, "Your receipt from Typed", "&#34;Other&#34;,}")
		if b.framed(t, bad.body) != b.framed(t, good.body) {
			t.Error("the e-mail is another one")
		}
		mustHave(t, b.typed(t, "/templates/receipt", `{"shop": {"name": "Other"}}`).body, "Your receipt from Other")
		mustLack(t, b.typed(t, "/templates/receipt", `{"shop": {"name": "Other"}}`).body, "mistake", "stale")
	})

	t.Run("stays when the template has a mistake, and follows the template", func(t *testing.T) {
		t.Parallel()

		b := plain(t)
		data := `{"shop": {"name": "Typed"}}`
		b.typed(t, "/templates/receipt", data)
		b.write(t, "receipt/subject.hbs", "{{#if shop.name}}")
		page := b.typed(t, "/templates/receipt", data).body
		mustHave(t, page, "A template has a mistake", "/receipt/subject.hbs:", "Below is the e-mail as it was before", "Your receipt from Typed", "&#34;Typed&#34;")
		b.write(t, "receipt/subject.hbs", "Paid at {{{shop.name}}}")
		mustHave(t, b.typed(t, "/templates/receipt", data).body, "Paid at Typed")
	})

	t.Run("that is right before any e-mail was, is said to be wrong alone", func(t *testing.T) {
		t.Parallel()

		page := setup(t).typed(t, "/templates/receipt", "[]")
		mustHave(t, page.body, "it is a JSON object, from { to }")
		mustLack(t, page.body, "<iframe", "Below is", "is not known here")
	})

	t.Run("may not be endless", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		long := `{"a": "` + strings.Repeat("%", maxData) + `"}`
		if a := b.typed(t, "/templates/receipt", long); a.status != 413 || !strings.Contains(a.body, "too long") {
			t.Errorf("the page: %d", a.status)
		}
		if a := b.post(t, "/api/templates/receipt/render", "application/json", long); a.status != 413 {
			t.Errorf("the API: %d", a.status)
		}
	})
}

func TestOrderOfThisLaptop(t *testing.T) {
	t.Parallel()

	// bought is an order of two products, each with an e-mail of its own by the same template.
	bought := func(t *testing.T, b *bundle) *order.Order {
		t.Helper()
		o := b.samples["completed_two_products"].Clone()
		o.CustomerName, o.CreatedAt = "Grace Hopper", later(-time.Hour)
		o.Plan(order.ForPaid, []order.Email{
			{Key: "course/welcome", Template: published.PlaceholderID("delivery"), Items: []string{o.Items[1].ID}, To: []order.Address{{Email: "grace@example.com"}}},
			{Key: "ebook/delivery", TemplateName: "delivery", Items: []string{o.Items[0].ID}, To: []order.Address{{Email: "grace@example.com"}}},
		}, start)
		o.Name()
		b.orders.list = append(b.orders.list, o)
		b.write(t, "delivery/subject.hbs", "{{{series}}}:{{#each own_items}} {{{description}}}{{/each}}")
		return o
	}

	t.Run("is tried as the e-mails that its plan has", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		o := bought(t, b)
		page := b.get(t, "/templates/delivery?order="+o.ID).body
		mustHave(t, page, "<strong dir=\"auto\">course: The course</strong>", "Grace Hopper, 1 × The e-book, 1 × The course, €169.00", "&#34;name&#34;: &#34;Grace Hopper&#34;",
			`<a href="/templates/delivery?email=course%2Fwelcome&amp;order=`+o.ID+`" aria-current="true"><code>course/welcome</code></a>`)
		mustHave(t, b.get(t, "/templates/delivery?email=ebook/delivery&order="+o.ID).body, "ebook: The e-book", `href="/templates/receipt?order=`+o.ID+`">receipt`)
		if a := b.get(t, "/api/templates/delivery/subject?email=ebook/delivery&order="+o.ID); a.body != "ebook: The e-book" {
			t.Errorf("the API: %d %s", a.status, a.body)
		}
		mustHave(t, b.get(t, "/api/templates/delivery/data?order="+o.ID).body, `"series":"course"`)
	})

	t.Run("is tried with a template that it owes no e-mail of", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		o := bought(t, b)
		mustHave(t, b.get(t, "/templates/refunded?order="+o.ID).body, "<code>notice/refunded</code>", "which it does not owe", "Grace Hopper")
	})

	t.Run("is tried in the language of the template", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		o := bought(t, b)
		b.write(t, "delivery.fr/subject.hbs", "{{{total.formatted}}}")
		b.write(t, "delivery.fr/body.html.hbs", "{{total.formatted}}")
		if got := b.get(t, "/api/templates/delivery.fr/subject?order="+o.ID).body; got != "169,00 €" {
			t.Errorf("in French: %q", got)
		}
		if got := b.get(t, "/api/templates/delivery/data?order="+o.ID).body; !strings.Contains(got, "€169.00") {
			t.Errorf("in English: %s", got)
		}
	})

	t.Run("is found among the newest, or by words", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for n := range fewOrders + 2 {
			b.orders.list = append(b.orders.list, done(t, n))
		}
		o := bought(t, b)
		page := b.get(t, "/templates/delivery?find=").body
		mustHave(t, page, `href="/templates/delivery?order=cs_test_9"`, "3 older ones: a search finds them", `href="/templates/delivery?order=completed_jpy"`)
		mustLack(t, page, "cs_test_11", o.ID)
		page = b.get(t, "/templates/delivery?width=phone&find=hopper").body
		mustHave(t, page, `href="/templates/delivery?order=`+o.ID+`&amp;width=phone"`, `value="hopper"`, `<input type="hidden" name="width" value="phone">`)
		mustLack(t, page, "cs_test_1", "completed_jpy")
		mustHave(t, b.get(t, "/templates/delivery?find=in+yen").body, "completed_jpy", "None matches.")
		mustLack(t, b.get(t, "/templates/delivery").body, "Orders of this laptop")
	})

	t.Run("is led to from its e-mail", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		o := sold(t)
		b.orders.list = []*order.Order{o}
		mustHave(t, b.get(t, "/messages/"+b.mail(t, "delivery", o)).body, `href="/templates/delivery?email=ebook%2Fdelivery&amp;order=`+o.ID+`"`)
	})

	t.Run("cannot be had without the database, and the samples can", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.orders.err = order.ErrLeaseLost // any error
		if a := b.get(t, "/templates/delivery?order=cs_1"); a.status != 503 {
			t.Errorf("%d", a.status)
		}
		mustHave(t, b.get(t, "/templates/delivery?order=completed_jpy&find=yen").body, "The database does not answer.", "In yen", "<iframe")
	})
}

func TestRenderAPI(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.write(t, "receipt/subject.hbs", "For {{{customer.name}}}{{{customer.title}}}")
	b.write(t, "receipt/body.html.hbs", "<p>{{customer.name}}</p>")
	b.write(t, "receipt/body.txt.hbs", "{{{customer.name}}}")
	a := b.post(t, "/api/templates/receipt/render", "application/json", `{"customer": {"name": "<Zoë>"}}`)
	var got rendered
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != 200 || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %s", a.status, err, a.body)
	}
	want := rendered{Subject: "For <Zoë>", HTML: "<p>&lt;Zoë&gt;</p>\n", Text: "<Zoë>\n",
		Blanks: []string{b.folder + "/receipt/subject.hbs:1: the data has no customer.title: there are name"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	mustHave(t, b.post(t, "/api/templates/receipt/render", "", `{"customer": {"name": "", "title": ""}}`).body, `"blanks":[]`)

	b.write(t, "receipt/body.txt.hbs", `{{{formatDate order.date "YYYY"}}}`)
	for body, want := range map[string]string{
		`{"a": }`:                       `{"error":"template data:1: } cannot stand here"}`,
		`{"order": {"date": "monday"}}`: `receipt/body.txt.hbs, as published: line 1: formatDate wants a time`,
	} {
		if a := b.post(t, "/api/templates/receipt/render", "application/json", body); a.status != 422 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := b.post(t, "/api/templates/none/render", "application/json", `{}`); a.status != 404 {
		t.Errorf("no such template: %d", a.status)
	}
}

// TestOtherSites is about pages of others in the owner's browser, which reach 127.0.0.1 too.
func TestOtherSites(t *testing.T) {
	t.Parallel()

	b := setup(t)
	id := b.mail(t, "receipt", b.samples["completed_paid"])
	for host, want := range map[string]int{
		"127.0.0.1:8025": 200, "127.0.0.1": 200, "localhost:8025": 200, "[::1]:8025": 200, "[::1]": 200,
		"evil.example:8025": 421, "localhost.evil.example": 421, "192.0.2.1": 421, "": 421,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/messages/"+id+"/html", nil)
		r.Host = host
		if a := b.do(r); a.status != want {
			t.Errorf("as %q: %d, want %d", host, a.status, want)
		}
	}
	for header, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
		for _, c := range []struct{ method, path string }{{http.MethodPost, "/api/templates/receipt/render"}, {http.MethodPost, "/templates/receipt"}, {http.MethodDelete, "/api/messages"}} {
			r := httptest.NewRequestWithContext(t.Context(), c.method, home+c.path, strings.NewReader("{}"))
			r.Header.Set(header, value)
			if a := b.do(r); a.status != 403 {
				t.Errorf("%s %s with %s: %d", c.method, c.path, header, a.status)
			}
		}
	}
	if a := b.get(t, "/api/messages/"+id); a.status != 200 {
		t.Errorf("the message is gone: %d", a.status)
	}
}

func TestRenderings(t *testing.T) {
	t.Parallel()

	var k renderings
	first := rendering{Template: "receipt"}
	first.Subject = "first"
	id := k.keep(first)
	if k.keep(first) != id || len(k.kept) != 1 {
		t.Errorf("the same e-mail is kept twice: %+v", k.kept)
	}
	for n := range maxRenderings {
		r := rendering{Template: "sale"}
		r.Subject = strings.Repeat("x", n)
		k.keep(r)
	}
	if _, ok := k.get(id); ok || len(k.kept) != maxRenderings {
		t.Errorf("%d are kept", len(k.kept))
	}
	if r, ok := k.lastOf("sale"); !ok || len(r.Subject) != maxRenderings-1 {
		t.Errorf("the last is %+v", r)
	}
}
