package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"handler/function/internal/typed"
)

// templateCheck renders a catalogue's templates with samples.
type templateCheck struct {
	*Catalogue
	set      TemplateSet
	samples  Samples
	folder   string
	keys     []string // of metadata that are known
	warnings []string
}

// all checks each template as each e-mail that it is used for, and the unused templates too.
func (t *templateCheck) all(k *checker, file string) (wrong []error) {
	names := t.set.FullNames()
	t.keys = t.knownKeys()
	seen := map[string]bool{}
	for _, u := range t.withUnused(names) {
		if u.Value == "" || u.isID() || !templateName.MatchString(u.Value) {
			continue
		}
		if !slices.Contains(names, u.Value) {
			known := baseNames(names)
			hint := cmp.Or(typed.DidYouMean(u.Value, known), "; there are "+cmp.Or(strings.Join(known, ", "), "none"))
			k.wrong(u.Line, "there is no template %s%s", u.Value, hint)
			continue
		}
		for _, what := range t.try(u) {
			if seen[what] {
				continue
			}
			seen[what] = true
			what = path.Join(t.folder, what)
			if u.Line > 0 {
				what += fmt.Sprintf(" (as %s, %s:%d)", u.key, file, u.Line)
			}
			wrong = append(wrong, errors.New(what))
		}
	}
	t.warnLanguages(names, file)
	return wrong
}

// withUnused are the catalogue's uses, and one for each template that it does not name.
func (t *templateCheck) withUnused(names []string) []use {
	uses := t.uses()
	for _, n := range names {
		base, _, _ := strings.Cut(n, ".")
		if !slices.ContainsFunc(uses, func(u use) bool { return u.Value == base }) {
			uses = append(uses, use{unusedKey(base), template{text{Value: base}}})
		}
	}
	return uses
}

// try returns the mistakes of a template in all its languages, for all samples, and keeps the
// warnings.
func (t *templateCheck) try(u use) (wrong []string) {
	for _, name := range t.set.FullNames() {
		base, language, _ := strings.Cut(name, ".")
		if base != u.Value {
			continue
		}
		for _, m := range t.samples(u.key, language) {
			for _, v := range t.withMetadata(m) {
				warnings, err := t.set.Check(name, v.Data(t.Shop()), t.keys)
				wrong = append(wrong, lines(err)...)
				for _, w := range lines(warnings) {
					t.warn(path.Join(t.folder, w))
				}
			}
		}
	}
	return wrong
}

func (t *templateCheck) warn(what string) {
	if !slices.Contains(t.warnings, what) {
		t.warnings = append(t.warnings, what)
	}
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}
