package function

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
)

func TestTemplateNames(t *testing.T) {
	t.Parallel()

	var want []string
	for _, tmpl := range sampletest.Templates(t).All() {
		want = append(want, strings.TrimSuffix(tmpl.Name+"."+tmpl.Locale, "."))
	}
	if d := cmp.Diff(want, catalogue.TemplatesIn(sample.Shop())); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTemplatesThatAreNotPublished(t *testing.T) {
	t.Parallel()

	ids := published.Placeholders([]string{"delivery", "sale.fr"})
	source := []byte(strings.NewReplacer("d-00000000000000000000000000000001", "delivery", "d-00000000000000000000000000000003", "receipt",
		"d-00000000000000000000000000000006", "sale").Replace(sample.SmallCatalogue))
	for name, given := range map[string]func() (published.IDs, error){
		"receipt sale":          func() (published.IDs, error) { return ids, nil },
		"delivery receipt sale": nil,
	} {
		_, err := New(Parts{Templates: given}, source)
		if err == nil {
			t.Fatal("no error")
		}
		var want []string
		for _, n := range strings.Fields(name) {
			want = append(want, "template "+n+" is not published: run make templates, and deploy again")
		}
		if d := cmp.Diff(strings.Join(want, "\n"), err.Error()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if _, ok := openfaas.Misconfiguration(err); !ok {
			t.Errorf("%v is not for the owner", err)
		}
	}
	if _, err := New(Parts{}, []byte(sample.SmallCatalogue)); err != nil {
		t.Errorf("a catalogue of IDs alone: %v", err)
	}
}

// The lock of the tests' shop is empty, so this is what an owner sees who deployed before
// publishing.
func TestHandleBeforePublishing(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("shop_folder", folder)
	t.Setenv("secret_mount_path", t.TempDir())
	_, err := newFunction()
	if err == nil || !strings.Contains(err.Error(), "template delivery is not published: run make templates") {
		t.Fatalf("got %v", err)
	}
	t.Setenv("template_ids", "placeholder")
	f, err := newFunction()
	if err != nil {
		t.Fatal(err)
	}
	if res := f.Receive(handler.Request{Method: http.MethodPost}); res.StatusCode != http.StatusNoContent {
		t.Errorf("got %d", res.StatusCode)
	}
	t.Setenv("template_ids", "any")
	if _, err = newFunction(); err == nil || !strings.Contains(err.Error(), `setting template_ids is "any": want published or placeholder`) {
		t.Errorf("got %v", err)
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()

	for locale, want := range map[string]string{"": "delivery", "auto": "delivery", "de": "delivery", "fr": "delivery.fr", "fr-CA": "delivery.fr", "pt-BR": "delivery.pt-BR", "pt": "delivery"} {
		b := withCatalogue(t, strings.ReplaceAll(sample.SmallCatalogue, "d-00000000000000000000000000000001", "delivery"))
		b.publish(published.Placeholders([]string{"delivery", "delivery.fr", "delivery.pt-BR"}))
		id := b.place(t, "completed_paid")
		b.memory.orders[id].Locale = locale
		b.sendOrder(t, id)
		d := b.memory.orders[id].Emails["ebook/delivery"]
		if d.TemplateName != want || d.Template != published.PlaceholderID(want) || d.State != order.Sent {
			t.Errorf("in %q: %q %s, %s; want %s", locale, d.TemplateName, d.Template, d.State, want)
		}
		if got := b.sendgrid.mails[0].Template; got != published.PlaceholderID(want) {
			t.Errorf("in %q sent by %s", locale, got)
		}
	}
}

func TestNoticesHaveALanguageToo(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.publish(published.Placeholders(append(catalogue.TemplatesIn(sample.Shop()), "email-failed.fr")))
	id := b.place(t, "completed_paid")
	b.memory.orders[id].Locale = "fr"
	b.sendgrid.answers = append(b.sendgrid.answers, status(400))
	b.sendOrder(t, id)
	d := b.memory.orders[id].Emails["notice/email-failed/ebook/delivery"]
	if d.TemplateName != "email-failed.fr" || d.Template != published.PlaceholderID("email-failed.fr") {
		t.Errorf("got %q %s", d.TemplateName, d.Template)
	}
}

// A template that is published under a new ID is no concern of what was planned before.
func TestThePlanKeepsItsTemplate(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendgrid.answers, b.sendgrid.sales = append(b.sendgrid.answers, status(503), status(503)), true
	b.sendOrder(t, id)
	b.publish(published.IDs{"delivery": "d-0000000000000000000000000000000e", "sale": "d-0000000000000000000000000000000f"})
	b.clock = b.clock.Add(order.Horizon / 2)
	b.sendOrder(t, id)
	for _, m := range b.sendgrid.mails {
		if m.Template != published.PlaceholderID("delivery") && m.Template != published.PlaceholderID("sale") {
			t.Errorf("sent by %s", m.Template)
		}
	}
	if len(b.sendgrid.mails) != 2 {
		t.Errorf("%d mails", len(b.sendgrid.mails))
	}
}

// An ID from the catalogue has no name, whatever is published.
func TestTemplateByID(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, sample.SmallCatalogue)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	if d := b.memory.orders[id].Emails["ebook/delivery"]; d.Template != "d-00000000000000000000000000000001" || d.TemplateName != "" {
		t.Errorf("got %q %q", d.Template, d.TemplateName)
	}
}
