package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"handler/function/internal/order"
	"handler/function/internal/published"
)

// TemplatesIn are the folders of the shop's templates, with their languages.
func TemplatesIn(shop fs.FS) []string {
	files, err := fs.Glob(shop, "templates/*/subject.hbs")
	if err != nil {
		return nil // cannot be: the pattern is a good one
	}
	var names []string
	for _, f := range files {
		names = append(names, path.Base(path.Dir(f)))
	}
	return names
}

// Resolve verifies that every template that the catalogue names has an ID.
func (c *Catalogue) Resolve(ids func() (published.IDs, error)) error {
	names := map[string]bool{}
	for _, u := range c.uses() {
		if !u.isID() {
			names[u.Value] = true
		}
	}
	if len(names) == 0 {
		return nil
	}
	if ids != nil {
		var err error
		if c.ids, err = ids(); err != nil {
			return err
		}
	}
	var missing []error
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if _, _, ok := c.ids.Find(name, ""); !ok {
			missing = append(missing, fmt.Errorf("template %s is not published: run make templates, and deploy again", name))
		}
	}
	return errors.Join(missing...)
}

// TemplateNow is the template of a copy: the catalogue's current one for the e-mail, which the
// owner may have corrected, or else the one that the e-mail was planned with.
func (c *Catalogue) TemplateNow(e order.Email, o *order.Order) (id, name string) {
	if t := c.templateOf(e.CopyOf); t.Value != "" {
		return c.template(t, o)
	}
	return e.Template, e.TemplateName
}

// templateOf is the template that the catalogue names for a key, if it names one.
func (c *Catalogue) templateOf(key string) template {
	first, rest, _ := strings.Cut(key, "/")
	if first == noticeSeries {
		kind, _, _ := strings.Cut(rest, "/")
		return c.Notices.template(Notice(kind))
	}
	for _, s := range c.allSeries() {
		for _, e := range s.Emails {
			if s.Name.Value == first && e.Key.Value == rest {
				return e.Template
			}
		}
	}
	return template{}
}
