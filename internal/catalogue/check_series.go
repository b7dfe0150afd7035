package catalogue

import (
	"regexp"
	"slices"
	"strings"

	"handler/function/internal/order"
	"handler/function/internal/span"
	"handler/function/internal/typed"
)

func (c *Catalogue) checkSeries(k *checker) {
	names, pairs, ids := map[string]int{}, map[string]int{}, newIDs()
	for i := range c.Series {
		s := &c.Series[i]
		if s.Name.Value == "" {
			k.missing(s, &s.Name, "%s has no name: write name: ebook, for example", s)
		} else {
			k.name(s.Name, "the name of a series")
			k.once(names, s.Name, "series")
		}
		if slices.Contains(reserved, s.Name.Value) {
			k.wrong(s.Name.Line, "series %s: the name is taken", quoted(s.Name.Value))
		}
		if k.empty(&s.Match) {
			k.missing(s, &s.Match, "%s matches nothing: write match: {products: [prod_…]}", s)
		}
		if len(s.Emails) == 0 {
			k.missing(s, &s.Emails, "%s has no emails", s)
		} else if !k.toCustomer(&s.Emails) && !k.toCustomer(&c.EveryOrder.Emails) {
			k.wrong(k.lines[s], "%s has no e-mail to the customer", s)
		}
		k.match(&s.Match, ids)
		for _, key := range sortedKeys(s.Match.Metadata) {
			value := s.Match.Metadata[key]
			k.once(pairs, text{key + ": " + value.Value, value.Line}, "metadata")
		}
		k.emails(s.Emails)
	}
	if o := c.Only; o != nil {
		if k.empty(o) {
			k.missing(c, &c.Only, "only names nothing: no order would be ours")
		}
		k.match(o, newIDs())
	}
}

func (k *checker) emails(emails []email) {
	keys := map[string]int{}
	for i := range emails {
		e := &emails[i]
		if e.Key.Value == "" {
			k.missing(e, &e.Key, "%s has no key: write key: delivery, for example", e)
		} else {
			k.name(e.Key, "a key")
			k.once(keys, e.Key, "key")
		}
		if e.Template.Value == "" {
			k.missing(e, &e.Template, "%s has no template: write the name of a folder in templates/", e)
		} else {
			k.template(e.Template)
		}
		k.recipient(e)
		if e.After.Duration < 0 {
			k.wrong(e.After.Line, "%s is not "+span.Form, quoted(e.After.Value))
		}
	}
}

func (k *checker) recipient(e *email) {
	known := []string{string(order.Customer), string(order.Admins)}
	switch {
	case e.To.Value == "":
		k.missing(e, &e.To, "%s has no to: write to: customer, to: admins or an e-mail address", e)
	case e.To.audience == order.Other:
		k.address(e.To.text)
	case e.To.audience == "" && strings.Contains(e.To.Value, "@"):
		k.address(e.To.text)
	case e.To.audience == "":
		k.wrong(e.To.Line, "%s is not customer, admins or an e-mail address%s", quoted(e.To.Value), typed.DidYouMean(e.To.Value, known))
	}
}

// String names a series in a mistake.
func (s *series) String() string {
	if s.Name.Value == "" {
		return "this series"
	}
	return "series " + quoted(s.Name.Value)
}

// String names an e-mail in a mistake.
func (e *email) String() string {
	if e.Key.Value == "" {
		return "this e-mail"
	}
	return "e-mail " + quoted(e.Key.Value)
}

// toCustomer reports whether one of the e-mails goes to the customer, or is probably intended to.
func (k *checker) toCustomer(emails *[]email) bool {
	return k.reported[emails] || slices.ContainsFunc(*emails, func(e email) bool { return e.To.audience == order.Customer || e.To.audience == "" })
}

// Names become parts of field paths and of delivery IDs.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,49}$`)

func (k *checker) name(t text, what string) {
	if !nameForm.MatchString(t.Value) {
		k.wrong(t.Line, "%s cannot be %s, which has small letters, digits and hyphens, at most 50%s", quoted(t.Value), what, write(typed.Slug(t.Value)))
	}
}

// write is ": write x", or empty if there is no proposal.
func write(this string) string {
	if this == "" {
		return ""
	}
	return ": write " + this
}

// idSlip matches a mistyped ID: hexadecimal digits, but not the right number.
var idSlip = regexp.MustCompile(`^d-[0-9a-f]*$`)

func (k *checker) template(t template) {
	switch {
	case t.isID(), templateName.MatchString(t.Value) && !idSlip.MatchString(t.Value):
	case idSlip.MatchString(t.Value):
		k.wrong(t.Line, "%s is not the ID of a dynamic template: want d- and 32 digits of 0-9 and a-f", quoted(t.Value))
	default:
		k.wrong(t.Line, "%s is neither the name of a template nor the ID of a dynamic template%s", quoted(t.Value), write(meantTemplate(t.Value)))
	}
}

// meantTemplate is the name of the template that a path, a file, or a folder of another language
// refers to.
func meantTemplate(value string) string {
	value = strings.TrimSuffix(strings.Trim(value, "/"), "/subject.hbs")
	value = value[strings.LastIndex(value, "/")+1:]
	name, _, _ := strings.Cut(value, ".")
	return typed.Slug(name)
}

var templateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
