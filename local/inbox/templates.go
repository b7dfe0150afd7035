package inbox

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"handler/function/internal/order"
)

// maxData is how many bytes template data may have that was typed.
const maxData = 1 << 20

type templatesView struct {
	preview
	Name string
	All  []option
	// OrderName and Label are the order that the template is tried with, and Key is its e-mail;
	// Supposed: the order owes no such e-mail. Keys lead to the e-mails that it does owe.
	OrderName, Label, Key string
	Supposed              bool
	Keys                  []option
	// Data is what the editor has, and Edited tells it from the order's own; DataProblem is what is
	// wrong with it.
	Data        string
	Edited      bool
	DataProblem *problem
	// Here leads to this page without what was typed, and Choose to the orders, of which Choices is
	// there if they are asked for.
	Here, Choose string
	Choices      *choices
}

func (i *Inbox) templatesPage(w http.ResponseWriter, r *http.Request) {
	names := i.folder.names()
	name := r.PathValue("name")
	if name == "" && len(names) > 0 {
		name = names[0]
		if slices.Contains(names, "receipt") {
			name = "receipt"
		}
	}
	t, err := i.newTrial(r.Context(), name, r)
	switch {
	case len(names) == 0:
		i.notice(w, r, http.StatusNotFound, "There are no templates", "The folder "+i.folder.path+" has none.")
	case !slices.Contains(names, name):
		i.notice(w, r, http.StatusNotFound, "There is no such template", "The folder "+i.folder.path+" has no "+name+".")
	case errors.Is(err, order.ErrNotFound):
		i.notice(w, r, http.StatusNotFound, "There is no such order", "It is neither a sample nor an order of this laptop.")
	case err != nil:
		i.log.Error("an order could not be read", "err", err)
		i.notice(w, r, http.StatusServiceUnavailable, "The order cannot be read", trouble(err))
	default:
		i.showTrial(w, r, names, t)
	}
}

func (i *Inbox) showTrial(w http.ResponseWriter, r *http.Request, names []string, t trial) {
	v := templatesView{Name: t.template, OrderName: t.order, Label: t.label, Key: t.mail.Delivery.Key, Supposed: len(t.keys) == 0 && order.ValidID(t.order)}
	got, err := i.typed(w, r, &v, t)
	if err != nil {
		i.notice(w, r, http.StatusRequestEntityTooLarge, "The template data is too long", "It may have 1 MB.")
		return
	}
	l, path, rest := readLook(r.URL.Query()), "/templates/"+url.PathEscape(t.template), t.address(i)
	v.preview = i.trialPreview(got, path, rest, l)
	v.Here = path + l.query(rest)
	for _, n := range names {
		v.All = append(v.All, option{Label: n, Href: "/templates/" + url.PathEscape(n) + l.query(without(rest, "email")), Current: n == t.template})
	}
	if len(t.keys) > 1 {
		for _, key := range t.keys {
			v.Keys = append(v.Keys, option{Label: key, Href: path + l.query(with(rest, "email", key)), Current: key == v.Key})
		}
	}
	v.Choose = path + l.query(with(rest, "find", ""))
	if r.URL.Query().Has("find") {
		v.Choices = i.choices(r.Context(), r.URL.Query().Get("find"), t, path, l)
		v.Choices.Hidden = l.with(rest)
	}
	i.pages.show(w, r, http.StatusOK, "templates.html", t.template+" · Templates", v)
}

// typed renders the template with the data that was typed, if any was, or else with the order's.
// Its error is that the data is too long.
func (i *Inbox) typed(w http.ResponseWriter, r *http.Request, v *templatesView, t trial) (rendering, error) {
	if r.Method != http.MethodPost {
		data := i.data(t)
		v.Data = dataText(data)
		return i.try(t.template, data), nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, 3*maxData) // a form's escapes take room
	if err := r.ParseForm(); err != nil || len(r.PostForm.Get("data")) > maxData {
		return rendering{}, errors.Join(err, errTooLong)
	}
	v.Edited, v.Data = true, r.PostForm.Get("data")
	data, p := parseData(v.Data)
	if v.DataProblem = p; p != nil {
		return rendering{Template: t.template, problems: []problem{*p}, err: errData}, nil
	}
	return i.try(t.template, data), nil
}

var (
	errTooLong = errors.New("it is too long")
	// errData: the template data that was typed is not JSON.
	errData = errors.New("the template data has a mistake")
)

// trialPreview shows a rendering, or with what is wrong the last one of the template that was
// right.
func (i *Inbox) trialPreview(got rendering, path string, rest url.Values, l look) preview {
	shown, ok := got, got.err == nil
	if !ok {
		shown, ok = i.renderings.lastOf(got.Template)
	}
	p := preview{rendering: got, Look: l, Controls: l.controls(path, rest), Folder: i.folder.path, Stale: ok && got.err != nil}
	p.Rendered = shown.Rendered
	if ok {
		p.Frame = "/api/renderings/" + i.renderings.keep(shown) + "/html?" + url.Values{"colours": {l.Colours}}.Encode()
	}
	return p
}

// address is what of the trial an address says: nothing for the usual one.
func (t trial) address(i *Inbox) url.Values {
	q := url.Values{}
	if t.order != i.samples[0].Name {
		q.Set("order", t.order)
	}
	if len(t.keys) > 0 && t.mail.Delivery.Key != t.keys[0] {
		q.Set("email", t.mail.Delivery.Key)
	}
	return q
}

func with(q url.Values, name, value string) url.Values {
	out := without(q, name)
	out.Set(name, value)
	return out
}

func without(q url.Values, name string) url.Values {
	out := url.Values{}
	for key := range q {
		if key != name {
			out.Set(key, q.Get(key))
		}
	}
	return out
}
