package e2e

import (
	"io/fs"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"testing"

	"handler/function/internal/catalogue"
	"handler/function/internal/sample"
	"handler/function/local/inbox"
	"handler/function/local/sendgrid"
)

// TestStarterFitsAPhone renders the e-mails that every shop starts with, as wide as the inbox shows
// them on a phone, for a customer with a long name and address who bought something with a long
// name.
func TestStarterFitsAPhone(t *testing.T) {
	folder := t.TempDir()
	if err := os.CopyFS(folder, sample.Starter()); err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalogue.Read(filepath.Join(folder, "catalogue.yml"))
	if err != nil {
		t.Fatal(err)
	}
	mails, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	i, err := inbox.New(inbox.Options{Mails: mails, Templates: filepath.Join(folder, "templates"), Shop: catalogue.Shop, Use: catalogue.Use})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(i.Handler())
	t.Cleanup(server.Close)
	names, err := fs.Glob(sample.Starter(), "templates/*/subject.hbs")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d templates, %v", len(names), err)
	}
	b := openBrowser(t, server.URL)
	b.looks(t, 356, 740, "light")
	for _, name := range names {
		b.open(t, "/api/"+path.Dir(name)+"/html?order=unusual")
		b.is(t, `document.body.innerText.length > 50 && document.documentElement.scrollWidth <= 356`)
	}
	b.mustNotComplain(t)
}
