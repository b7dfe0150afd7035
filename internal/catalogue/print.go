package catalogue

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// Print prints a table: what is bought, which e-mails that causes, and their recipients.
func (c *Checked) Print(w io.Writer) {
	fmt.Fprintf(w, "From %s <%s>", c.Shop().Name, c.From.Email.Value)
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
	if c.HasDefault() {
		c.rows(t, []string{"anything else"}, c.Catalogue.defaultSeries())
	}
	var missing []string
	for _, n := range noticeKinds {
		if n == UnknownProduct && !c.HasDefault() {
			continue // no product is unknown
		}
		if c.optional(n) && c.Notices.template(n).Value == "" {
			missing = append(missing, n.field())
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
	if missing != nil {
		fmt.Fprintf(w, "\nThe notices have no %s: the admins get no e-mail about that.\n", strings.Join(missing, " and no "))
	}
}

var noticeCause = map[Notice]string{
	PaymentFailed:  "when a payment fails",
	EmailFailed:    "when an e-mail fails",
	Bounced:        "when an e-mail does not arrive",
	UnknownProduct: "when no series names a product",
	ItemsMissing:   "when Stripe does not say what",
	Refunded:       "when money goes back",
	Disputed:       "when a payment is disputed",
	DatabaseFull:   "when the database fills up",
}

// rows are the products beside their e-mails; the longer of the two columns decides the number of
// rows.
func (c *Checked) rows(w io.Writer, bought []string, s series) {
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
func (c *Checked) shown(t template) string {
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
