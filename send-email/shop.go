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

// embedded is the shop that the image was built with. Of the templates it has only one file each, since SendGrid
// renders them: the function needs the names of their folders.
//
//go:embed catalogue.yml templates.lock.yml templates/*/subject.hbs
var embedded embed.FS

// shopFiles are the owner's files: those of the image or, where the setting shop_folder names a folder, those in it.
// The setting is for the laptop and for tests, which change the shop without building an image.
func shopFiles(s *openfaas.Settings) fs.FS {
	if folder := s.String("shop_folder", ""); folder != "" {
		return os.DirFS(folder)
	}
	return embedded
}

// readShopFile reads one of the owner's files. That one is missing is a mistake of the settings.
func readShopFile(shop fs.FS, name string) ([]byte, error) {
	source, err := fs.ReadFile(shop, name)
	if err != nil {
		return nil, openfaas.NewMisconfigured("the shop's files: %w", err)
	}
	return source, nil
}
