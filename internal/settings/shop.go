package settings

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/published"
	"handler/function/internal/typed"
)

// The owner's files, by their paths in the shop's folder.
const (
	CatalogueFile = "catalogue.yml"
	LockFile      = "templates.lock.yml"
)

// ReadShopFile reads one of the owner's files. If it is missing, the settings are wrong.
func ReadShopFile(shop fs.FS, name string) ([]byte, error) {
	source, err := fs.ReadFile(shop, name)
	if err != nil {
		return nil, openfaas.NewMisconfigured("the shop's files: %w", err)
	}
	return source, nil
}

// checkShop checks what ShopFolder names as send-email does at its start.
func (s SendEmail) checkShop() error {
	if s.ShopFolder == "" {
		return nil
	}
	shop := os.DirFS(s.ShopFolder)
	source, err := ReadShopFile(shop, CatalogueFile)
	if err != nil {
		return err
	}
	c, err := catalogue.Parse(CatalogueFile, source)
	if err != nil {
		return err
	}
	return c.Resolve(s.TemplateIDs(shop))
}

// TemplateIDs say which IDs the shop's templates have. Placeholders are for the laptop, where the
// mock SendGrid has no templates.
func (s SendEmail) TemplateIDs(shop fs.FS) func() (published.IDs, error) {
	if s.placeholders {
		return func() (published.IDs, error) { return published.Placeholders(catalogue.TemplatesIn(shop)), nil }
	}
	return func() (published.IDs, error) { return publishedIDs(shop, s.account) }
}

// publishedIDs are the IDs that the shop's templates have in a SendGrid account, by its name in the
// lock file.
func publishedIDs(shop fs.FS, account string) (published.IDs, error) {
	file, err := ReadShopFile(shop, LockFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without the file, nothing is published
		return nil, err
	}
	lock, err := published.ReadLock(file)
	if err != nil {
		return nil, openfaas.NewMisconfigured("%w", typed.In(LockFile, err))
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
	// The lock keeps what was published, and a language whose folder is gone is not spoken any
	// more.
	names := catalogue.TemplatesIn(shop)
	maps.DeleteFunc(ids, func(name, _ string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	})
	return ids, nil
}
