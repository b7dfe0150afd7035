// Package sample holds Stripe events, and the line items of their sessions, as Stripe sends them:
// built from the fixtures that Stripe publishes with its API description (see LICENSE), but for
// those of charges, which have the fields that its reference names. The products of line items are
// objects, as where Stripe was asked to expand them. Tests and the laptop's sample purchases use
// all this; no function does.
package sample

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed events line_items shop starter
var files embed.FS

// Shop is a small shop for tests: catalogue.yml, templates/ and templates.lock.yml, as send-email/
// has them. Its catalogue uses every field but those that few shops need, and its templates are a
// few lines each.
func Shop() fs.FS { return folder("shop") }

// Starter is the shop that a new owner starts with: catalogue.yml and templates/, as they are
// shipped in send-email/, where they are the owner's from then on. `make starter` copies it there.
func Starter() fs.FS { return folder("starter") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		return nil // impossible: the folder is embedded
	}
	return sub
}

// Event is the body of an event, by its name: completed_paid.
func Event(name string) ([]byte, error) { return read("events", name) }

// LineItems is Stripe's list of what the session of an event bought, by the event's name. An event
// about a session that another one completed has none of its own.
func LineItems(name string) ([]byte, error) { return read("line_items", name) }

// Names are the events there are.
func Names() []string {
	entries, err := files.ReadDir("events")
	if err != nil {
		return nil // cannot be: the folder is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return names
}

func read(folder, name string) ([]byte, error) {
	b, err := files.ReadFile(path.Join(folder, name+".json"))
	if err != nil {
		return nil, fmt.Errorf("no sample %s of %s; there are %s", name, folder, strings.Join(Names(), ", "))
	}
	return b, nil
}
