package function

import (
	"embed"
	"io/fs"
	"os"

	"handler/function/internal/openfaas"
)

// The owner's files, by their paths in the shop's folder.
const (
	catalogueFile = "catalogue.yml"
	lockFile      = "templates.lock.yml"
)

// embedded is the shop that the image was built with. SendGrid renders the templates: the function needs only the names
// of their folders. The pattern matches catalogue.yml, templates and templates.lock.yml, and also where one of them is not
// there: an owner who makes all templates in SendGrid's editor may remove two of them.
//
//go:embed [ct]*[ls]
var embedded embed.FS

// shopFiles are the owner's files: those of the image or, where the setting shop_folder names a folder, those in it.
// The setting is for the laptop and for tests, which change the shop without building an image.
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
