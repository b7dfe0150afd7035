// Package shops builds the image of shops that differ from the one that is shipped, as owners'
// shops do.
package shops

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/go-sdk/builder"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/e2e/clone"
	"handler/function/internal/catalogue"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
	"handler/function/shared/image"
)

// workshop builds send-email's image in one folder, in which Go knows what it has compiled and
// tested.
type workshop struct {
	steps    []image.Step
	function stack.Function
	copied   []string
	template string
	below    string
}

// TestValid: whatever a shop sells and says, its image is built.
func TestValid(t *testing.T) {
	w := newWorkshop(t, "template")
	for _, shop := range valid {
		t.Run(shop.name, func(t *testing.T) {
			began := time.Now()
			o := newOwner(t)
			shop.edit(o)
			if out, err := w.build(t, o.shop()); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if _, err := os.Stat(filepath.Join(w.below, "send-email", "handler")); err != nil {
				t.Error(err)
			}
			t.Logf("built in %.1f s", time.Since(began).Seconds())
		})
	}
}

// TestInvalid: the image build says of a mistake what make check-catalogue says, and nothing else,
// in our template and in the one whose place it takes.
func TestInvalid(t *testing.T) {
	// The classic one differs in the command alone.
	for template, shops := range map[string]int{"template": len(invalid), filepath.Join("shared", "image", "testdata", "classic"): 2} {
		t.Run("under "+template, func(t *testing.T) {
			w := newWorkshop(t, template)
			for _, shop := range invalid[:shops] {
				t.Run(shop.name, func(t *testing.T) {
					o := newOwner(t)
					shop.edit(o)
					out, err := w.build(t, o.shop())
					if err == nil {
						t.Fatal("it was built")
					}
					want := checkCatalogue(t)
					if want == "" || strings.Contains(want, "\n") || !mistakeForm.MatchString(want) {
						t.Fatalf("want one line, file:line: what; make check-catalogue says\n%s", want)
					}
					if diff := cmp.Diff(want, said(out)); diff != "" {
						t.Errorf("the image build (-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

var mistakeForm = regexp.MustCompile(`^send-email/[a-z./-]+(:\d+)?: .`)

// newWorkshop takes the test to a copy of Tillbell's folder, and prepares the build of a template
// there.
func newWorkshop(t *testing.T, template string) *workshop {
	t.Helper()
	folder := t.TempDir()
	if err := clone.Into(folder, filepath.Join("..", ".."), sample.Starter()); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder) // the builder looks there for what stack.yml copies
	services, err := stack.ParseYAMLFile("stack.yml", "", "", true)
	if err != nil {
		t.Fatal(err)
	}
	dockerfile, err := os.ReadFile(filepath.Join(template, "golang-http", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	w := &workshop{function: services.Functions["send-email"], copied: services.StackConfiguration.CopyExtraPaths, template: template, below: t.TempDir()}
	if w.steps, err = image.BuildSteps(dockerfile); err != nil {
		t.Fatal(err)
	}
	return w
}

// build runs the steps of the image with a shop, and gives what they print.
func (w *workshop) build(t *testing.T, shop fs.FS) (string, error) {
	t.Helper()
	if err := sample.Install(".", shop); err != nil {
		t.Fatal(err)
	}
	dir, err := builder.CreateBuildContext("send-email", w.function.Handler, w.function.Language, w.copied,
		builder.WithTemplateDir(w.template), builder.WithBuildDir(w.below))
	if err != nil {
		t.Fatal(err)
	}
	if err := age(dir); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = image.Run(t.Context(), dir, w.steps, nil, &out)
	return out.String(), err
}

// age gives all files but the owner's the same age in each build, since go test keeps no result of
// tests that read files which were written a moment ago.
func age(dir string) error {
	past := time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == filepath.Join(dir, "function", "templates"):
			return fs.SkipDir
		case path == filepath.Join(dir, "function", catalogueFile), path == filepath.Join(dir, "function", lockFile):
			return nil
		}
		return os.Chtimes(path, past, past)
	})
}

// checkCatalogue is what make check-catalogue says of the owner's files in the working folder.
func checkCatalogue(t *testing.T) string {
	t.Helper()
	orders, err := sample.Orders(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	files := catalogue.Files{Folder: "send-email", As: "send-email", Catalogue: catalogueFile, Templates: "templates", Lock: lockFile}
	_, err = files.Check(func(folder fs.FS) (catalogue.TemplateSet, error) { return templates.Read(folder) }, sample.Mails(orders))
	if err == nil {
		return ""
	}
	return err.Error()
}

// ofGoTest are the lines by which go test tells which packages passed and failed, and those of our
// own steps.
var ofGoTest = regexp.MustCompile(`^(\[\d+/\d+\] .*|(ok|FAIL|\?)\s.*|FAIL|\S+\s+coverage: .*)$`)

// said is what the steps printed beside that.
func said(out string) string {
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !ofGoTest.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
