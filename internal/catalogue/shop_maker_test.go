package catalogue

import (
	"slices"
	"strings"
)

// maker makes a shop of bytes, each of which makes a choice. Where they have run out, it chooses
// the first, which is valid and makes an end: short inputs make small valid shops.
type maker struct {
	bytes []byte
	// slip is after how many of its choices the owner makes a mistake, and period after how many
	// more the next one; 0 is never.
	slip, period int
	used         map[string]bool
}

func newMaker(bytes []byte) *maker {
	m := &maker{bytes: bytes, used: map[string]bool{}}
	switch m.below(4) {
	case 1, 2:
		m.slip = 1 + m.below(256)
	case 3:
		m.slip, m.period = 1+m.below(64), 1+m.below(64)
	}
	return m
}

// slips reports whether the owner makes a mistake here.
func (m *maker) slips() bool {
	m.slip--
	if m.slip == 0 {
		m.slip = m.period
		return true
	}
	return false
}

// below is a number from 0 to n-1.
func (m *maker) below(n int) int {
	if len(m.bytes) == 0 {
		return 0
	}
	b := m.bytes[0]
	m.bytes = m.bytes[1:]
	return int(b) % n
}

func (m *maker) yes(oneIn int) bool { return m.below(oneIn) == oneIn-1 }

// one is one of the good values or, once in a while, one of the bad.
func (m *maker) one(good []string, bad ...string) string {
	if len(bad) > 0 && m.slips() {
		return bad[m.below(len(bad))]
	}
	return good[m.below(len(good))]
}

// fresh is a good value that was not used yet or, once in a while, one that was, or a bad one.
func (m *maker) fresh(good []string, bad ...string) string {
	value := m.one(good, bad...)
	for i := 0; m.used[value] && !slices.Contains(bad, value) && !m.slips(); i++ {
		value = good[i%len(good)] + strings.Repeat("x", i/len(good))
	}
	m.used[value] = true
	return value
}

// list is at least so many values, and up to three more.
func (m *maker) list(least int, value func() any) yamlList {
	var l yamlList
	for range least + m.below(4) {
		l = append(l, value())
	}
	return l
}

// in puts an object's fields in another order, leaves one out, or has one twice, once in a while.
func (m *maker) in(o yamlObject) yamlObject {
	if i, j := m.below(len(o)), m.below(len(o)); m.yes(8) {
		o[i], o[j] = o[j], o[i]
	}
	if !m.slips() {
		return o
	}
	switch i := m.below(len(o)); m.below(3) {
	case 0:
		return append(o[:i:i], o[i+1:]...)
	case 1:
		return append(o, o[i])
	}
	return append(o, yamlField{m.one(unknownFields), m.one(scalars)})
}

var (
	addresses = []string{"owner@example.com", "a.b+c@shop.example", `"x@example.com"`, "zoe@xn--bcher-kva.example", "o'hara@example.com"}
	// noAddresses cannot be sent to, or are not even text.
	noAddresses   = []string{"owner", "müller@example.com", "Ada <ada@example.com>", "a@b", `""`, "~", "a@b@example.com", "[]", "{a: b}", "“a@example.com”", "1", `"a\nb@example.com"`, "a @example.com"}
	goodNames     = []string{"ebook", "course", "a", "1", "a-1", strings.Repeat("x", 50)}
	badNames      = []string{"Ebook", "default", "notice", "report", "every-order", "a_b", "a.b", "$a", `"a/b"`, strings.Repeat("x", 51), `""`, "~", "-a", "é", "[a]"}
	templateKinds = []string{"letter", "payment-failed", "report", "d-00000000000000000000000000000001"}
	badTemplates  = []string{"lettre", "letter.de", "d-1", "Letter", "templates/letter", `""`, "~", "letter/", "partials", "d-0000000000000000000000000000000G"}
	recipients    = []string{"customer", "admins", "books@example.com"}
	spans         = []string{"0", "30m", "48h", "3d", "2w", "1d12h", ".5h", "106751d"}
	badSpans      = []string{"-1h", "soon", "3 days", "1e9h", "999999d", "3", "~", `""`, "+1h"}
	scalars       = []string{"a", "1", "true", "~", "'it''s'", `"a\tb"`, "2024-01-01", "0x1f", "|\n  a", "&x a", "!!str 1", "*x", "a: b", "prod_1 # comment"}
	unknownFields = []string{"colour", "from", "emials", "Series", "?", "<<", "to", "products", "1", "[a]", `"a b"`}
	pairs         = []string{"site", "tillbell", "kind", "a b", "$a.b", `"é"`}
)

// catalogue is one with a field for each that there is, of which most are right.
func (m *maker) catalogue() yamlObject {
	c := yamlObject{{"from", m.mailbox()}, {"admins", m.admins()}}
	if m.yes(3) {
		c = append(c, yamlField{"reply_to", m.mailbox()})
	}
	if m.yes(6) {
		c = append(c, yamlField{"only", m.match()})
	}
	if m.yes(2) {
		c = append(c, yamlField{"every_order", yamlObject{{"emails", m.emails()}}})
	}
	c = append(c, yamlField{"series", m.list(0, func() any {
		return m.in(yamlObject{{"name", m.fresh(goodNames, badNames...)}, {"match", m.match()}, {"emails", m.emails()}})
	})})
	if !m.yes(4) {
		c = append(c, yamlField{"default", yamlObject{{"emails", m.emails()}}})
	}
	if m.yes(4) {
		c = append(c, yamlField{"metadata_keys", m.list(0, func() any { return m.one(pairs, "[a]", "~", `""`) })})
	}
	if m.yes(3) {
		c = append(c, yamlField{"report", m.report()})
	}
	return m.in(append(c, yamlField{"notices", m.notices()}))
}

func (m *maker) mailbox() any {
	o := yamlObject{{"email", m.one(addresses, noAddresses...)}}
	if m.yes(2) {
		o = append(o, yamlField{"name", m.one([]string{"Shop", `"Ada's, <shop>"`, "Ünal Fotos", "1"}, scalars...)})
	}
	return m.in(o)
}

func (m *maker) admins() any {
	all := func() any { return m.list(1, func() any { return m.fresh(addresses, noAddresses...) }) }
	switch m.below(8) {
	case 5, 6:
		return m.in(yamlObject{{"live", all()}, {"test", all()}})
	case 7:
		if m.slips() {
			return m.one(addresses)
		}
	}
	return all()
}

func (m *maker) match() any {
	ids := func(good []string, bad ...string) yamlList {
		return m.list(1, func() any { return m.fresh(good, append(bad, scalars...)...) })
	}
	o := yamlObject{{"products", ids([]string{"prod_ebook", "prod_course", "my-own.1", "prod_Ab", "prod_workbook"}, "price_1", "prod_", "https://buy.stripe.com/x", "“prod_1”")}}
	switch m.below(8) {
	case 3:
		o = append(o, yamlField{"prices", ids([]string{"price_1", "price_ebook_eur"}, "prod_1", "price_")})
	case 4:
		o = yamlObject{{"payment_links", ids([]string{"plink_1", "plink_ebook0000000000000000"}, "https://buy.stripe.com/x", "plink_")}}
	case 5, 6:
		o = yamlObject{{"metadata", yamlObject{{m.fresh(pairs), m.one([]string{"a", "ebook"}, scalars...)}}}}
	}
	if m.slips() {
		o[0].value = m.one(scalars)
	}
	return m.in(o)
}

func (m *maker) emails() yamlList {
	// The first one goes to the customer, whose order else would get none.
	first := true
	return m.list(1, func() any {
		to := m.one(recipients, append(noAddresses, "everybody", "Customer")...)
		if first && !m.slips() {
			to = "customer"
		}
		e := yamlObject{{"key", m.fresh(append([]string{"delivery", "sale"}, goodNames...), badNames...)}, {"template", m.one(templateKinds[:1], badTemplates...)}, {"to", to}}
		if m.slips() {
			e[1].value = m.one(templateKinds)
		}
		if m.yes(4) {
			e = append(e, yamlField{"after", m.one(spans, badSpans...)})
		}
		first = false
		return m.in(e)
	})
}

func (m *maker) notices() any {
	template := func() any {
		if m.slips() {
			return m.one(templateKinds, badTemplates...)
		}
		return m.one([]string{"payment-failed", "letter", templateKinds[3]})
	}
	var o yamlObject
	for i, n := range []string{"payment_failed", "email_failed", "items_missing", "unknown_product", "email_bounced", "refunded", "disputed", "database_full"} {
		if optional := i > 3; !optional || m.yes(2) {
			o = append(o, yamlField{n, template()})
		}
	}
	return m.in(o)
}

func (m *maker) report() any {
	o := yamlObject{{"template", m.one([]string{"report", templateKinds[3]}, append(badTemplates, "letter", "payment-failed")...)}}
	if m.yes(2) {
		o = append(o, yamlField{"at", m.one([]string{`"07:00"`, "'23:59'"}, "7:00", "25:00", "noon", "~", "07:00")})
	}
	return m.in(o)
}

// templates are small ones in some languages, of which most are right.
func (m *maker) templates() map[string]string {
	files := map[string]string{
		"partials/sign.hbs":            "{{shop.name}}",
		"partials/by.hbs":              "{{{shop.name}}}",
		"letter/subject.hbs":           "Hello {{{customer.name}}} from {{{shop.name}}}",
		"letter/body.html.hbs":         "<p>{{order.id}} {{total.formatted}}{{#each own_items}} {{description}}{{/each}} {{> sign}}</p>",
		"letter/body.txt.hbs":          "{{{order.id}}} {{> by}}",
		"payment-failed/subject.hbs":   "{{{notice.kind}}} {{{notice.about}}}",
		"payment-failed/body.html.hbs": "<p>{{notice.reason}} {{order.id}}</p>",
		"report/subject.hbs":           "{{{report.day}}}",
		"report/body.html.hbs":         "<p>{{shop.name}}</p>",
	}
	for range m.below(3) {
		name, language := m.one([]string{"letter", "payment-failed"}), m.one([]string{"de", "fr", "pt-BR", "zh"}, "DE", "german", "d", "pt-br")
		files[name+"."+language+"/subject.hbs"] = m.one([]string{"Hallo", "{{{shop.name}}}"}, "{{{x}}}", "", "{{{shop.name}}", "\xff")
		files[name+"."+language+"/body.html.hbs"] = m.one([]string{"<p>Hallo</p>", "{{> sign}}", "{{metadata.site}}"}, "{{#if order.id}}x", "{{> sgin}}", "{{order}}", "{{#each items}}{{../x}}{{/each}}")
	}
	if m.yes(8) {
		files["partials/sign."+m.one([]string{"de", "fr"})+".hbs"] = m.one([]string{"{{shop.email}}"}, "{{shop.x}}", "{{")
	}
	if m.slips() {
		files[m.one([]string{"other/subject.hbs", "letter/body.hbs", "Letter/subject.hbs", "readme.txt", "letter/notes/x.hbs", ".hidden/x"})] = "x"
	}
	return files
}

// lock is a lock file, most often that of a shop that has published nothing.
func (m *maker) lock() string {
	return m.one([]string{"accounts: {}\n", "", "accounts: {main: {letter: {id: d-00000000000000000000000000000001}}}\n"},
		"<<<<<<< HEAD\n", "accounts: {a b: {}}\n", "accounts:\n  main:\n    letter: {id: d-1}\n", "a: [\n", "\t", "accounts: {main: {x: ~}}\n")
}
