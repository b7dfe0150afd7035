package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"handler/function/internal/published"
	"handler/function/internal/templates"
)

// folder is the templates' folder as it is now.
type folder struct {
	path string
	// as is what messages call it.
	as string

	mu   sync.Mutex
	last reading
}

// reading is what was in the folder at one time.
type reading struct {
	as      string
	version string
	set     *templates.Set
	// ids are the names of the templates by the IDs that they have on a laptop.
	ids      map[string]string
	problems []problem
}

// problem is a mistake in a template, with the line that it is on where that is known.
type problem struct {
	Where, What, Source string
	Line                int
}

// read reads the folder, if anything in it changed.
func (f *folder) read() reading {
	version := f.version()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last.version == version {
		return f.last
	}
	set, err := templates.Read(os.DirFS(f.path))
	f.last = reading{as: f.as, version: version, set: set, problems: f.problems(err), ids: map[string]string{}}
	if set != nil {
		for _, t := range set.All() {
			f.last.ids[published.PlaceholderID(t.FullName())] = t.FullName()
		}
	}
	return f.last
}

// version is of the names and the content of all files. Their times would not do: an editor may
// save twice within what a file system counts.
func (f *folder) version() string {
	h := sha256.New()
	_ = filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // reading the templates says what is wrong
		}
		b, _ := os.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(b), b)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// names are the templates that there are folders of, also while there is a mistake in one.
func (f *folder) names() []string {
	var names []string
	entries, _ := os.ReadDir(f.path) // none, where there is no such folder
	for _, e := range entries {
		if e.IsDir() && e.Name() != "partials" && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// problems are the parts of an error of package templates, each of which is path:line: what.
func (f *folder) problems(err error) []problem {
	if err == nil {
		return nil
	}
	var list []problem
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range all.Unwrap() {
			list = append(list, f.problems(e)...)
		}
		return list
	}
	file, rest, ok := strings.Cut(err.Error(), ":")
	if !ok || !fs.ValidPath(file) || strings.Contains(file, " ") {
		return []problem{{Where: f.as, What: err.Error()}}
	}
	p := problem{Where: path.Join(filepath.ToSlash(f.as), file), What: strings.TrimSpace(rest)}
	if line, what, ok := strings.Cut(rest, ":"); ok {
		if n, err := strconv.Atoi(line); err == nil {
			p.Line, p.What = n, strings.TrimSpace(what)
			p.Source = f.line(file, n)
			p.Where += ":" + line
		}
	}
	return []problem{p}
}

func (f *folder) line(file string, n int) string {
	b, err := os.ReadFile(filepath.Join(f.path, filepath.FromSlash(file)))
	if err != nil {
		return ""
	}
	lines := strings.Split(string(b), "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[n-1])
}

// find is the template of a full name.
func (r reading) find(name string) (*templates.Template, bool) {
	if r.set == nil {
		return nil, false
	}
	for _, t := range r.set.All() {
		if t.FullName() == name {
			return t, true
		}
	}
	return nil, false
}
