package function

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"handler/function/internal/openfaas"
	"handler/function/internal/published"
	"handler/function/internal/typed"
)

// sendgridAccount is the setting that says whose templates are meant, where several accounts have them.
const sendgridAccount = "sendgrid_account"

// templateIDs reads the settings that say which IDs the shop's templates have. Placeholders are for the laptop,
// where the mock SendGrid has no templates.
func templateIDs(s *openfaas.Settings, shop fs.FS) func() (published.IDs, error) {
	account := s.String(sendgridAccount, "")
	if s.Choice("template_ids", "published", "placeholder") == "placeholder" {
		return func() (published.IDs, error) { return published.Placeholders(templateNames(shop)), nil }
	}
	return func() (published.IDs, error) { return publishedIDs(shop, account) }
}

// publishedIDs are the IDs that the shop's templates have in a SendGrid account, by its name in the lock file.
func publishedIDs(shop fs.FS, account string) (published.IDs, error) {
	file, err := readShopFile(shop, lockFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without the file, nothing is published
		return nil, err
	}
	lock, err := published.ReadLock(file)
	if err != nil {
		return nil, openfaas.NewMisconfigured("%w", typed.In(lockFile, err))
	}
	account, err = lock.Account(account)
	if err != nil {
		return nil, openfaas.NewMisconfigured("setting %s is missing: %w", sendgridAccount, err)
	}
	if _, ok := lock.Accounts[account]; account != "" && !ok {
		return nil, openfaas.NewMisconfigured("setting %s is %q: no templates were published there; make templates does it, "+
			"and then the function has to be deployed again", sendgridAccount, account)
	}
	ids := lock.IDs(account)
	// The lock keeps what was published, and a language whose folder is gone is not spoken any more.
	names := templateNames(shop)
	maps.DeleteFunc(ids, func(name, _ string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	})
	return ids, nil
}

// templateNames are the folders of the shop's templates, with their languages.
func templateNames(shop fs.FS) []string {
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

// resolve makes sure that every template that the catalogue names has an ID.
func (c *catalogue) resolve(ids func() (published.IDs, error)) error {
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
			missing = append(missing, openfaas.NewMisconfigured("template %s is not published: run make templates, and deploy again", name))
		}
	}
	return errors.Join(missing...)
}
