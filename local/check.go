package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/order"
	"handler/function/internal/plural"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
	"handler/function/shared/stackfile"
)

// mistakes are for the owner to mend, each as path:line: what.
type mistakes struct{ error }

func (m mistakes) Unwrap() error { return m.error }

// checker checks the owner's files.
type checker struct {
	catalogue.Files
	orders map[string]*order.Order
}

// newChecker checks the files of a shop's folder.
func newChecker(shop string) *checker {
	return &checker{Files: catalogue.Files{
		Catalogue: filepath.Join(shop, "catalogue.yml"),
		Templates: filepath.Join(shop, "templates"),
		Lock:      filepath.Join(shop, "templates.lock.yml"),
	}}
}

func (c *checker) flags(set *flag.FlagSet) {
	set.StringVar(&c.Catalogue, "catalogue", c.Catalogue, "the catalogue")
	set.StringVar(&c.Templates, "templates", c.Templates, "folder of the templates")
	set.StringVar(&c.Lock, "lock", c.Lock, "the file that says what is published")
}

// checkOwnersFiles finds what the image build would refuse, and settings that no function reads,
// before anything is built. A shop that is checked already is not checked again.
func checkOwnersFiles(checked string) error {
	var err error
	if filepath.Clean(checked) != shopFolder {
		_, _, err = newChecker(shopFolder).check()
	}
	if err := errors.Join(err, stackfile.CheckSettings("settings.yml")); err != nil {
		return mistakes{err}
	}
	return nil
}

func checkCatalogueCommand(_ context.Context, args []string) error {
	set := flag.NewFlagSet("local check-catalogue", flag.ContinueOnError)
	c := newChecker(shopFolder)
	c.flags(set)
	if err := parseFlags(set, args); err != nil {
		return err
	}
	return c.run(os.Stdout)
}

func parseFlags(set *flag.FlagSet, args []string) error {
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("%s takes no %q", set.Name(), set.Arg(0))
	}
	return nil
}

// run tells who gets what, or all that is wrong.
func (c *checker) run(out io.Writer) error {
	catalogue, set, err := c.check()
	if err != nil {
		return err
	}
	catalogue.Print(out)
	rendered, all := set.Branches()
	fmt.Fprintf(out, "\nRendered %s with each of %s: %d of %s.\n", plural.Of(len(set.All()), "template"), plural.Of(len(c.orders), "sample order"), rendered, plural.Of(all, "branch"))
	c.warn(out, catalogue, set)
	return c.tellUnpublished(out, named(set.Set, catalogue.TemplateNames()))
}

// warn says what may be wrong with the templates, and stops nothing.
func (c *checker) warn(out io.Writer, catalogue *catalogue.Checked, set *templates.Coverage) {
	warnings := catalogue.Warnings
	if err := set.Unrendered(); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			warnings = append(warnings, filepath.Join(c.Templates, line))
		}
	}
	if len(warnings) > 0 {
		fmt.Fprintf(out, "\nWarnings, which stop nothing:\n%s\n\n", strings.Join(warnings, "\n"))
	}
}

// check finds what is wrong with the catalogue, the templates and the lock file.
func (c *checker) check() (*catalogue.Checked, *templates.Coverage, error) {
	var err error
	if c.orders, err = sample.Orders(time.Now()); err != nil {
		return nil, nil, err
	}
	var coverage *templates.Coverage
	catalogue, err := c.Check(func(folder fs.FS) (catalogue.TemplateSet, error) {
		set, err := templates.Read(folder)
		coverage = templates.NewCoverage(set)
		return coverage, err
	}, sample.Mails(c.orders))
	if err != nil {
		return nil, nil, mistakes{err}
	}
	return catalogue, coverage, nil
}

// named are the templates that a catalogue names, in all their languages.
func named(set *templates.Set, names []string) []string {
	var all []string
	for _, t := range set.All() {
		if slices.Contains(names, t.Name) {
			all = append(all, t.FullName())
		}
	}
	return all
}

// tellUnpublished says which templates the function would not find an ID for.
func (c *checker) tellUnpublished(out io.Writer, names []string) error {
	lock, err := catalogue.ReadLock(c.Lock)
	if err != nil {
		return err
	}
	if len(lock.Accounts) == 0 && len(names) > 0 {
		fmt.Fprintln(out, "No template is published yet: make templates does it.")
	}
	for _, account := range slices.Sorted(maps.Keys(lock.Accounts)) {
		ids := lock.IDs(account)
		var missing []string
		for _, n := range names {
			if _, _, ok := ids.Find(n, ""); !ok {
				missing = append(missing, n)
			}
		}
		if len(missing) > 0 {
			fmt.Fprintf(out, "Not published yet in the account %s: %s. make templates does it.\n", account, strings.Join(missing, ", "))
		}
	}
	return nil
}
