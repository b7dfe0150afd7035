package function

import (
	"regexp"
	"slices"
	"strings"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/span"
	"handler/function/internal/typed"
	"handler/function/internal/yamlfile"
)

// parseCatalogue reads a catalogue. Its error is all that is wrong with it, each as file:line: what.
func parseCatalogue(file string, source []byte) (*catalogue, error) {
	c, k := readCatalogue(source)
	if err := k.err(file); err != nil {
		return nil, err
	}
	return c, nil
}

// readCatalogue reads what it can of a catalogue, and collects what is wrong with it. The catalogue is nil where it cannot
// be read at all.
func readCatalogue(source []byte) (*catalogue, *checker) {
	c, k := &catalogue{}, newChecker()
	root, bad := yamlfile.Parse(source)
	switch {
	case bad != nil:
		k.wrong(bad.Line, "%s", bad.What)
		return nil, k
	case root == nil, empty(root):
		k.wrong(1, "the catalogue is empty: docs/emails.md says what belongs into it")
		return nil, k
	}
	if k.decode(root, c); k.told[c] {
		return nil, k
	}
	c.check(k)
	return c, k
}

// reserved are the first parts of keys that are not a series of the owner's.
var reserved = []string{everyOrder, defaultSeries, noticeSeries, maildata.ReportSeries}

// check finds what the types alone do not.
func (c *catalogue) check(k *checker) {
	k.mailbox("from", &c.From)
	if c.ReplyTo != nil {
		k.mailbox("reply_to", c.ReplyTo)
	}
	k.admins(c)
	k.emails(c.EveryOrder.Emails)
	c.checkSeries(k)
	if !k.toCustomer(&c.EveryOrder.Emails) {
		if !c.hasDefault() {
			k.missing(&c.Default, &c.Default.Emails, "default has no emails: a product that no series names would get none")
		} else if !k.toCustomer(&c.Default.Emails) {
			k.wrong(k.lines[&c.Default.Emails], "default has no e-mail to the customer")
		}
	}
	k.emails(c.Default.Emails)
	c.checkNotices(k)
	k.metadataKeys(c.MetadataKeys)
	if c.Report != nil {
		k.report(c.Report)
	}
}

func (c *catalogue) checkNotices(k *checker) {
	if c.Notices == (notices{}) {
		var names []string
		for _, n := range noticeKinds {
			if !c.optional(n) {
				names = append(names, n.field())
			}
		}
		k.missing(c, &c.Notices, "notices has no templates: write a template for each of %s", and(names))
		return
	}
	for _, n := range noticeKinds {
		switch t := c.Notices.of(n); {
		case t.Value != "":
			k.template(*t)
		case !c.optional(n):
			k.missing(&c.Notices, t, "notices has no %s", n.field())
		}
	}
}

func (k *checker) report(r *report) {
	if r.Template.Value == "" {
		k.missing(r, &r.Template, "report has no template")
	} else {
		k.template(r.Template)
	}
	if r.At.sinceMidnight < 0 {
		k.wrong(r.At.Line, "%s is not a time of day such as 07:30", quoted(r.At.Value))
	}
}

func (k *checker) mailbox(field string, m *mailbox) {
	if m.Email.Value == "" {
		k.missing(m, &m.Email, "%s has no email: write %s: {email: shop@example.com}", field, field)
	} else {
		k.address(m.Email)
	}
}

func (k *checker) admins(c *catalogue) {
	a := &c.Admins
	switch {
	case len(a.Live)+len(a.Test) == 0:
		k.missing(c, a, "admins has no addresses, and a failure would go unseen: write admins: [you@example.com]")
	case len(a.Live) == 0:
		k.missing(a, &a.Live, "admins has no addresses for live orders: write live: [you@example.com]")
	case len(a.Test) == 0:
		k.missing(a, &a.Test, "admins has no addresses for test orders: write test: [you@example.com]")
	}
	k.addresses(a.Live)
	if a.split {
		k.addresses(a.Test)
	}
}

func (k *checker) addresses(list []text) {
	seen := map[string]int{}
	for _, t := range list {
		k.address(t)
		k.onceAs(seen, strings.ToLower(t.Value), t, "admin")
	}
}

func (k *checker) address(t text) {
	if what := wrongAddress(t.Value); what != "" {
		k.wrong(t.Line, "%s", what)
	}
}

// once notes a value that was there before; what names its kind.
func (k *checker) once(seen map[string]int, t text, what string) { k.onceAs(seen, t.Value, t, what) }

// onceAs is once where values may be the same that are written differently: id is what they share.
func (k *checker) onceAs(seen map[string]int, id string, t text, what string) {
	if first, ok := seen[id]; ok {
		k.wrong(t.Line, "%s %s is on line %d already", what, quoted(t.Value), first)
		return
	}
	seen[id] = t.Line
}

// Names become parts of field paths and of delivery IDs.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,49}$`)

func (k *checker) name(t text, what string) {
	if !nameForm.MatchString(t.Value) {
		k.wrong(t.Line, "%s cannot be %s, which has small letters, digits and hyphens, at most 50%s", quoted(t.Value), what, write(typed.Slug(t.Value)))
	}
}

// write is ": write x", or nothing where it is not known what to write.
func write(this string) string {
	if this == "" {
		return ""
	}
	return ": write " + this
}

// idSlip is what was meant as an ID: hexadecimal digits, but not as many as there should be.
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

// meantTemplate is the name of a template that was meant by a path, a file, or a folder of another language.
func meantTemplate(value string) string {
	value = strings.TrimSuffix(strings.Trim(value, "/"), "/subject.hbs")
	value = value[strings.LastIndex(value, "/")+1:]
	name, _, _ := strings.Cut(value, ".")
	return typed.Slug(name)
}

var templateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

func (c *catalogue) checkSeries(k *checker) {
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

// toCustomer reports whether one of some e-mails is to the customer, or may be meant to be.
func (k *checker) toCustomer(emails *[]email) bool {
	return k.told[emails] || slices.ContainsFunc(*emails, func(e email) bool { return e.To.audience == order.Customer || e.To.audience == "" })
}
