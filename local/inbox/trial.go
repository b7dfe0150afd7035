package inbox

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/view"
)

// trial is a template with an e-mail that it is tried with.
type trial struct {
	template string
	// order is a sample's name, or the session of an order of this laptop.
	order string
	label string
	mail  maildata.Mail
	// keys are those of the e-mails of the order that are made of the template; empty where it owes
	// none.
	keys []string
}

// newTrial is the trial that a request asks for: ?order= is a sample or a session, by default the
// usual sample, and ?email= the key of one of the order's e-mails. Its error is order.ErrNotFound
// where there is no such order.
func (i *Inbox) newTrial(ctx context.Context, template string, r *http.Request) (trial, error) {
	name, key := r.URL.Query().Get("order"), r.URL.Query().Get("email")
	if !order.ValidID(name) {
		s, ok := i.sample(name)
		if !ok {
			return trial{}, order.ErrNotFound
		}
		return trial{template: template, order: s.Name, label: s.Label, mail: i.supposed(template, s.order)}, nil
	}
	o, err := i.load(ctx, name)
	if err != nil {
		return trial{}, err
	}
	t := trial{template: template, order: o.ID, label: labelOf(view.RowOf(o, i.now())), keys: i.planned(o, template)}
	if len(t.keys) == 0 {
		t.mail = i.supposed(template, o)
		return t, nil
	}
	if !slices.Contains(t.keys, key) {
		key = t.keys[0]
	}
	t.mail = inLanguage(template, maildata.Mail{Order: o, Delivery: o.Emails[key]})
	return t, nil
}

// planned are the keys of an order's e-mails that are made of a template, those in its very
// language before others.
func (i *Inbox) planned(o *order.Order, template string) []string {
	ids := i.inEffect.read().ids
	base, _, _ := strings.Cut(template, ".")
	var exact, others []string
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		name := cmp.Or(ids[o.Emails[key].Template], o.Emails[key].TemplateName)
		switch itsBase, _, _ := strings.Cut(name, "."); {
		case name == template:
			exact = append(exact, key)
		case itsBase == base:
			others = append(others, key)
		}
	}
	return append(exact, others...)
}

// supposed is the e-mail that the catalogue would make of a template for an order that owes none.
func (i *Inbox) supposed(template string, o *order.Order) maildata.Mail {
	base, language, _ := strings.Cut(template, ".")
	return sample.Mail(o, i.use(base), language)
}

// inLanguage is the e-mail in the language of the template, if that has one.
func inLanguage(template string, m maildata.Mail) maildata.Mail {
	if _, language, ok := strings.Cut(template, "."); ok {
		m.Order = m.Order.Clone()
		m.Order.Locale = language
	}
	return m
}

// labelOf is an order in a few words: who bought what for how much.
func labelOf(r view.Row) string {
	parts := []string{cmp.Or(r.Customer.Name, r.Customer.Email, "No name"), r.Bought, r.Total.Formatted}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// try renders the template with its data. What SendGrid would leave blank is said beside the
// e-mail.
func (i *Inbox) try(template string, data any) rendering {
	now := i.folder.read()
	got := now.render(template, data)
	if t, ok := now.find(template); ok && got.err == nil {
		_, err := t.Check(data, nil)
		got.problems = i.folder.problems(err)
		for _, p := range i.folder.problems(t.Blanks(data)) {
			if !slices.Contains(got.problems, p) {
				got.problems = append(got.problems, p)
			}
		}
	}
	return got
}

// data is the template data of the e-mail.
func (i *Inbox) data(t trial) map[string]any { return t.mail.Data(i.shop()) }
