// Package published maps the shop's templates to SendGrid's dynamic templates. This is
// send-email/templates.lock.yml: make templates writes it, and send-email reads it in the image.
package published

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is one that was published.
type Template struct {
	ID string `yaml:"id"`
	// Version is the version that was made the active one, and Hash is of what it holds.
	Version string `yaml:"version,omitempty"`
	Hash    string `yaml:"hash,omitempty"`
}

// Lock is the whole file: the templates of each SendGrid account, by name and language, such as
// receipt and receipt.fr. What an account is called is the owner's choice.
type Lock struct {
	Accounts map[string]map[string]Template `yaml:"accounts"`
}

var (
	idForm      = regexp.MustCompile(`^d-[0-9a-f]{32}$`)
	nameForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[A-Za-z0-9-]+)?$`)
	accountForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// ValidID reports whether a text has the form of a dynamic template's ID.
func ValidID(id string) bool { return idForm.MatchString(id) }

// ValidAccount reports whether an account may be called so.
func ValidAccount(name string) bool { return accountForm.MatchString(name) }

const head = `# Which dynamic template of SendGrid's each folder in templates/ has become, written by "make templates".
# Commit it: send-email sends by these IDs.
`

// File is the lock as a file, always the same for the same lock.
func (l *Lock) File() ([]byte, error) {
	b := bytes.NewBufferString(head)
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	if err := e.Encode(l); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// Put records that a template was published.
func (l *Lock) Put(account, name string, t Template) {
	if l.Accounts == nil {
		l.Accounts = map[string]map[string]Template{}
	}
	if l.Accounts[account] == nil {
		l.Accounts[account] = map[string]Template{}
	}
	l.Accounts[account][name] = t
}

// ErrAccount: the account is ambiguous or unknown.
var ErrAccount = errors.New("which SendGrid account is meant?")

// Account is the account of a name; without a name, the only one there is. It is empty where
// nothing was published at all.
func (l *Lock) Account(name string) (string, error) {
	all := slices.Sorted(maps.Keys(l.Accounts))
	switch {
	case name == "" && len(all) > 1:
		return "", fmt.Errorf("%w There are %s", ErrAccount, strings.Join(all, ", "))
	case name == "" && len(all) == 1:
		return all[0], nil
	}
	return name, nil
}

// IDs are the templates' IDs by name and language.
type IDs map[string]string

// IDs are those of an account.
func (l *Lock) IDs(account string) IDs {
	ids := IDs{}
	for name, t := range l.Accounts[account] {
		ids[name] = t.ID
	}
	return ids
}

// Find is the ID of a template for a locale of Stripe's, and the name with the language that was
// found.
func (ids IDs) Find(name, locale string) (found, id string, ok bool) {
	for _, wanted := range Names(name, locale) {
		for full, id := range ids {
			if strings.EqualFold(full, wanted) {
				return full, id, true
			}
		}
	}
	return "", "", false
}

// Names are where to look for a template in a locale of Stripe's, such as fr-CA: in that, else in
// its language, else in the one that has none in its name. They are in lower case.
func Names(name, locale string) []string {
	var names []string
	for l := strings.ToLower(locale); l != ""; {
		names = append(names, name+"."+l)
		l = l[:max(strings.LastIndex(l, "-"), 0)]
	}
	return append(names, name)
}

// Placeholders are IDs for templates that were never published, for a mock of SendGrid that has no
// templates.
func Placeholders(names []string) IDs {
	ids := IDs{}
	for _, n := range names {
		ids[n] = PlaceholderID(n)
	}
	return ids
}

// PlaceholderID is always the same for a template's name (with its language), and of the form of
// SendGrid's.
func PlaceholderID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "d-" + hex.EncodeToString(sum[:])[:32]
}
