package inbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestMessageParts(t *testing.T) {
	t.Parallel()

	b := setup(t)
	id := b.mail(t, "receipt", b.samples["completed_paid"])
	for part, want := range map[string]struct{ mediaType, text string }{
		"html":    {"text/html; charset=utf-8", "<h1"},
		"text":    {"text/plain; charset=utf-8", "Thank you, Ada Example!"},
		"subject": {"text/plain; charset=utf-8", "Your receipt from Example Shop: $49.00"},
	} {
		a := b.get(t, "/api/messages/"+id+"/"+part)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != want.mediaType || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", part, a.status, a.header)
		}
		mustHave(t, a.body, want.text)
	}
	html := b.get(t, "/api/messages/"+id+"/html")
	policy := html.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") ||
		!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("policy of an e-mail: %s", policy)
	}
	mustLack(t, html.body, "<base") // scripts get it as it is sent
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()

	b := setup(t)
	known := b.mail(t, "receipt", b.samples["completed_paid"])
	inEditor := b.send(t, `{"personalizations":[{"to":[{"email":"a@example.com"}]}],"from":{"email":"shop@example.com"},
		"template_id":"d-00000000000000000000000000000001"}`)
	for path, want := range map[string]string{
		"/api/messages/none/html":                "no such message",
		"/api/messages/none":                     "no such message",
		"/api/messages/" + known + "/pdf":        "an e-mail has html, text and subject",
		"/api/messages/" + inEditor + "/text":    "no template has this ID: d-00000000000000000000000000000001",
		"/api/orders/cs_test_none":               "order not found",
		"/api/orders/$where":                     "order not found",
		"/api/templates/receipt/html?order=all":  "neither a sample nor an order of this laptop has this name",
		"/api/templates/receipt/html?order=cs_1": "neither a sample nor an order of this laptop has this name",
		"/api/templates/none/html":               "there is no template none",
		"/api/renderings/0123456789abcdef/html":  "this rendering is not kept any more",
		"/api/else":                              "there is nothing at /api/else",
	} {
		a := b.get(t, path)
		var body map[string]string
		if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != http.StatusNotFound || body["error"] != want ||
			a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v %s", path, a.status, err, a.body)
		}
	}
	for _, path := range []string{"/messages/none", "/orders/cs_test_none", "/templates/none", "/else", "/templates/receipt?order=none"} {
		if a := b.get(t, path); a.status != http.StatusNotFound || !strings.Contains(a.body, "<h1>") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	page := b.get(t, "/messages/"+inEditor)
	mustHave(t, page.body, "No template in", "d-00000000000000000000000000000001")
}

// TestWhatCustomersType is about a name that is markup, an attempt at a header, and text of all
// directions.
func TestWhatCustomersType(t *testing.T) {
	t.Parallel()

	b := setup(t)
	name := "<b>&\"'</b><script>alert(1)</script> דנה 🎉\r\nBcc: thief@example.com"
	shown := `<b>&"'</b><script>alert(1)</script> דנה 🎉 Bcc: thief@example.com`
	escaped := "&lt;b&gt;&amp;&quot;&apos;&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt; דנה 🎉"
	o := b.samples["completed_paid"]
	o.CustomerName = name
	o.Items[0].Description = "<i>A & B</i>"
	o.ClientReferenceID = `"><img src=x onerror=alert(1)>`
	b.orders.list = []*order.Order{o}
	id := b.mail(t, "sale", o)
	subject := b.get(t, "/api/messages/"+id+"/subject").body
	if strings.ContainsAny(subject, "\r\n") || !strings.Contains(subject, shown) {
		t.Errorf("subject %q", subject)
	}
	mustHave(t, b.get(t, "/api/messages/"+id+"/text").body, `<b>&"'</b><script>alert(1)</script> דנה 🎉`, "<i>A & B</i>")
	html := b.get(t, "/api/messages/"+id+"/html").body
	mustHave(t, html, escaped, "&lt;i&gt;A &amp; B&lt;/i&gt;")
	mustLack(t, html, "<script", "<b>", "<i>", "<img")
	for _, path := range []string{"/", "/messages/" + id, "/messages/" + id + "?part=text", "/orders", "/orders/" + o.ID,
		"/templates/sale?order=unusual"} {
		page := b.get(t, path)
		if page.status != http.StatusOK {
			t.Errorf("%s: %d", path, page.status)
		}
		mustLack(t, page.body, "<script>", "<b>", "<i>", "<img src=x")
	}
	page := b.get(t, "/messages/"+id).body
	mustHave(t, page, "<h1><bdi>[test] Sale: $49.00 from &lt;b&gt;&amp;&#34;&#39;&lt;/b&gt;")
}

func TestPagesLoadOnlyTheirOwn(t *testing.T) {
	t.Parallel()

	b := setup(t)
	o := b.samples["completed_paid"]
	b.orders.list = []*order.Order{o}
	id := b.mail(t, "receipt", o)
	for _, path := range []string{"/", "/messages/" + id, "/orders", "/orders/" + o.ID, "/templates"} {
		a := b.get(t, path)
		policy := a.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %s", path, policy)
		}
		mustLack(t, a.body, "style=", "<style", "onclick", "<script>", `"http`)
		mustHave(t, a.body, `name="viewport"`, "/assets/inbox.css", "/assets/inbox.js", `<html lang="en">`, "<h1>")
		if strings.Contains(a.body, "<iframe") {
			mustHave(t, a.body, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
		}
	}
	for path, want := range map[string]int{"/assets/inbox.css": 200, "/assets/inbox.js": 200, "/assets/icon.svg": 200, "/assets/page.html": 404} {
		if a := b.get(t, path); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
}

func TestOrdersAPI(t *testing.T) {
	t.Parallel()

	b := setup(t)
	o := sold(t)
	b.orders.list = []*order.Order{o}
	a := b.get(t, "/api/orders/"+o.ID)
	var got struct {
		ID, State string
		Timeline  []struct {
			Kind, Delivery string
			Status         int
			Unsure         bool
		}
		Emails []struct {
			Key, State string
			Attempts   int
			MessageID  string `json:"message_id"`
		}
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK {
		t.Fatalf("%d %v", a.status, err)
	}
	var kinds []string
	for _, s := range got.Timeline {
		kinds = append(kinds, strings.TrimSpace(s.Kind+" "+s.Delivery))
	}
	want := []string{"event_received", "stored", "queued", "items_fetched", "planned",
		"attempt ebook/delivery", "sent ebook/delivery", "attempt ebook/sale", "retry ebook/sale", "due ebook/sale"}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Errorf("timeline (-want +got):\n%s", d)
	}
	if got.ID != o.ID || got.State != "waiting" || len(got.Emails) != 2 || got.Emails[0].MessageID != "m1" {
		t.Errorf("got %+v", got)
	}
	var list []struct{ ID, State string }
	if err := json.Unmarshal([]byte(b.get(t, "/api/orders").body), &list); err != nil || len(list) != 1 || list[0].ID != o.ID {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestDatabaseThatIsAway(t *testing.T) {
	t.Parallel()

	b := setup(t)
	o := b.samples["completed_paid"]
	id := b.mail(t, "receipt", o)
	b.orders.err = errors.New("connection refused by mongodb://user:password@host")
	for path, want := range map[string]int{"/orders": 503, "/api/orders": 503, "/messages/" + id: 200} {
		a := b.get(t, path)
		if a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
		mustHave(t, a.body, "The database does not answer.")
		mustLack(t, a.body, "password")
	}
}
