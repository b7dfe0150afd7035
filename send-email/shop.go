package function

import (
	"embed"
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
	catalogueFile = "catalogue.yml"
	lockFile      = "templates.lock.yml"
)

// embedded is the shop that the image was built with. SendGrid renders the templates: the function
// needs only the names of their folders. The pattern matches catalogue.yml, templates and
// templates.lock.yml, and also where one of them is not there: an owner who makes all templates in
// SendGrid's editor may remove two of them.
//
//go:embed [ct]*[ls]
var embedded embed.FS

// shopFiles are the owner's files: those of the image or, where the setting shop_folder names a
// folder, those in it. The setting is for the laptop and for tests, which change the shop without
// building an image.
func shopFiles(s *openfaas.Settings) fs.FS {
	if folder := s.String("shop_folder", ""); folder != "" {
		return os.DirFS(folder)
	}
	return embedded
}

// readShopFile reads one of the owner's files. If it is missing, the settings are wrong.
func readShopFile(shop fs.FS, name string) ([]byte, error) {
	source, err := fs.ReadFile(shop, name)
	if err != nil {
		return nil, openfaas.NewMisconfigured("the shop's files: %w", err)
	}
	return source, nil
}

// sendgridAccount is the setting that says whose templates are meant, where several accounts have
// them.
const sendgridAccount = "sendgrid_account"

// templateIDs reads the settings that say which IDs the shop's templates have. Placeholders are for
// the laptop, where the mock SendGrid has no templates.
func templateIDs(s *openfaas.Settings, shop fs.FS) func() (published.IDs, error) {
	account := s.String(sendgridAccount, "")
	if s.Choice("template_ids", "published", "placeholder") == "placeholder" {
		return func() (published.IDs, error) { return published.Placeholders(catalogue.TemplatesIn(shop)), nil }
	}
	return func() (published.IDs, error) { return publishedIDs(shop, account) }
}

// publishedIDs are the IDs that the shop's templates have in a SendGrid account, by its name in the
// lock file.
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
	// The lock keeps what was published, and a language whose folder is gone is not spoken any
	// more.
	names := catalogue.TemplatesIn(shop)
	maps.DeleteFunc(ids, func(name, _ string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	})
	return ids, nil
}
