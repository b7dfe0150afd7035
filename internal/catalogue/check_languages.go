package catalogue

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"handler/function/internal/order"
)

// warnLanguages warns of each of the customer's templates that lacks a language which another of
// them has: the e-mails of one order would come in several languages. names are the full names of
// the templates there are.
func (t *templateCheck) warnLanguages(names []string, file string) {
	templates := t.ofCustomer(names)
	spoken := map[string]string{} // a template that has the language
	for _, u := range templates {
		for _, language := range languagesOf(u.Value, names) {
			if _, ok := spoken[language]; !ok {
				spoken[language] = u.Value
			}
		}
	}
	for _, u := range templates {
		own := languagesOf(u.Value, names)
		for _, language := range slices.Sorted(maps.Keys(spoken)) {
			if !slices.Contains(own, language) {
				t.warn(fmt.Sprintf("%s:%d: %s has no folder %s.%s, as %s has: customers of that language get this e-mail in the language of %s",
					file, u.Line, u.Value, path.Join(t.folder, u.Value), language, spoken[language], u.Value))
			}
		}
	}
}

// ofCustomer is the first use of each named template that goes to customers.
func (t *templateCheck) ofCustomer(names []string) []template {
	var all []template
	seen := map[string]bool{}
	for _, s := range t.allSeries() {
		for _, e := range s.Emails {
			if e.To.audience == order.Customer && slices.Contains(names, e.Template.Value) && !seen[e.Template.Value] {
				seen[e.Template.Value] = true
				all = append(all, e.Template)
			}
		}
	}
	return all
}

// languagesOf are the languages of a template, except that of its own folder.
func languagesOf(template string, names []string) []string {
	var languages []string
	for _, n := range names {
		if base, language, ok := strings.Cut(n, "."); ok && base == template {
			languages = append(languages, language)
		}
	}
	return languages
}
