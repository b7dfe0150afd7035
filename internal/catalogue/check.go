package catalogue

import (
	"errors"
	"os"
	"slices"
	"strings"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// TemplateSet is the templates that a catalogue is checked against. The owner's tools and the tests
// read them with internal/templates, which no function imports.
type TemplateSet interface {
	// FullNames are all templates with their languages: receipt, receipt.fr.
	FullNames() []string
	// Check returns the mistakes of a template for some data, and warnings, each as path:line:
	// what. A variable of metadata whose key is not among keys is a warning.
	Check(fullName string, data any, keys []string) (warnings, err error)
}

// Samples are the e-mails that a template is rendered with: of several orders, as the e-mail of a
// key, in a language or, if that is empty, each in its own.
type Samples func(key, language string) []maildata.Mail

// Checked is a catalogue without mistakes.
type Checked struct {
	*Catalogue
	templates []string
	// Warnings are possible mistakes in the templates, each as path:line: what. They do not fail
	// the check.
	Warnings []string
}

// Read reads the catalogue of a file, without its templates. It returns all mistakes, each as
// path:line: what.
func Read(file string) (*Checked, error) {
	source, err := os.ReadFile(file) // #nosec G304 -- a tool of the owner's says which
	if err != nil {
		return nil, err
	}
	return Check(file, source, "", nil, nil)
}

// Check reads a catalogue, renders its templates, which are in a folder, with samples, and returns
// all mistakes, each as path:line: what. Without templates, it only reads the catalogue.
func Check(file string, source []byte, folder string, set TemplateSet, samples Samples) (*Checked, error) {
	c, k := read(source)
	if c == nil {
		return nil, k.err(file)
	}
	out := &Checked{Catalogue: c}
	var wrong []error
	if set != nil {
		out.templates = set.FullNames()
		check := templateCheck{Catalogue: c, set: set, samples: samples, folder: folder}
		wrong = check.all(k, file)
		out.Warnings = check.warnings
	}
	if err := k.err(file); err != nil {
		wrong = append([]error{err}, wrong...)
	}
	return out, errors.Join(wrong...)
}

// use is one use of a template by an e-mail of the catalogue.
type use struct {
	key string
	template
}

// uses are all e-mails of the catalogue: those of the series, the default and the notices.
func (c *Catalogue) uses() []use {
	var all []use
	for _, s := range c.allSeries() {
		for _, e := range s.Emails {
			all = append(all, use{s.Name.Value + "/" + e.Key.Value, e.Template})
		}
	}
	for _, n := range noticeKinds {
		if t := c.Notices.template(n); t.Value != "" || !c.optional(n) {
			all = append(all, use{NoticeKey(n), t})
		}
	}
	if c.Report != nil {
		all = append(all, use{ReportKey, c.Report.Template})
	}
	return all
}

// NoticeKey is the beginning of the key of a notice's delivery, and the whole key if an order has
// at most one notice of the kind.
func NoticeKey(n Notice) string { return noticeSeries + "/" + string(n) }

// Use is the key of the first e-mail of the catalogue that uses a template, such as ebook/receipt
// or notice/refunded; for an unused template, a key derived from its name.
func (c *Catalogue) Use(template string) string {
	for _, u := range c.uses() {
		if u.Value == template {
			return u.key
		}
	}
	return unusedKey(template)
}

// unusedKey is the key of an e-mail that an unused template could be for.
func unusedKey(template string) string {
	if slices.Contains(noticeKinds, Notice(template)) {
		return NoticeKey(Notice(template))
	}
	if template == maildata.ReportSeries {
		return ReportKey
	}
	return "series/" + template
}

func baseNames(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.Contains(n, ".") })
}

// TemplateIDs are the templates that the catalogue names by ID.
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

// Names reports whether every item gets its intended e-mails: a series names it, or there is no
// default. It also reports whether the order is this shop's at all.
func (c *Catalogue) Names(o *order.Order) (named, ours bool) {
	if !c.ours(o) {
		return false, false
	}
	chosen, _ := c.choose(o)
	return !slices.ContainsFunc(chosen, func(s choice) bool { return s.Name.Value == defaultSeries }), true
}

// TemplateNames are the templates that the catalogue names, except those that it names by ID.
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
