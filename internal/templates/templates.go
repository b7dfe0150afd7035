// Package templates reads the shop's e-mail templates from a folder and renders them as SendGrid
// would, so that a mistake in one is found by a test, with the line it is on, and not by a
// customer: what SendGrid cannot render it drops without an answer, and what the data does not have
// it leaves blank.
//
// The folder holds one folder for each template, with subject.hbs, body.html.hbs and, if wanted,
// body.txt.hbs. A folder with a language in its name, receipt.fr, is the same e-mail for who speaks
// it. partials/ holds what several share: {{> header}} is partials/header.hbs, or in receipt.fr
// partials/header.fr.hbs where there is one. SendGrid has no partials, so they are inlined in what
// is published.
//
// The dialect is that of
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/using-handlebars. What that
// page does not show is refused, but for what {{#each}} is of little use without: ../, @index and
// its like, and {{else}}. Raymond parses; its evaluator is not used, because it seeks a name in the
// enclosing scopes too, which Handlebars does not, and knows helpers and Go methods that SendGrid
// does not.
//
// Tests, the laptop and the owner's tools use this package; no function does.
package templates

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"handler/function/internal/published"
)

// Set is the templates of a folder.
type Set struct {
	templates map[string]*Template // by name, and locale in lower case: receipt, receipt.pt-br
	partials  map[string]*source   // by name, and locale in lower case
}

var templateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z]{2,3}(-[A-Za-z0-9]{2,4})?)?$`)

// Read reads a folder of templates, of which there are none where there is no folder. Its error
// joins all that is wrong, each as path:line: what.
func Read(folder fs.FS) (*Set, error) {
	r := &reader{folder: folder, partials: map[string]*source{}, problems: &problems{}}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "partials" }) {
		r.readPartials()
	}
	s := &Set{templates: map[string]*Template{}, partials: r.partials}
	for _, e := range entries {
		if name := e.Name(); name != "partials" && !strings.HasPrefix(name, ".") {
			if t := r.readTemplate(e); t != nil {
				s.templates[strings.ToLower(t.FullName())] = t
			}
		}
	}
	for _, t := range s.All() {
		if s.templates[t.Name] == nil {
			r.addf(t.FullName(), 0, "there is no folder %s, which the customers of other languages would get", t.Name)
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Names are the templates there are, whatever their languages, in order.
func (s *Set) Names() []string {
	var names []string
	for _, t := range s.All() {
		if t.Locale == "" {
			names = append(names, t.Name)
		}
	}
	return names
}

// All is every template in every language, in order.
func (s *Set) All() []*Template {
	return slices.SortedFunc(maps.Values(s.templates), func(a, b *Template) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Locale, b.Locale))
	})
}

// Find is the template of a name for a locale of Stripe's, such as fr-CA: in that, else in its
// language, else the one that has none in its name.
func (s *Set) Find(name, locale string) (*Template, bool) {
	for _, n := range published.Names(name, locale) {
		if t, ok := s.templates[n]; ok {
			return t, true
		}
	}
	return nil, false
}

type reader struct {
	folder   fs.FS
	partials map[string]*source // by name, and locale in lower case: items, items.pt-br
	*problems
}

// files of a folder, but for the hidden ones that editors and file managers leave.
func (r *reader) files(folder string) map[string]fs.DirEntry {
	entries, err := fs.ReadDir(r.folder, folder)
	if err != nil {
		r.addf(folder, 0, "%v", err)
	}
	files := map[string]fs.DirEntry{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			files[e.Name()] = e
		}
	}
	return files
}

func (r *reader) readTemplate(e fs.DirEntry) *Template {
	folder := e.Name()
	name := folder
	switch {
	case !e.IsDir():
		r.addf(folder, 0, "a template is a folder, such as receipt: this is a file")
		return nil
	case name == "template" || name == "build":
		r.addf(folder, 0, "faas-cli leaves folders of that name out: choose another name")
		return nil
	case !templateName.MatchString(name):
		if name = r.rename(folder, validName(folder), nameRule); name == "" {
			return nil
		}
	}
	base, locale, _ := strings.Cut(name, ".")
	t := &Template{Name: base, Locale: locale}
	files, partials := r.files(folder), r.partialsIn(locale)
	for _, k := range []kind{subject, html, text} {
		if file := r.fileOf(k, folder, files); file != "" {
			t.parts[k] = r.readPart(path.Join(folder, file), k, partials)
		}
	}
	for file := range files {
		r.addf(path.Join(folder, file), 0, "a template has the files subject.hbs, body.html.hbs and body.txt.hbs, and no other")
	}
	if p := t.parts[html]; p != nil && p.each > 0 && t.parts[text] == nil {
		// https://github.com/sendgrid/email-templates/issues/93
		r.addf(p.path, p.each, "SendGrid makes the text of the HTML before it renders it and breaks {{#each}} in "+
			"doing so: write a %s", text.file())
	}
	return t
}
