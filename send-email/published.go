package function

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"handler/function/internal/catalogue"
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
		return func() (published.IDs, error) { return published.Placeholders(catalogue.TemplatesIn(shop)), nil }
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
	names := catalogue.TemplatesIn(shop)
	maps.DeleteFunc(ids, func(name, _ string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	})
	return ids, nil
}
