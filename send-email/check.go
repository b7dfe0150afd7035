package function

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// TemplateSet is the templates that a catalogue is checked against. The owner's tools and the tests have
// them from internal/templates, which no function imports.
type TemplateSet interface {
	// FullNames are all templates with their languages: receipt, receipt.fr.
	FullNames() []string
	// Check says what is wrong with a template for some data, and warns of what may be: each thing as path:line: what.
	// A variable of metadata whose key is not among keys is a warning.
	Check(fullName string, data any, keys []string) (warnings, err error)
}

// Samples are the e-mails that a template is tried with: of several orders, as the e-mail of a key, in a language or, where
// that is empty, each in its own.
type Samples func(key, language string) []maildata.Mail

// Catalogue is a catalogue with nothing wrong in it.
type Catalogue struct {
	*catalogue
	templates []string
	// Warnings are what may be wrong with the templates, each as path:line: what. They stop nothing.
	Warnings []string
}

// ReadCatalogue reads the catalogue of a file, without looking at its templates. It tells all that is wrong, each thing
// as path:line: what.
func ReadCatalogue(file string) (*Catalogue, error) {
	source, err := os.ReadFile(file) // #nosec G304 -- a tool of the owner's says which
	if err != nil {
		return nil, err
	}
	return CheckCatalogue(file, source, "", nil, nil)
}

// CheckCatalogue reads a catalogue, renders its templates, which are in a folder, with samples, and
// tells all that is wrong, each thing as path:line: what. Without templates, it is only read.
func CheckCatalogue(file string, source []byte, folder string, set TemplateSet, samples Samples) (*Catalogue, error) {
	c, k := readCatalogue(source)
	if c == nil {
		return nil, k.err(file)
	}
	out := &Catalogue{catalogue: c}
	var wrong []error
	if set != nil {
		out.templates = set.FullNames()
		check := templateCheck{catalogue: c, set: set, samples: samples, folder: folder}
		wrong = check.all(k, file)
		out.Warnings = check.warnings
	}
	if err := k.err(file); err != nil {
		wrong = append([]error{err}, wrong...)
	}
	return out, errors.Join(wrong...)
}

// use is an e-mail of the catalogue, as far as its template is concerned.
type use struct {
	key string
	template
}

// uses are all e-mails of the catalogue: those of the series, the default and the notices.
func (c *catalogue) uses() []use {
	var all []use
	for _, s := range c.allSeries() {
		for _, e := range s.Emails {
			all = append(all, use{s.Name.Value + "/" + e.Key.Value, e.Template})
		}
	}
	for _, n := range noticeKinds {
		if t := c.Notices.template(n); t.Value != "" || !c.optional(n) {
			all = append(all, use{noticeKey(n), t})
		}
	}
	if c.Report != nil {
		all = append(all, use{reportKey, c.Report.Template})
	}
	return all
}

func noticeKey(n notice) string { return noticeSeries + "/" + string(n) }

// Use is the key of the first e-mail of the catalogue that is made of a template, such as ebook/receipt or
// notice/refunded; of a template that nothing names, the key that its own name tells.
func (c *Catalogue) Use(template string) string {
	for _, u := range c.uses() {
		if u.Value == template {
			return u.key
		}
	}
	return unusedKey(template)
}

// unusedKey is that of an e-mail that a template which nothing names could be for.
func unusedKey(template string) string {
	if slices.Contains(noticeKinds, notice(template)) {
		return noticeKey(notice(template))
	}
	if template == maildata.ReportSeries {
		return reportKey
	}
	return "series/" + template
}

func baseNames(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.Contains(n, ".") })
}

// Shop is what the templates show of the sender.
func (c *Catalogue) Shop() maildata.Shop { return c.shop() }

// TemplateIDs are the templates that the catalogue knows by ID.
func (c *Catalogue) TemplateIDs() []string {
	var ids []string
	for _, u := range c.uses() {
		if u.isID() {
			ids = append(ids, u.Value)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// HasDefault reports whether there are e-mails for a product that no series names; without them it is meant to have none
// of its own.
func (c *Catalogue) HasDefault() bool { return c.hasDefault() }

// Names reports whether all that would be bought gets the e-mails that it is meant to get: a series names it, or there is
// no default. It also reports whether the shop claims the order as its own at all.
func (c *Catalogue) Names(o *order.Order) (named, ours bool) {
	if !c.ours(o) {
		return false, false
	}
	chosen, _ := c.choose(o)
	return !slices.ContainsFunc(chosen, func(s choice) bool { return s.Name.Value == defaultSeries }), true
}

// TemplateNames are the templates that the catalogue names, without those that it knows by ID.
func (c *Catalogue) TemplateNames() []string {
	var names []string
	for _, u := range c.uses() {
		if !u.isID() {
			names = append(names, u.Value)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Print says who gets what for what is bought, as a table.
func (c *Catalogue) Print(w io.Writer) {
	fmt.Fprintf(w, "From %s <%s>", c.shop().Name, c.From.Email.Value)
	if r := c.ReplyTo; r != nil {
		fmt.Fprintf(w, ", answers to %s", r.Email.Value)
	}
	fmt.Fprintf(w, ". Admins: %s", values(c.Admins.Live))
	if c.Admins.split {
		fmt.Fprintf(w, "; of test orders: %s", values(c.Admins.Test))
	}
	fmt.Fprintln(w, ".")
	if c.Only != nil {
		fmt.Fprintf(w, "Only orders of: %s.\n", strings.Join(c.Only.list(), ", "))
	}
	fmt.Fprintln(w)
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "WHAT IS BOUGHT\tSERIES\tE-MAIL\tTEMPLATE\tTO\tAFTER")
	if s := c.everyOrder(); len(s.Emails) > 0 {
		c.rows(t, []string{"every order"}, s)
	}
	for _, s := range c.Series {
		c.rows(t, s.Match.list(), s)
	}
	if c.hasDefault() {
		c.rows(t, []string{"anything else"}, c.catalogue.defaultSeries())
	}
	var untold []string
	for _, n := range noticeKinds {
		if n == noticeUnknownProduct && !c.hasDefault() {
			continue // no product is unknown
		}
		if c.optional(n) && c.Notices.template(n).Value == "" {
			untold = append(untold, n.field())
			continue
		}
		e := email{Key: text{Value: string(n)}, Template: c.Notices.template(n), To: recipient{text: text{Value: string(order.Admins)}}}
		c.rows(t, []string{noticeCause[n]}, series{Name: text{Value: noticeSeries}, Emails: []email{e}})
	}
	if r := c.Report; r != nil {
		e := email{Key: text{Value: "daily"}, Template: r.Template, To: recipient{text: text{Value: string(order.Admins)}}, After: delay{text: text{Value: "at " + cmp.Or(r.At.Value, "a call")}}}
		c.rows(t, []string{"each day"}, series{Name: text{Value: maildata.ReportSeries}, Emails: []email{e}})
	}
	t.Flush() // #nosec G104 -- into a strings.Builder, which never fails
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	if untold != nil {
		fmt.Fprintf(w, "\nThe notices have no %s: nobody is told of that by mail.\n", strings.Join(untold, " and no "))
	}
}

var noticeCause = map[notice]string{
	noticePaymentFailed:  "when a payment fails",
	noticeEmailFailed:    "when an e-mail fails",
	noticeBounced:        "when an e-mail does not arrive",
	noticeUnknownProduct: "when no series names a product",
	noticeItemsMissing:   "when Stripe does not say what",
	noticeRefunded:       "when money goes back",
	noticeDisputed:       "when a payment is disputed",
	noticeDatabaseFull:   "when the database fills up",
}

// rows are what is bought beside what it brings; the longer of the two columns makes the number of rows.
func (c *Catalogue) rows(w io.Writer, bought []string, s series) {
	for i := range max(len(bought), len(s.Emails)) {
		var what, name, mail string
		if i < len(bought) {
			what = bought[i]
		}
		if i == 0 {
			name = s.Name.Value
		}
		if i < len(s.Emails) {
			e := s.Emails[i]
			mail = strings.Join([]string{e.Key.Value, c.shown(e.Template), e.To.Value, cmp.Or(e.After.Value, "at once")}, "\t")
		} else {
			mail = "\t\t\t"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", what, name, mail)
	}
}

// shown is a template with the languages that there are beside the one of its own name.
func (c *Catalogue) shown(t template) string {
	languages := languagesOf(t.Value, c.templates)
	if languages == nil {
		return t.Value
	}
	return t.Value + " (" + strings.Join(languages, ", ") + ")"
}

// list is all that a match names.
func (m match) list() []string {
	var all []string
	for _, kind := range []struct {
		what string
		ids  []text
	}{{"price", m.Prices}, {"product", m.Products}, {"payment link", m.PaymentLinks}} {
		for _, id := range kind.ids {
			all = append(all, kind.what+" "+id.Value)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(m.Metadata)) {
		all = append(all, "metadata "+k+": "+m.Metadata[k].Value)
	}
	return all
}

func values(texts []text) string {
	var all []string
	for _, t := range texts {
		all = append(all, t.Value)
	}
	return strings.Join(all, ", ")
}
