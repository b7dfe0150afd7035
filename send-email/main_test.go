package function

import (
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/sample"
	"handler/function/internal/settings"
	"handler/function/internal/templates"
)

// TestMain is what stops the image build where something is wrong with the owner's files: it prints
// the same lines as `make check-catalogue`, and runs no test. The tests themselves use another
// shop, sample.Shop.
func TestMain(m *testing.M) {
	if err := checkOwnersFiles(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// checkOwnersFiles checks the files beside this one. In the image's build context they are in
// another folder than the owner's.
func checkOwnersFiles() error {
	orders, err := sample.Orders(time.Now())
	if err != nil {
		return err
	}
	files := catalogue.Files{As: "send-email", Catalogue: settings.CatalogueFile, Templates: "templates", Lock: settings.LockFile}
	_, err = files.Check(func(folder fs.FS) (catalogue.TemplateSet, error) { return templates.Read(folder) }, sample.Mails(orders))
	return err
}
