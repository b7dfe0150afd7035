package inbox

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"handler/function/internal/templates"
)

// rendering is an e-mail as the one who gets it sees it, or why it is not known how that is.
type rendering struct {
	templates.Rendered
	// Template is the name of the template that it came of; empty without one.
	Template string
	problems []problem
	err      error
}

var (
	// errUnknownTemplate: the templates' folder has none of that ID.
	errUnknownTemplate = errors.New("no template has this ID")
	// errMistakes: a template has a mistake, and the problems say which.
	errMistakes = errors.New("the templates have mistakes")
)

// render renders one personalization of a message: by its template, or as it came with its content.
func (i *Inbox) render(m message, p personalization) rendering {
	if m.TemplateID == "" {
		return plainMail(m, p)
	}
	now := i.inEffect.read()
	name, ok := now.ids[m.TemplateID]
	switch {
	case !ok && len(now.problems) > 0:
		return rendering{problems: now.problems, err: errMistakes}
	case !ok:
		return rendering{err: fmt.Errorf("%w: %s", errUnknownTemplate, m.TemplateID)}
	}
	return now.render(name, p.Data)
}

// render is what a template makes of data. It is there whole or not at all.
func (r reading) render(name string, data any) rendering {
	t, ok := r.find(name)
	if !ok {
		return rendering{Template: name, problems: r.problems, err: errMistakes}
	}
	out, err := t.Render(data)
	if err != nil {
		return rendering{Template: name, problems: []problem{{What: r.as + "/" + err.Error()}}, err: errMistakes}
	}
	return rendering{Rendered: out, Template: name}
}

func plainMail(m message, p personalization) rendering {
	out := rendering{Rendered: templates.Rendered{Subject: m.Subject}}
	if p.Subject != "" {
		out.Subject = p.Subject
	}
	for _, c := range m.Content {
		switch c.Type {
		case "text/html":
			out.HTML = c.Value
		case "text/plain":
			out.Text = c.Value
		}
	}
	return out
}

var (
	schemeQuery    = regexp.MustCompile(`\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)`)
	schemeProperty = regexp.MustCompile(`(color-scheme\s*:\s*)light dark`)
	headTag        = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)
)

// framed is an e-mail's HTML for the frame in a page: in the colours of a reader who likes it light
// or dark, whatever the browser's user likes, and with links that do not open within the frame.
func framed(html, scheme string) string {
	if scheme == "light" || scheme == "dark" {
		html = schemeQuery.ReplaceAllStringFunc(html, func(query string) string {
			if schemeQuery.FindStringSubmatch(query)[1] == scheme {
				return "(min-width: 0)"
			}
			return "(max-width: 0)"
		})
		html = schemeProperty.ReplaceAllString(html, "${1}"+scheme)
	}
	if at := headTag.FindStringIndex(html); at != nil {
		html = html[:at[1]] + `<base target="_blank">` + html[at[1]:]
	}
	return html
}

// why is all that keeps the e-mail from being shown, a line for each.
func (r rendering) why() string {
	if len(r.problems) == 0 {
		return r.err.Error()
	}
	var lines []string
	for _, p := range r.problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func (p problem) String() string {
	if p.Where == "" {
		return p.What
	}
	return p.Where + ": " + p.What
}
