package function

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// at is a mistake on a line, in the form in which the YAML library collects them.
func at(line int, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: "+format, append([]any{line}, args...)...)}}
}

// parseCatalogue reads a catalogue and tells all that is wrong with it, each as file:line: what.
func parseCatalogue(file string, source []byte) (*catalogue, error) {
	var c catalogue
	d := yaml.NewDecoder(bytes.NewReader(source))
	d.KnownFields(true)
	err := d.Decode(&c)
	switch {
	case errors.Is(err, io.EOF):
		err = at(1, "the catalogue is empty")
	case err == nil:
		if d.Decode(new(yaml.Node)) != io.EOF {
			err = at(1, "want one document, without a second one below ---")
		} else {
			err = cmp.Or(emptyEntries(source), c.check())
		}
	}
	if err != nil {
		return nil, located(file, err)
	}
	return &c, nil
}

// emptyEntries finds the list entries that hold nothing, which the YAML library leaves out in silence.
func emptyEntries(source []byte) error {
	var root yaml.Node
	if err := yaml.Unmarshal(source, &root); err != nil {
		return err
	}
	var k checker
	k.emptyEntries(&root)
	return k.err()
}

func (k *checker) emptyEntries(n *yaml.Node) {
	for _, c := range n.Content {
		if n.Kind == yaml.SequenceNode && c.Tag == "!!null" {
			k.wrong(c.Line, "an entry of the list is empty")
		}
		k.emptyEntries(c)
	}
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

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
			out = append(out, fmt.Errorf("%s: %s", file, l))
		}
	}
	return errors.Join(out...)
}

var goType = regexp.MustCompile(`field (\S+) not found in type \S+`)

// plain turns yaml's words for a Go programmer into words for an owner.
func plain(s string) string { return goType.ReplaceAllString(s, "unknown field $1") }

// checker collects mistakes.
type checker struct{ mistakes []string }

func (k *checker) err() error {
	if len(k.mistakes) == 0 {
		return nil
	}
	return &yaml.TypeError{Errors: k.mistakes}
}

func (k *checker) wrong(line int, format string, args ...any) {
	k.mistakes = append(k.mistakes, fmt.Sprintf("line %d: "+format, append([]any{line}, args...)...))
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
		k.wrong(max(t.Line, 1), "%s %q: want lower-case letters, digits and hyphens", what, t.Value)
	}
}

// reserved are the first parts of keys that are not a series of the owner's.
var reserved = []string{defaultSeries, noticeSeries}

// check finds what the types alone do not.
func (c *catalogue) check() error {
	var k checker
	if c.From.Email.Value == "" {
		k.wrong(1, "from has no email")
	}
	if c.ReplyTo != nil && c.ReplyTo.Email.Value == "" {
		k.wrong(1, "reply_to has no email")
	}
	if len(c.Admins) == 0 {
		k.wrong(1, "admins is empty: somebody must be told when a sale goes wrong")
	}
	admins := map[string]int{}
	for _, a := range c.Admins {
		k.onceAs(admins, strings.ToLower(a.Value), a.text, "admin")
	}
	c.checkSeries(&k)
	if len(c.Default.Emails) == 0 {
		k.wrong(1, "default has no emails: a product that no series names would get none")
	}
	k.emails(c.Default.Emails)
	for _, n := range noticeKinds {
		if c.Notices.template(n) == "" {
			k.wrong(1, "notices has no %s", strings.ReplaceAll(string(n), "-", "_"))
		}
	}
	return k.err()
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
			k.wrong(max(e.Key.Line, 1), "e-mail %q has no template", e.Key.Value)
		}
		if e.To.audience == "" {
			k.wrong(max(e.Key.Line, 1), "e-mail %q has no to", e.Key.Value)
		}
	}
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

// ids checks Stripe's IDs, and that no two series claim one. A shop may have chosen a product's ID
// itself, so an ID need not begin as Stripe's do; but one that begins as another kind's is a slip.
func (k *checker) ids(seen map[string]int, ids []text, what string, others ...string) {
	for _, id := range ids {
		slip := slices.ContainsFunc(others, func(p string) bool { return strings.HasPrefix(id.Value, p) })
		if slip || !idForm.MatchString(id.Value) || strings.HasSuffix(id.Value, "_") {
			k.wrong(max(id.Line, 1), "%q is not the ID of a %s", id.Value, what)
		}
		k.once(seen, id, what)
	}
}
