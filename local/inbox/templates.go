package inbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type templatesView struct {
	preview
	Name    string
	All     []option
	Samples []sampleOrder
	Sample  string
	Data    string
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
	sample, ok := i.sample(r.URL.Query().Get("order"))
	switch {
	case len(names) == 0:
		i.notice(w, r, http.StatusNotFound, "There are no templates", "The folder "+i.folder.path+" has none.")
		return
	case !slices.Contains(names, name) || !ok:
		i.notice(w, r, http.StatusNotFound, "There is no such template", "The folder "+i.folder.path+" has no "+name+".")
		return
	}
	l, rest := readLook(r.URL.Query()), url.Values{}
	if sample.Name != i.samples[0].Name {
		rest.Set("order", sample.Name)
	}
	path := "/templates/" + url.PathEscape(name)
	v := templatesView{
		preview: i.newPreview(i.renderSample(name, sample), path, templatePath(name), url.Values{"order": {sample.Name}}, l),
		Name:    name, Samples: i.samples, Sample: sample.Name, Data: dataText(i.sampleData(name, sample)),
	}
	v.Controls = l.controls(path, rest)
	for _, n := range names {
		v.All = append(v.All, option{Label: n, Href: "/templates/" + url.PathEscape(n) + l.query(rest), Current: n == name})
	}
	i.pages.show(w, r, http.StatusOK, "templates.html", name+" · Templates", v)
}

// renderSample renders a template with a sample order. What SendGrid would render as a blank is said, beside
// the e-mail.
func (i *Inbox) renderSample(name string, s sampleOrder) rendering {
	now := i.folder.read()
	data := i.sampleData(name, s)
	got := now.render(name, data)
	if t, ok := now.find(name); ok {
		_, err := t.Check(data, nil)
		got.problems = append(got.problems, i.folder.problems(err)...)
	}
	return got
}

// sampleData is what a template is sent of a sample order, as the e-mail that the catalogue makes of it.
func (i *Inbox) sampleData(name string, s sampleOrder) map[string]any {
	base, language, _ := strings.Cut(name, ".")
	return s.data(i.shop(), language, i.use(base))
}

func dataText(data map[string]any) string {
	b, err := json.Marshal(data)
	if err != nil {
		return err.Error() // cannot be: it is strings and numbers
	}
	return indent(b)
}
