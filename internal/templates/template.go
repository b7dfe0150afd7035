package templates

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSubject is how long a subject may be that is published:
// https://www.twilio.com/docs/sendgrid/api-reference/transactional-templates-versions/create-a-new-transactional-template-version
const maxSubject = 255

// kind is the part of an e-mail that a file holds.
type kind int

const (
	subject kind = iota
	html
	text
	kinds
)

func (k kind) file() string {
	return [kinds]string{"subject.hbs", "body.html.hbs", "body.txt.hbs"}[k]
}

// Template is one e-mail, in one language.
type Template struct {
	Name string
	// Locale is the language in the folder's name, or empty.
	Locale string
	parts  [kinds]*part
}

// part is one file of a template, and what is published of it.
type part struct {
	*source
	published *source
	each      int                // the line of the first {{#each}}, 0 without
	partials  map[string]*source // by name, in the template's language
	// unreadable: a partial in it could not be parsed.
	unreadable bool
}

// Source is a template as SendGrid gets it, with the partials in it and without comments.
type Source struct {
	// Text is empty if SendGrid makes it from the HTML.
	Subject, HTML, Text string
}

// Rendered is an e-mail as it is sent.
type Rendered struct{ Subject, HTML, Text string }

// FullName is the name of the folder: receipt, receipt.fr.
func (t *Template) FullName() string {
	return strings.TrimSuffix(t.Name+"."+t.Locale, ".")
}

// Published is what SendGrid gets; Render renders exactly that.
func (t *Template) Published() Source {
	s := Source{Subject: t.parts[subject].published.text, HTML: t.parts[html].published.text}
	if p := t.parts[text]; p != nil {
		s.Text = p.published.text
	}
	return s
}

// Render is the e-mail for some data: dynamic_template_data, or what marshals to it. It fails if
// SendGrid would drop the e-mail.
func (t *Template) Render(data any) (Rendered, error) {
	v, err := jsonValue(data)
	if err != nil {
		return Rendered{}, err
	}
	return t.render(v)
}

func (t *Template) render(v any) (_ Rendered, err error) {
	var out [kinds]string
	for k, p := range t.parts {
		if p == nil {
			continue
		}
		if out[k], err = render(p.published.program, v, kind(k) == html); err != nil {
			return Rendered{}, fmt.Errorf("%s, as published: %w", p.path, err)
		}
	}
	if t.parts[text] == nil {
		out[text] = plain(out[html])
	}
	return Rendered{Subject: oneLine(out[subject]), HTML: out[html], Text: out[text]}, nil
}

// oneLine shows a subject as a mail program does. It does not protect sent subjects, which SendGrid
// renders: there package maildata removes line breaks.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

func (r *reader) readPart(file string, k kind, partials map[string]*source) *part {
	p := &part{source: r.readSource(file), partials: partials}
	if p.program == nil {
		return p
	}
	before := len(r.list)
	d := &dialect{problems: r.problems, partials: partials, kind: k, part: p}
	d.program(p.source, p.program)
	if len(r.list) > before || p.unreadable {
		return p
	}
	published := strings.TrimSpace(inline(p.source, partials))
	switch {
	case k != subject:
		published += "\n"
	case strings.Contains(published, "\n"):
		r.addf(file, 2, "a subject is one line")
	case utf8.RuneCountInString(published) > maxSubject:
		r.addf(file, 1, "SendGrid takes %d characters, and these are %d", maxSubject, utf8.RuneCountInString(published))
	}
	p.published = r.parse(file, published)
	return p
}
