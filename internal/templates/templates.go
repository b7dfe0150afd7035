// Package templates reads the shop's e-mail templates from a folder and renders them as SendGrid
// would, so that a test finds a mistake, with its line, before a customer does: SendGrid drops an
// e-mail that it cannot render without an answer, and leaves missing data blank.
//
// The folder holds one folder for each template, with subject.hbs, body.html.hbs and, optionally,
// body.txt.hbs. A folder with a language in its name, receipt.fr, is the same e-mail in that
// language. partials/ holds shared parts: {{> header}} is partials/header.hbs, or in receipt.fr
// partials/header.fr.hbs if it exists. SendGrid has no partials, so publishing inlines them.
//
// The dialect is that of
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/using-handlebars. Constructs
// that the page does not show are refused, except what {{#each}} needs: ../, @index and similar,
// and {{else}}. Raymond parses; its evaluator is not used, because it also looks up names in the
// enclosing scopes, which Handlebars does not, and has helpers and Go methods that SendGrid does
// not have.
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

// Read reads a folder of templates; a missing folder has none. Its error joins all mistakes, each
// as path:line: what.
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

// Names are all templates, without their languages, in order.
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

// Find is the template of a name for a Stripe locale, such as fr-CA: in that locale, else in its
// language, else the one without a language.
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
