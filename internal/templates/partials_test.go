package templates_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/templates"
)

// greeting is a template in several languages, whose partials are in some of them.
var greeting = files{
	"t/body.txt.hbs":   "{{> hello}}",
	"t.de/subject.hbs": "Hallo", "t.de/body.html.hbs": "{{> hello}}", "t.de/body.txt.hbs": "{{> hello}}",
	"t.de-AT/subject.hbs": "Servus", "t.de-AT/body.html.hbs": "{{> hello}}", "t.de-AT/body.txt.hbs": "{{> hello}}",
	"t.fr/subject.hbs": "Salut", "t.fr/body.html.hbs": "{{> hello}}", "t.fr/body.txt.hbs": "{{> hello}}",
	"partials/hello.hbs": "Hello from {{> shop}}", "partials/hello.de.hbs": "Hallo von {{> shop}}",
	"partials/shop.hbs": "the shop", "partials/shop.de-AT.hbs": "dem Geschäft",
}

func TestPartialsInLanguages(t *testing.T) {
	t.Parallel()

	s := read(t, "{{> hello}}", greeting)
	for locale, want := range map[string]string{
		"":      "Hello from the shop\n",
		"de":    "Hallo von the shop\n", // shop has no German of its own
		"de-DE": "Hallo von the shop\n",
		"de-AT": "Hallo von dem Geschäft\n",
		"fr":    "Hello from the shop\n",
	} {
		tmpl, ok := s.Find("t", locale)
		if !ok {
			t.Fatalf("no template for %q", locale)
		}
		got, err := tmpl.Render(nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{want, want, want}, []string{got.HTML, got.Text, tmpl.Published().HTML}); d != "" {
			t.Errorf("in %q (-want +got):\n%s", locale, d)
		}
	}
}

func TestPartialsInLanguagesAreChecked(t *testing.T) {
	t.Parallel()

	s := read(t, "{{> hello}}", files{
		"t.de/subject.hbs": "Hallo", "t.de/body.html.hbs": "{{> hello}}", "t.de/body.txt.hbs": "Hallo",
		"partials/hello.hbs": "{{name}}", "partials/hello.de.hbs": "\n{{nmae}}",
	})
	for name, want := range map[string][]string{"t": nil, "t.de": {"partials/hello.de.hbs:2: the data has no nmae: there are name"}} {
		if d := cmp.Diff(want, checked(s.Check(name, map[string]string{"name": "Ada"}, nil))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}

	_, err := templates.Read(folder("{{> hello}}", files{
		"t.de/subject.hbs": "Hallo", "t.de/body.html.hbs": "{{> hello}}", "t.de/body.txt.hbs": "Hallo",
		"partials/hello.hbs": "Hello", "partials/hello.de.hbs": "{{#with a}}", "partials/bye.de.hbs": "Tschüss", "partials/hello.German.hbs": "Hallo",
	}))
	want := []string{
		"partials/bye.de.hbs:1: there is no partials/bye.hbs, which the other languages would include",
		"partials/hello.German.hbs:1: the name of a partial has small letters, digits and hyphens, may have a language, and ends in .hbs, such as header.fr.hbs",
		"partials/hello.de.hbs:1: {{#with}} has no {{/with}}",
	}
	if d := cmp.Diff(want, lines(err)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
