// Package templates reads the shop's e-mail templates from a folder and renders them as SendGrid would,
// so that a mistake in one is found by a test, with the line it is on, and not by a customer: what SendGrid
// cannot render it drops without an answer, and what the data does not have it leaves blank.
//
// The folder holds one folder for each template, with subject.hbs, body.html.hbs and, if wanted,
// body.txt.hbs. A folder with a language in its name, receipt.fr, is the same e-mail for who speaks it.
// partials/ holds what several share: {{> header}} is partials/header.hbs, or in receipt.fr partials/header.fr.hbs
// where there is one. SendGrid has no partials, so they are inlined in what is published.
//
// The dialect is that of https://www.twilio.com/docs/sendgrid/for-developers/sending-email/using-handlebars.
// What that page does not show is refused, but for what {{#each}} is of little use without: ../, @index and
// its like, and {{else}}. Raymond parses; its evaluator is not used, because it seeks a name in the enclosing
// scopes too, which Handlebars does not, and knows helpers and Go methods that SendGrid does not.
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
	"handler/function/internal/typed"
)

// Set is the templates of a folder.
type Set struct {
	templates map[string]*Template // by name, and locale in lower case: receipt, receipt.pt-br
	partials  map[string]*source   // by name, and locale in lower case
}

var templateName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z]{2,3}(-[A-Za-z0-9]{2,4})?)?$`)

// Read reads a folder of templates, of which there are none where there is no folder. Its error joins all that is
// wrong, each as path:line: what.
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

// Find is the template of a name for a locale of Stripe's, such as fr-CA: in that, else in its language,
// else the one that has none in its name.
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

const nameRule = "the name of a template's folder has small letters, digits and hyphens, no spaces, and may end in a language, such as receipt.fr"

// rename notes that a file or folder has a name that it may not have, and gives the one that it is to have. That is empty
// where none can be proposed.
func (r *reader) rename(file, name, rule string) string {
	if _, err := fs.Stat(r.folder, path.Join(path.Dir(file), name)); name == "" || err == nil {
		r.addf(file, 0, "%s", rule)
		return ""
	}
	r.addf(file, 0, "%s: name it %s", rule, name)
	return name
}

// validName is what a folder is to be named in place of a name that no template may have, or empty.
func validName(folder string) string {
	base, locale, _ := strings.Cut(folder, ".")
	name := typed.Slug(base)
	if full := name + "." + strings.ToLower(locale); templateName.MatchString(full) {
		return full
	}
	return name
}

// fileOf takes the file of a part out of the files of a folder. One whose name has a slip is taken for it. It is empty
// where there is none.
func (r *reader) fileOf(k kind, folder string, files map[string]fs.DirEntry) string {
	if _, ok := files[k.file()]; ok {
		delete(files, k.file())
		return k.file()
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if meant(file) == k {
			r.addf(path.Join(folder, file), 0, "name this file %s", k.file())
			delete(files, file)
			return file
		}
	}
	if k != text {
		r.addf(path.Join(folder, k.file()), 0, "this file is missing")
	}
	return ""
}

// meant is the kind of part that a file with another name is meant as, or kinds.
func meant(file string) kind {
	known := []string{"body.hbs"}
	of := map[string]kind{"": kinds, "body.hbs": html}
	for k := range kinds {
		for _, name := range []string{k.file(), strings.TrimSuffix(k.file(), ".hbs"), k.file() + ".txt"} {
			known, of[name] = append(known, name), k
		}
	}
	return of[typed.Near(file, known)]
}

// problems collects what is wrong, each thing once: a partial is seen by every template that uses it.
type problems struct {
	list []problem
}

type problem struct {
	path string
	line int
	what string
}

// Error is path:line: what. What is said of a whole file, or of a folder, is said of its first line.
func (p problem) Error() string {
	return fmt.Sprintf("%s:%d: %s", p.path, max(p.line, 1), p.what)
}

func (p *problems) addf(path string, line int, format string, args ...any) {
	if found := (problem{path, line, fmt.Sprintf(format, args...)}); !slices.Contains(p.list, found) {
		p.list = append(p.list, found)
	}
}

func (p *problems) err() error {
	slices.SortStableFunc(p.list, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	var errs []error
	for _, problem := range p.list {
		errs = append(errs, problem)
	}
	return errors.Join(errs...)
}
