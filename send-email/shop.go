package function

import (
	"embed"
	"io/fs"
	"os"
)

// embedded is the shop that the image was built with. SendGrid renders the templates: the function
// needs only the names of their folders. The pattern matches catalogue.yml, templates and
// templates.lock.yml, and also where one of them is not there: an owner who makes all templates in
// SendGrid's editor may remove two of them.
//
//go:embed [ct]*[ls]
var embedded embed.FS

// shopFiles are the owner's files: those of the image or, where a folder is named, those in it.
func shopFiles(folder string) fs.FS {
	if folder != "" {
		return os.DirFS(folder)
	}
	return embedded
}
