package shops

import (
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"handler/function/internal/sample"
)

// owner edits the files of a shop, which begins as the one that is shipped.
type owner struct {
	*testing.T
	files map[string]string // by path, such as templates/receipt/subject.hbs
}

func newOwner(t *testing.T) owner {
	t.Helper()
	o := owner{t, map[string]string{}}
	err := fs.WalkDir(sample.Starter(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(sample.Starter(), path)
		o.files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// shop is what the files have become.
func (o owner) shop() fs.FS {
	shop := fstest.MapFS{}
	for path, content := range o.files {
		shop[path] = &fstest.MapFile{Data: []byte(content)}
	}
	return shop
}

// replace replaces texts in a file, each once: a text, then the one in its place, and so on.
func (o owner) replace(file string, pairs ...string) {
	o.Helper()
	for ; len(pairs) > 0; pairs = pairs[2:] {
		if !strings.Contains(o.files[file], pairs[0]) {
			o.Fatalf("there is no %q in %s:\n%s", pairs[0], file, o.files[file])
		}
		o.files[file] = strings.Replace(o.files[file], pairs[0], pairs[1], 1)
	}
}

// remove deletes a file or a folder.
func (o owner) remove(path string) {
	o.Helper()
	before := len(o.files)
	maps.DeleteFunc(o.files, func(file, _ string) bool { return file == path || strings.HasPrefix(file, path+"/") })
	if len(o.files) == before {
		o.Fatalf("there is no %s", path)
	}
}

// write makes a template.
func (o owner) write(template, subject, body string) {
	o.files["templates/"+template+"/subject.hbs"] = subject
	o.files["templates/"+template+"/body.html.hbs"] = body
}

// section is a field of the catalogue with all that is indented below it.
func (o owner) section(name string) string {
	o.Helper()
	_, after, found := strings.Cut("\n"+o.files[catalogueFile], "\n"+name+":")
	if !found {
		o.Fatalf("the catalogue has no %s", name)
	}
	text := name + ":"
	for line := range strings.Lines(after) {
		if text != name+":" && line != "\n" && !strings.HasPrefix(line, " ") {
			break
		}
		text += line
	}
	return strings.TrimRight(text, "\n")
}
