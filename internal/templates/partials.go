package templates

import (
	"path"
	"regexp"
	"strings"

	"handler/function/internal/published"
)

// partialName is that of a partial's file, with or without a language.
var partialName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z]{2,3}(-[A-Za-z0-9]{2,4})?)?\.hbs$`)

const partialRule = "the name of a partial has small letters, digits and hyphens, may have a language, and ends in .hbs, such as header.fr.hbs"

func (r *reader) readPartials() {
	for name, e := range r.files("partials") {
		file := path.Join("partials", name)
		if e.IsDir() {
			r.addf(file, 0, "a partial is a file, such as header.hbs: this is a folder")
			continue
		}
		if !partialName.MatchString(name) {
			if name = validName(strings.TrimSuffix(strings.TrimSuffix(name, ".txt"), ".hbs")); name != "" {
				name += ".hbs"
			}
			if name = r.rename(file, name, partialRule); name == "" {
				continue
			}
		}
		r.partials[strings.ToLower(strings.TrimSuffix(name, ".hbs"))] = r.readSource(file)
	}
	for name, p := range r.partials {
		base, _, _ := strings.Cut(name, ".")
		if _, ok := r.partials[base]; !ok {
			r.addf(p.path, 0, "there is no partials/%s.hbs, which the other languages would include", base)
		}
	}
}

// partialsIn are the partials by their names as a template of a language includes them: each in
// that language, else the one without a language.
func (r *reader) partialsIn(locale string) map[string]*source {
	found := map[string]*source{}
	for name := range r.partials {
		base, _, _ := strings.Cut(name, ".")
		for _, n := range published.Names(base, locale) {
			if p, ok := r.partials[n]; ok {
				found[base] = p
				break
			}
		}
	}
	return found
}
