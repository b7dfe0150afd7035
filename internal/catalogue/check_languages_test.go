package catalogue

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestLanguageWarnings: letter is in French, and course/welcome's template is of the customer's
// too.
func TestLanguageWarnings(t *testing.T) {
	t.Parallel()

	const welcome = "      - {key: welcome, template: poster, to: customer}"
	const warning = "c.yml:14: poster has no folder templates/poster.fr, as letter has: " +
		"customers of that language get this e-mail in the language of poster"
	for name, c := range map[string]struct {
		line string
		add  []string
		want []string
	}{
		"a template without the language of another": {welcome, []string{"poster"}, []string{warning}},
		"a template with it":                         {welcome, []string{"poster", "poster.fr"}, nil},
		"a template of the admins'":                  {strings.Replace(welcome, "to: customer", "to: admins", 1) + "\n      - {key: letter, template: letter, to: customer}", []string{"poster"}, nil},
		"an ID, whose languages are not known here":  {strings.Replace(welcome, "poster", "d-00000000000000000000000000000002", 1), nil, nil},
	} {
		files := folder()
		for _, folder := range c.add {
			files[folder+"/subject.hbs"] = &fstest.MapFile{Data: []byte("Hello")}
			files[folder+"/body.html.hbs"] = &fstest.MapFile{Data: []byte("<p>Hello</p>")}
		}
		catalogue, err := checked(t, "metadata_keys: [any]\n"+strings.Replace(named, "      - {key: welcome, template: letter, to: customer}", c.line, 1), files)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(c.want, catalogue.Warnings); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
