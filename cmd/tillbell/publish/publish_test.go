package publish

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/published"
)

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()

	t.Run("creates what is not there, and then has nothing to do", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		if d := cmp.Diff([]string{"Publish 3 templates to the SendGrid account main? [y/N] "}, b.asked); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
		mustContain(t, b.out.String(), `receipt: new, "Your receipt", HTML of 2 lines, text of 1 line`, `receipt.fr: new, "Votre reçu", HTML of 1 line, text made by SendGrid`,
			"There are new IDs in "+b.lock)
		got := b.active("receipt")
		for field, want := range map[string]any{"subject": "Your receipt", "html_content": "<h1>Thanks</h1>\n<p>Ada's shop</p>\n", "plain_content": "Thanks\n",
			"generate_plain_content": false, "editor": "code", "id": b.locked("receipt").Version, "name": "2026-11-24 " + b.locked("receipt").Hash} {
			if got[field] != want {
				t.Errorf("%s is %q, want %q", field, got[field], want)
			}
		}
		if got := b.active("receipt.fr"); got["generate_plain_content"] != true || got["plain_content"] != "Merci" {
			t.Errorf("without a text: %v", got)
		}
		if got := b.call("GET", "/v3/templates/"+b.locked("sale").ID, nil)["name"]; got != "Ada's shop: sale" {
			t.Errorf("its title is %v", got)
		}
		b.mustPublish()
		if got := b.writes(); len(got) > 0 || b.asked != nil {
			t.Errorf("again: calls %v, asked %v", got, b.asked)
		}
		mustContain(t, b.out.String(), "3 templates are at SendGrid as here.")
	})

	t.Run("publishes exactly what was changed, and shows it first", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		before := b.read()
		b.put("receipt/body.html.hbs", "<h1>Many thanks</h1>\n{{> footer}}\n")
		b.mustPublish()
		if d := cmp.Diff([]string{"POST /v3/templates/" + before.Accounts["main"]["receipt"].ID + "/versions"}, b.writes()); d != "" {
			t.Errorf("calls (-want +got):\n%s", d)
		}
		want := "receipt: changed, " + before.Accounts["main"]["receipt"].ID + `
--- SendGrid: receipt/body.html.hbs
+++ here:     receipt/body.html.hbs
@@ -1,2 +1,2 @@
-<h1>Thanks</h1>
+<h1>Many thanks</h1>
 <p>Ada's shop</p>

2 templates are at SendGrid as here.
published receipt: the next e-mail goes by it
`
		if d := cmp.Diff(want, b.out.String()); d != "" {
			t.Errorf("output (-want +got):\n%s", d)
		}
		after := b.read()
		if after.Accounts["main"]["receipt"].ID != before.Accounts["main"]["receipt"].ID || after.Accounts["main"]["receipt"] == before.Accounts["main"]["receipt"] {
			t.Errorf("the lock has %v, after %v", after.Accounts["main"]["receipt"], before.Accounts["main"]["receipt"])
		}
		if got := b.active("receipt")["html_content"]; got != "<h1>Many thanks</h1>\n<p>Ada's shop</p>\n" {
			t.Errorf("SendGrid sends %q", got)
		}
	})

	t.Run("publishes all that have a changed partial", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.put("partials/footer.hbs", "<p>Ada's new shop</p>")
		b.mustPublish()
		if got := b.writes(); len(got) != 2 {
			t.Errorf("calls %v, want two", got)
		}
	})

	t.Run("changes nothing when it is only to show, or the answer is no, or nobody is there to ask", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish(func(p *Publisher) { p.DryRun = true })
		mustContain(t, b.out.String(), "receipt: new")
		if b.asked != nil || b.account() != 0 {
			t.Errorf("asked %v, and %d templates", b.asked, b.account())
		}
		b.answer = false
		if err := b.publish(); err == nil || err.Error() != "nothing was published" || b.account() != 0 {
			t.Errorf("no: %v, and %d templates", err, b.account())
		}
		nobody := errors.New("nobody")
		err := b.publish(func(p *Publisher) { p.Ask = func(context.Context, string) (bool, error) { return true, nobody } })
		if !errors.Is(err, nobody) || b.account() != 0 {
			t.Errorf("nobody: %v, and %d templates", err, b.account())
		}
		if _, err := os.Stat(b.lock); err == nil {
			t.Error("there is a lock")
		}
	})

	t.Run("asks nothing when told so", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish(func(p *Publisher) { p.Yes = true })
		if b.asked != nil || b.account() != 3 {
			t.Errorf("asked %v, and %d templates", b.asked, b.account())
		}
	})

	t.Run("does not take line ends for a change", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.call("PATCH", "/v3/templates/"+b.locked("sale").ID+"/versions/"+b.locked("sale").Version, map[string]any{
			"name": "n", "subject": "A sale", "html_content": "<p>A sale</p>\r\n<p>Ada's shop</p>", "plain_content": "A sale\r\n"})
		b.mustPublish()
		if got := b.writes(); len(got) > 0 {
			t.Errorf("calls %v", got)
		}
	})

	t.Run("says when a template was changed at SendGrid", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.call("POST", "/v3/templates/"+b.locked("sale").ID+"/versions", map[string]any{"name": "by hand", "subject": "Hooray", "active": 1})
		b.mustPublish()
		mustContain(t, b.out.String(), "changed at SendGrid since it was published from here", "-Hooray\n+A sale\n", "2 templates are")
	})
}

func TestWhatIsAtSendGridOtherwise(t *testing.T) {
	t.Parallel()

	t.Run("creates again, once asked, what was deleted there", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		old := b.locked("sale").ID
		b.call("DELETE", "/v3/templates/"+old, nil)
		b.mustPublish()
		mustContain(t, b.out.String(), "sale: new", old+" is gone from the account; it gets another ID", "There are new IDs")
		if len(b.asked) != 1 || b.locked("sale").ID == old || b.account() != 3 {
			t.Errorf("asked %v; the ID is %s, after %s", b.asked, b.locked("sale").ID, old)
		}
	})

	t.Run("takes no other account for the lock's without asking", func(t *testing.T) {
		t.Parallel()

		b, other := setup(t), setup(t)
		b.mustPublish()
		b.url = other.url
		err := b.publish(func(p *Publisher) { p.Yes = true })
		if err == nil || !strings.Contains(err.Error(), "not done without asking") || b.account() != 0 {
			t.Errorf("got %v", err)
		}
		mustContain(t, b.out.String(), "No template that the lock lists for the account main is in the account of this key", "ACCOUNT=name make templates")
		b.mustPublish()
		if b.account() != 3 {
			t.Errorf("%d templates, once asked", b.account())
		}
	})

	t.Run("nor one that has the same templates", func(t *testing.T) {
		t.Parallel()

		b, other := setup(t), setup(t)
		b.mustPublish()
		b.put("follow-up/subject.hbs", "How is it?")
		b.put("follow-up/body.html.hbs", "<p>How is it?</p>")
		other.files = b.files
		other.mustPublish()
		before := b.read()
		b.url = other.url
		err := b.publish(func(p *Publisher) { p.Yes = true })
		if err == nil || !strings.Contains(err.Error(), "not done without asking") {
			t.Errorf("got %v", err)
		}
		b.answer = false
		if err := b.publish(); err == nil || len(b.asked) != 1 {
			t.Errorf("no: %v; asked %v", err, b.asked)
		}
		mustContain(t, b.out.String(), "receipt: the same, but "+other.locked("receipt").ID, "No template that the lock lists for the account main")
		if d := cmp.Diff(before, b.read()); d != "" {
			t.Errorf("the lock has changed (-want +got):\n%s", d)
		}
		b.answer = true
		b.mustPublish()
		mustContain(t, b.out.String(), "recorded receipt as "+other.locked("receipt").ID, "There are new IDs")
		if d := cmp.Diff(other.read(), b.read()); d != "" || len(b.writes()) > 0 {
			t.Errorf("calls %v; the lock (-want +got):\n%s", b.writes(), d)
		}
	})

	t.Run("leaves alone what was made in the design editor, unless asked", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.call("POST", "/v3/templates/"+b.locked("sale").ID+"/versions", map[string]any{"name": "drawn", "subject": "Drawn", "active": 1, "editor": "design"})
		b.put("receipt/subject.hbs", "Your bill")
		err := b.publish()
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "sale: it was made in SendGrid's design editor", "OVERWRITE=1")
		if b.active("sale")["subject"] != "Drawn" || b.active("receipt")["subject"] != "Your bill" {
			t.Errorf("sale is %v, receipt %v", b.active("sale")["subject"], b.active("receipt")["subject"])
		}
		b.mustPublish(func(p *Publisher) { p.Overwrite = true })
		mustContain(t, b.out.String(), "made in SendGrid's design editor, and is overwritten")
		if b.active("sale")["subject"] != "A sale" {
			t.Errorf("sale is %v", b.active("sale")["subject"])
		}
	})

	t.Run("takes over what it made itself when the lock does not know it", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		id := b.locked("sale").ID
		if err := os.Remove(b.lock); err != nil {
			t.Fatal(err)
		}
		b.put("receipt/subject.hbs", "Your bill")
		b.mustPublish()
		mustContain(t, b.out.String(), `"Ada's shop: receipt", which is taken over`, "There are new IDs")
		if b.account() != 3 || b.locked("sale").ID != id || b.locked("receipt.fr").ID == "" {
			t.Errorf("%d templates; the lock has %v", b.account(), b.read())
		}
	})

	t.Run("does not guess which of two it made", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for range 2 {
			b.call("POST", "/v3/templates", map[string]any{"name": "Ada's shop: sale", "generation": "dynamic"})
		}
		err := b.publish()
		if err == nil || !strings.Contains(err.Error(), `sale: the account has 2 templates called "Ada's shop: sale"`) {
			t.Errorf("got %v", err)
		}
		if b.locked("receipt").ID == "" || b.locked("sale").ID != "" {
			t.Errorf("the lock has %v", b.read())
		}
	})

	t.Run("leaves another shop's templates alone", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.lock += ".other"
		b.mustPublish(func(p *Publisher) { p.Shop = "Bob's shop" })
		if b.account() != 6 {
			t.Errorf("%d templates", b.account())
		}
	})

	t.Run("finds its own among hundreds", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for range 205 {
			b.call("POST", "/v3/templates", map[string]any{"name": "another", "generation": "dynamic"})
		}
		id := b.call("POST", "/v3/templates", map[string]any{"name": "Ada's shop: sale", "generation": "dynamic"})["id"]
		b.mustPublish()
		if b.locked("sale").ID != id {
			t.Errorf("sale is %s, want %v", b.locked("sale").ID, id)
		}
	})
}

func TestWhatGoesWrong(t *testing.T) {
	t.Parallel()

	t.Run("one that fails loses nothing of the others, and is not created twice", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		posts := 0
		b.fail = func(method, path string) int {
			if method == "POST" && strings.HasSuffix(path, "/versions") {
				if posts++; posts == 2 {
					return http.StatusInternalServerError
				}
			}
			return 0
		}
		err := b.publish()
		if err == nil || err.Error() != "receipt.fr: SendGrid answered 500: access forbidden" {
			t.Errorf("got %v", err)
		}
		if b.locked("receipt").ID == "" || b.locked("sale").ID == "" || b.locked("receipt.fr") != (published.Template{}) || b.account() != 3 {
			t.Errorf("%d templates; the lock has %v", b.account(), b.read())
		}
		b.mustPublish()
		if b.locked("receipt.fr").ID == "" || b.account() != 3 {
			t.Errorf("%d templates; the lock has %v", b.account(), b.read())
		}
	})

	t.Run("keeps what was published before an end", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.fail = func(method, _ string) int {
			if method == "POST" && b.locked("receipt").ID != "" {
				return http.StatusUnauthorized
			}
			return 0
		}
		err := b.publish()
		if err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.Contains(err.Error(), "does not know the key") {
			t.Errorf("got %v", err)
		}
		if b.locked("receipt").ID == "" {
			t.Error("the lock has lost it")
		}
	})

	for _, c := range []struct {
		method, path string
		scope        string
	}{
		{"GET", "/v3/templates", "templates.read"},
		{"POST", "/v3/templates", "templates.create"},
		{"POST", "/versions", "templates.versions.create"},
	} {
		t.Run("says which scope the key lacks for "+c.method+" "+c.path, func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			b.fail = func(method, path string) int {
				if method == c.method && strings.HasSuffix(path, c.path) {
					return http.StatusForbidden
				}
				return 0
			}
			err := b.publish()
			if err == nil {
				t.Fatal("no error")
			}
			mustContain(t, err.Error(), "lacks the scope "+c.scope+" (403)", "in all it needs templates.create, templates.read, templates.versions.create, templates.versions.delete, templates.versions.read")
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("it went on: %v", err)
			}
		})
	}

	t.Run("waits as long as the rate limit asks", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		refused := 0
		b.fail = func(string, string) int {
			if refused++; refused <= 2 {
				return http.StatusTooManyRequests
			}
			return 0
		}
		b.mustPublish()
		if d := cmp.Diff([]time.Duration{7 * time.Second, 7 * time.Second}, b.waited); d != "" {
			t.Errorf("waited (-want +got):\n%s", d)
		}
	})

	t.Run("gives up where the rate limit stays", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.fail = func(string, string) int { return http.StatusTooManyRequests }
		if err := b.publish(); err == nil || !strings.Contains(err.Error(), "SendGrid answered 429") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("says which host it cannot reach", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		err := b.publish(func(p *Publisher) { p.client.host = "http://127.0.0.1:1" })
		if err == nil || !strings.HasPrefix(err.Error(), "call http://127.0.0.1:1: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPause(t *testing.T) {
	t.Parallel()

	now := time.Unix(1000, 0)
	c := &client{now: func() time.Time { return now }}
	for _, x := range []struct {
		header, value string
		want          time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"Retry-After", "0", time.Second},
		{"Retry-After", "100000", maxWait},
		{"X-RateLimit-Reset", "1030", 30 * time.Second},
		{"X-RateLimit-Reset", "900", time.Second},
		{"X-Other", "1", time.Second},
	} {
		h := http.Header{}
		h.Set(x.header, x.value)
		if got := c.pause(h); got != x.want {
			t.Errorf("%s: %s: got %v, want %v", x.header, x.value, got, x.want)
		}
	}
}
