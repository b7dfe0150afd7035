package catalogue

import (
	"strings"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/yamlfile"
)

// Parse reads a catalogue. Its error is all mistakes, each as file:line: what.
func Parse(file string, source []byte) (*Catalogue, error) {
	c, k := read(source)
	if err := k.err(file); err != nil {
		return nil, err
	}
	return c, nil
}

// read reads as much as possible of a catalogue, and collects the mistakes. The catalogue is nil if
// it cannot be read at all.
func read(source []byte) (*Catalogue, *checker) {
	c, k := &Catalogue{}, newChecker()
	root, bad := yamlfile.Parse(source)
	switch {
	case bad != nil:
		k.wrong(bad.Line, "%s", bad.What)
		return nil, k
	case root == nil, empty(root):
		k.wrong(1, "the catalogue is empty: docs/emails.md says what belongs into it")
		return nil, k
	}
	if k.decode(root, c); k.reported[c] {
		return nil, k
	}
	c.check(k)
	return c, k
}

// reserved are the first parts of keys that cannot be the name of a series.
var reserved = []string{everyOrder, defaultSeries, noticeSeries, order.AlertSeries, maildata.ReportSeries}

// check finds what the types alone do not.
func (c *Catalogue) check(k *checker) {
	k.mailbox("from", &c.From)
	if c.ReplyTo != nil {
		k.mailbox("reply_to", c.ReplyTo)
	}
	k.admins(c)
	k.emails(c.EveryOrder.Emails)
	c.checkSeries(k)
	if !k.toCustomer(&c.EveryOrder.Emails) {
		if !c.HasDefault() {
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
	k.timeZone(c.TimeZone)
}

func (c *Catalogue) checkNotices(k *checker) {
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

func (k *checker) admins(c *Catalogue) {
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

// once records a duplicate value; what names its kind.
func (k *checker) once(seen map[string]int, t text, what string) { k.onceAs(seen, t.Value, t, what) }

// onceAs is once for values with several spellings: id is their common form.
func (k *checker) onceAs(seen map[string]int, id string, t text, what string) {
	if first, ok := seen[id]; ok {
		k.wrong(t.Line, "%s %s is on line %d already", what, quoted(t.Value), first)
		return
	}
	seen[id] = t.Line
}
