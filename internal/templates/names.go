package templates

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"handler/function/internal/typed"
)

const nameRule = "the name of a template's folder has small letters, digits and hyphens, no spaces, and may end in a language, such as receipt.fr"

// rename records that a file or folder has an invalid name, and proposes a valid one, or none if
// that is empty.
func (r *reader) rename(file, name, rule string) string {
	if _, err := fs.Stat(r.folder, path.Join(path.Dir(file), name)); name == "" || err == nil {
		r.addf(file, 0, "%s", rule)
		return ""
	}
	r.addf(file, 0, "%s: name it %s", rule, name)
	return name
}

// validName is the valid form of an invalid template name, or empty.
func validName(folder string) string {
	base, locale, _ := strings.Cut(folder, ".")
	name := typed.Slug(base)
	if full := name + "." + strings.ToLower(locale); templateName.MatchString(full) {
		return full
	}
	return name
}

// fileOf removes the file of a part from the files of a folder. A file with a typo in its name
// counts. It is empty if there is none.
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
