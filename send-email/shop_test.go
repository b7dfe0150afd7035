package function

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/sample"
	"handler/function/internal/settings"
)

// A shop in a folder needs no more than what the image embeds: no bodies of templates.
func TestShopFolder(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(settings.CatalogueFile, strings.NewReplacer("shop@example.com", "folder@example.com",
		"d-00000000000000000000000000000001", "receipt").Replace(sample.SmallCatalogue))
	write(settings.LockFile, `accounts:
  shop:
    receipt: {id: d-0000000000000000000000000000000a}
    receipt.fr: {id: d-0000000000000000000000000000000b}
  club:
    receipt: {id: d-0000000000000000000000000000000c}
`)
	write("templates/receipt/subject.hbs", "Thank you")
	write("templates/receipt.fr/subject.hbs", "Merci")
	t.Setenv("secret_mount_path", t.TempDir())
	t.Setenv("shop_folder", folder)
	t.Setenv("sendgrid_account", "shop")

	f, err := newFunction()
	if err != nil {
		t.Fatal(err)
	}
	if got := f.catalogue.From.Email.Value; got != "folder@example.com" {
		t.Errorf("the catalogue is from %s", got)
	}
	french := func() (id, name string) {
		return f.catalogue.TemplateNow(order.Email{CopyOf: "ebook/delivery"}, &order.Order{Facts: order.Facts{Locale: "fr"}})
	}
	if id, name := french(); name != "receipt.fr" || id != "d-0000000000000000000000000000000b" {
		t.Errorf("the French receipt is %s %s", name, id)
	}

	t.Setenv("template_ids", "placeholder")
	if f, err = newFunction(); err != nil {
		t.Fatal(err)
	}
	if id, _ := french(); id != published.PlaceholderID("receipt.fr") {
		t.Errorf("the placeholder is %s", id)
	}

	t.Setenv("template_ids", "published")
	if err := os.Remove(filepath.Join(folder, settings.LockFile)); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, `setting sendgrid_account is "shop": no templates were published there`)
	t.Setenv("shop_folder", filepath.Join(folder, "no-such-folder"))
	mustRefuse(t, "the shop's files: open "+settings.CatalogueFile)
}

// mustRefuse wants the function to name what is wrong with its settings.
func mustRefuse(t *testing.T, want string) {
	t.Helper()
	_, err := newFunction()
	if text, ok := openfaas.Misconfiguration(err); !ok || !strings.Contains(text, want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
