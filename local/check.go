package main

import (
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

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
	function "handler/function/send-email"
)

// mistakes are for the owner to mend, each as path:line: what.
type mistakes struct{ error }

// checker is where what is to be checked lies.
type checker struct {
	catalogue, templates, lock string
	orders                     map[string]*order.Order
}

// newChecker checks the files of a shop's folder.
func newChecker(shop string) *checker {
	return &checker{
		catalogue: filepath.Join(shop, "catalogue.yml"),
		templates: filepath.Join(shop, "templates"),
		lock:      filepath.Join(shop, "templates.lock.yml"),
	}
}

func (c *checker) flags(set *flag.FlagSet) {
	set.StringVar(&c.catalogue, "catalogue", c.catalogue, "the catalogue")
	set.StringVar(&c.templates, "templates", c.templates, "folder of the templates")
	set.StringVar(&c.lock, "lock", c.lock, "the file that says what is published")
}

func checkCatalogueCommand(args []string) error {
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
	fmt.Fprintf(out, "\n%d templates render with each of %d sample orders.\n", len(set.All()), len(c.orders))
	return c.tellUnpublished(out, named(set, catalogue.TemplateNames()))
}

// check reads the catalogue and the templates. Where the templates cannot be read, the catalogue is checked
// without them.
func (c *checker) check() (*function.Catalogue, *templates.Set, error) {
	source, err := os.ReadFile(c.catalogue)
	if err != nil {
		return nil, nil, err
	}
	return c.checkFiles(source, os.DirFS(c.templates))
}

// checkFiles is check of a copy: the mistakes name the checker's files.
func (c *checker) checkFiles(source []byte, folder fs.FS) (*function.Catalogue, *templates.Set, error) {
	var err error
	if c.orders, err = sample.Orders(time.Now()); err != nil {
		return nil, nil, err
	}
	set, unreadable := templates.Read(folder)
	var checked function.TemplateSet
	if unreadable == nil {
		checked = set
	}
	catalogue, err := function.CheckCatalogue(c.catalogue, source, c.templates, checked, sample.Mails(c.orders))
	if unreadable != nil {
		var lines []error
		for line := range strings.SplitSeq(unreadable.Error(), "\n") {
			lines = append(lines, errors.New(filepath.Join(c.templates, line)))
		}
		err = errors.Join(err, errors.Join(lines...))
	}
	if err != nil {
		return nil, nil, mistakes{err}
	}
	return catalogue, set, nil
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
	lock, err := readLock(c.lock)
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
