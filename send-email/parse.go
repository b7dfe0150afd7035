package function

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/span"
)

// at is a mistake on a line, in the form in which the YAML library collects them.
func at(line int, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: "+format, append([]any{line}, args...)...)}}
}

// parseCatalogue reads a catalogue and tells all that is wrong with it, each as file:line: what.
func parseCatalogue(file string, source []byte) (*catalogue, error) {
	c, k, err := readCatalogue(source)
	if err = cmp.Or(err, k.err()); err != nil {
		return nil, located(file, err)
	}
	return c, nil
}

// readCatalogue reads what it can, and collects what is wrong with it. Its error is for what cannot be read
// at all.
func readCatalogue(source []byte) (*catalogue, *checker, error) {
	c, k := &catalogue{}, &checker{}
	d := yaml.NewDecoder(bytes.NewReader(source))
	d.KnownFields(true)
	err := d.Decode(c)
	several := new(yaml.TypeError)
	switch {
	case errors.Is(err, io.EOF):
		return c, k, at(1, "the catalogue is empty")
	case errors.As(err, &several):
		k.mistakes = several.Errors
	case err != nil:
		return c, k, err
	}
	if d.Decode(new(yaml.Node)) != io.EOF {
		k.wrong(1, "want one document, without a second one below ---")
	}
	var root yaml.Node
	if err := yaml.Unmarshal(source, &root); err != nil {
		return c, k, err
	}
	k.emptyEntries(&root)
	c.check(k)
	return c, k, nil
}

// emptyEntries finds the list entries that hold nothing, which the YAML library leaves out in silence.
func (k *checker) emptyEntries(n *yaml.Node) {
	for _, c := range n.Content {
		entry := c
		if c.Kind == yaml.AliasNode {
			entry = c.Alias
		}
		if n.Kind == yaml.SequenceNode && entry.Tag == "!!null" {
			k.wrong(c.Line, "an entry of the list is empty")
		}
		k.emptyEntries(c)
	}
}

var yamlLine = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)

// located puts file and line before each mistake.
func located(file string, err error) error {
	lines := []string{err.Error()}
	if several := new(yaml.TypeError); errors.As(err, &several) {
		lines = several.Errors
	}
	var out []error
	for _, l := range lines {
		if parts := yamlLine.FindStringSubmatch(l); parts != nil {
			out = append(out, fmt.Errorf("%s:%s: %s", file, parts[1], plain(parts[2])))
		} else {
			out = append(out, fmt.Errorf("%s:1: %s", file, plain(strings.TrimPrefix(l, "yaml: "))))
		}
	}
	return errors.Join(out...)
}

var goType = regexp.MustCompile(`field (.+) not found in type \S+`)

var lineBreaks = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// plain turns yaml's words for a Go programmer into words for an owner, on one line whatever they quote.
func plain(s string) string {
	return goType.ReplaceAllString(lineBreaks.Replace(s), "unknown field $1")
}

// checker collects mistakes.
type checker struct{ mistakes []string }

// err is all mistakes in the order of their lines.
func (k *checker) err() error {
	if len(k.mistakes) == 0 {
		return nil
	}
	slices.SortStableFunc(k.mistakes, func(a, b string) int { return cmp.Compare(lineOf(a), lineOf(b)) })
	return &yaml.TypeError{Errors: slices.Compact(k.mistakes)}
}

func lineOf(mistake string) int {
	parts := yamlLine.FindStringSubmatch(mistake)
	if parts == nil {
		return 0
	}
	n, _ := strconv.Atoi(parts[1])
	return n
}

// wrong notes a mistake; one in what is not there at all has no line, and is told on the first.
func (k *checker) wrong(line int, format string, args ...any) {
	k.mistakes = append(k.mistakes, fmt.Sprintf("line %d: "+format, append([]any{max(line, 1)}, args...)...))
}

// once complains of a value that was there before; what names its kind.
func (k *checker) once(seen map[string]int, t text, what string) { k.onceAs(seen, t.Value, t, what) }

// onceAs is once where values may be the same that are written differently: id is what they share.
func (k *checker) onceAs(seen map[string]int, id string, t text, what string) {
	if first, ok := seen[id]; ok {
		k.wrong(t.Line, "%s %q is on line %d already", what, t.Value, first)
		return
	}
	seen[id] = t.Line
}

// Names become parts of field paths and of delivery IDs.
var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,49}$`)

func (k *checker) name(t text, what string) {
	if !nameForm.MatchString(t.Value) {
		k.wrong(t.Line, "%s %q: want lower-case letters, digits and hyphens", what, t.Value)
	}
}

// reserved are the first parts of keys that are not a series of the owner's.
var reserved = []string{everyOrder, defaultSeries, noticeSeries, maildata.ReportSeries}

// check finds what the types alone do not.
func (c *catalogue) check(k *checker) {
	k.mailbox("from", c.From)
	if c.ReplyTo != nil {
		k.mailbox("reply_to", *c.ReplyTo)
	}
	k.admins(c.Admins)
	k.emails(c.EveryOrder.Emails)
	c.checkSeries(k)
	switch {
	case toCustomer(c.EveryOrder.Emails):
	case !c.hasDefault():
		k.wrong(1, "default has no emails: a product that no series names would get none")
	case !toCustomer(c.Default.Emails):
		k.wrong(c.Default.Emails[0].line(), "default has no e-mail to the customer")
	}
	k.emails(c.Default.Emails)
	for _, n := range noticeKinds {
		switch t := c.Notices.template(n); {
		case t.Value != "":
			k.template(t)
		case !c.optional(n):
			k.wrong(1, "notices has no %s", n.field())
		}
	}
	if c.Report != nil {
		k.report(*c.Report)
	}
}

func (k *checker) report(r report) {
	if r.Template.Value == "" {
		k.wrong(r.At.Line, "report has no template")
	} else {
		k.template(r.Template)
	}
	if r.At.sinceMidnight < 0 {
		k.wrong(r.At.Line, "%q is not a time of day such as 07:30", r.At.Value)
	}
}

func (k *checker) mailbox(field string, m mailbox) {
	if m.Email.Value == "" {
		k.wrong(m.Email.Line, "%s has no email", field)
	} else {
		k.address(m.Email, field+": ")
	}
}

func (k *checker) admins(a admins) {
	lists := map[string][]text{"is empty": a.live}
	if a.split {
		lists = map[string][]text{"has no live": a.live, "has no test": a.test}
	}
	for _, lack := range slices.Sorted(maps.Keys(lists)) {
		if len(lists[lack]) == 0 {
			k.wrong(a.line, "admins %s: somebody must be told when a sale goes wrong", lack)
		}
		seen := map[string]int{}
		for _, t := range lists[lack] {
			k.address(t, "")
			k.onceAs(seen, strings.ToLower(t.Value), t, "admin")
		}
	}
}

func (k *checker) address(t text, where string) {
	switch {
	case !order.IsAddress(t.Value):
		k.wrong(t.Line, "%s%q is not an e-mail address", where, t.Value)
	case !order.Sendable(t.Value):
		k.wrong(t.Line, "%sSendGrid refuses %q: it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example", where, t.Value)
	}
}

var (
	templateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	// idSlip is what was meant as an ID: hexadecimal digits, but not as many as there should be.
	idSlip = regexp.MustCompile(`^d-[0-9a-f]*$`)
)

func (k *checker) template(t template) {
	switch {
	case t.isID():
	case idSlip.MatchString(t.Value):
		k.wrong(t.Line, "%q is not the ID of a dynamic template: want d- and 32 digits of 0-9 and a-f", t.Value)
	case !templateName.MatchString(t.Value):
		k.wrong(t.Line, "%q is neither the name of a template, such as receipt, nor the ID of a dynamic template", t.Value)
	}
}

func (c *catalogue) checkSeries(k *checker) {
	names, prices, products, links, pairs := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for i := range c.Series {
		s := &c.Series[i]
		k.name(s.Name, "series")
		k.once(names, s.Name, "series")
		if slices.Contains(reserved, s.Name.Value) {
			k.wrong(s.Name.Line, "series %q: the name is taken", s.Name.Value)
		}
		if s.Match.empty() {
			k.wrong(s.Name.Line, "series %q matches nothing", s.Name.Value)
		}
		if len(s.Emails) == 0 {
			k.wrong(s.Name.Line, "series %q has no emails", s.Name.Value)
		} else if !toCustomer(s.Emails) && !toCustomer(c.EveryOrder.Emails) {
			k.wrong(s.Name.Line, "series %q has no e-mail to the customer", s.Name.Value)
		}
		k.match(s.Match, prices, products, links)
		for key, value := range s.Match.Metadata {
			k.once(pairs, text{key + ": " + value, s.Name.Line}, "metadata")
		}
		k.emails(s.Emails)
	}
	if o := c.Only; o != nil {
		if o.empty() {
			k.wrong(1, "only names nothing: no order would be ours")
		}
		k.match(*o, map[string]int{}, map[string]int{}, map[string]int{})
	}
}

func (m match) empty() bool {
	return len(m.Prices)+len(m.Products)+len(m.PaymentLinks)+len(m.Metadata) == 0
}

func (k *checker) match(m match, prices, products, links map[string]int) {
	k.ids(prices, m.Prices, "price", "prod_", "plink_")
	k.ids(products, m.Products, "product", "price_", "plink_")
	k.ids(links, m.PaymentLinks, "payment link", "prod_", "price_")
}

func (k *checker) emails(emails []email) {
	keys := map[string]int{}
	for _, e := range emails {
		k.name(e.Key, "key")
		k.once(keys, e.Key, "key")
		if e.Template.Value == "" {
			k.wrong(e.line(), "e-mail %q has no template", e.Key.Value)
		} else {
			k.template(e.Template)
		}
		switch {
		case e.To.Value == "":
			k.wrong(e.line(), "e-mail %q has no to", e.Key.Value)
		case e.To.audience == "":
			k.wrong(e.To.Line, "%q is not customer, admins or an e-mail address", e.To.Value)
		case e.To.audience == order.Other:
			k.address(e.To.text, "")
		}
		if e.After.Duration < 0 {
			k.wrong(e.After.Line, "%q is not "+span.Form, e.After.Value)
		}
	}
}

// line is the first that is known of an e-mail, if any is.
func (e email) line() int { return cmp.Or(e.Key.Line, e.Template.Line, e.To.Line) }

func toCustomer(emails []email) bool {
	return slices.ContainsFunc(emails, func(e email) bool { return e.To.audience == order.Customer })
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

// ids checks Stripe's IDs, and that no two series claim one. A shop may have chosen a product's ID
// itself, so an ID need not begin as Stripe's do; but one that begins as another kind's is a slip.
func (k *checker) ids(seen map[string]int, ids []text, what string, others ...string) {
	for _, id := range ids {
		slip := slices.ContainsFunc(others, func(p string) bool { return strings.HasPrefix(id.Value, p) })
		if slip || !idForm.MatchString(id.Value) || strings.HasSuffix(id.Value, "_") {
			k.wrong(id.Line, "%q is not the ID of a %s", id.Value, what)
		}
		k.once(seen, id, what)
	}
}
