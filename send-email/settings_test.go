package function

import (
	"os"
	"strings"
	"testing"

	"handler/function/internal/sample"
)

// CheckSettings is for the owner's tools, whose own environment says nothing of the function's.
func TestCheckSettings(t *testing.T) {
	t.Setenv("sweep_rate", "not read")
	shop := t.TempDir()
	if err := os.CopyFS(shop, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{"template_ids": "placeholder", "shop_folder": shop}
	if err := CheckSettings(func(name string) string { return settings[name] }); err != nil {
		t.Error(err)
	}
	settings["sweep_interval"], settings["shop_folder"] = "soon", t.TempDir()
	err := CheckSettings(func(name string) string { return settings[name] })
	if err == nil || !strings.HasPrefix(err.Error(), `setting sweep_interval is "soon": want `) {
		t.Errorf("got %v", err)
	}
	delete(settings, "sweep_interval")
	if err = CheckSettings(func(name string) string { return settings[name] }); err == nil || !strings.Contains(err.Error(), "catalogue.yml") {
		t.Errorf("without a shop: %v", err)
	}
}
