package shopcheck

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"handler/function/internal/catalogue"
	"handler/function/internal/plural"
	"handler/function/internal/templates"
)

// Report is what a check found, for programs.
type Report struct {
	// Mistakes and Warnings have path:line before what they say, where there is a line.
	Mistakes []string `json:"mistakes"`
	Warnings []string `json:"warnings"`
	// Templates were rendered with each of Orders sample orders, in that Rendered of all Branches
	// were rendered.
	Templates int `json:"templates"`
	Orders    int `json:"sample_orders"`
	Rendered  int `json:"rendered_branches"`
	Branches  int `json:"branches"`
	// Unpublished are the templates that are not published, by the SendGrid account in the lock.
	Unpublished map[string][]string `json:"unpublished"`
	// Published reports whether the lock has an account at all.
	Published bool `json:"published"`

	catalogue *catalogue.Checked
}

// Report checks the shop's files. Mistakes of the owner are in the report, and no error.
func (c *Checker) Report() (Report, error) {
	r := Report{Mistakes: []string{}, Warnings: []string{}, Unpublished: map[string][]string{}}
	checked, set, err := c.Check()
	if errors.As(err, new(Mistakes)) {
		r.Mistakes = strings.Split(err.Error(), "\n")
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.catalogue = checked
	r.Templates, r.Orders = len(set.All()), len(c.orders)
	r.Rendered, r.Branches = set.Branches()
	r.Warnings = append(r.Warnings, c.Warnings(checked, set)...)
	return r, r.findUnpublished(c.Lock, named(set.Set, checked.TemplateNames()))
}

// Warnings says what may be wrong with the catalogue and the templates, and stops nothing.
func (c *Checker) Warnings(checked *catalogue.Checked, set *templates.Coverage) []string {
	warnings := slices.Clone(checked.Warnings)
	if err := set.Unrendered(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			warnings = append(warnings, filepath.Join(c.Templates, line))
		}
	}
	return warnings
}

// PrintWarnings prints them, if there are any.
func PrintWarnings(out io.Writer, warnings []string) {
	if len(warnings) > 0 {
		fmt.Fprintf(out, "\nWarnings, which stop nothing:\n%s\n\n", strings.Join(warnings, "\n"))
	}
}

// findUnpublished finds the templates that the function would not find an ID for.
func (r *Report) findUnpublished(file string, names []string) error {
	lock, err := catalogue.ReadLock(file)
	if err != nil {
		return err
	}
	r.Published = len(lock.Accounts) > 0 || len(names) == 0
	for account := range lock.Accounts {
		ids := lock.IDs(account)
		missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			_, _, ok := ids.Find(name, "")
			return ok
		})
		if len(missing) > 0 {
			r.Unpublished[account] = missing
		}
	}
	return nil
}

// named are the templates that a catalogue names, in all their languages.
func named(set *templates.Set, names []string) []string {
	var all []string
	for _, t := range set.All() {
		if slices.Contains(names, t.Name) {
			all = append(all, t.FullName())
		}
	}
	return all
}

// Print says who gets which e-mail for what, what may be wrong, and what is not published. The
// report of a shop with mistakes has none of that: Err has the mistakes.
func (r Report) Print(out io.Writer) {
	if len(r.Mistakes) > 0 {
		return
	}
	r.catalogue.Print(out)
	fmt.Fprintf(out, "\nRendered %s with each of %s: %d of %s.\n", plural.Of(r.Templates, "template"),
		plural.Of(r.Orders, "sample order"), r.Rendered, plural.Of(r.Branches, "branch"))
	PrintWarnings(out, r.Warnings)
	if !r.Published {
		fmt.Fprintln(out, "No template is published yet: make templates does it.")
	}
	for _, account := range slices.Sorted(maps.Keys(r.Unpublished)) {
		fmt.Fprintf(out, "Not published yet in the account %s: %s. make templates does it.\n", account, strings.Join(r.Unpublished[account], ", "))
	}
}

// Err is the mistakes, or nil.
func (r Report) Err() error {
	if len(r.Mistakes) == 0 {
		return nil
	}
	return Mistakes{errors.New(strings.Join(r.Mistakes, "\n"))}
}
