package settings

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/openfaas"
	"handler/function/internal/sample"
)

// The tools' own environment is not the function's.
func TestCheck(t *testing.T) {
	t.Setenv("sweep_rate", "not read")
	t.Setenv("catch_up_window", "not read")
	shop := t.TempDir()
	if err := os.CopyFS(shop, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		function string
		settings map[string]string
		want     string
	}{
		"none of stripe-webhook":    {"stripe-webhook", nil, ""},
		"good ones":                 {"stripe-webhook", map[string]string{"accept_test_events": "false"}, ""},
		"neither true nor false":    {"stripe-webhook", map[string]string{"accept_test_events": "sometimes"}, `setting accept_test_events is "sometimes": want `},
		"one of the other function": {"stripe-webhook", map[string]string{"sweep_interval": "soon"}, ""},
		"a shop":                    {"send-email", map[string]string{"template_ids": "placeholder", "shop_folder": shop}, ""},
		"the shop in the image":     {"send-email", nil, ""},
		"values before the shop":    {"send-email", map[string]string{"sweep_interval": "soon", "shop_folder": t.TempDir()}, `setting sweep_interval is "soon": want `},
		"no shop":                   {"send-email", map[string]string{"shop_folder": t.TempDir()}, "the shop's files: open catalogue.yml"},
		"nothing published":         {"send-email", map[string]string{"shop_folder": shop}, "template bounced is not published: run make templates"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(c.function, func(name string) string { return c.settings[name] })
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestWrong(t *testing.T) {
	t.Parallel()

	settings := map[string]string{"heartbeat_url": "hc-ping.com/token", "sweep_rate": "-1", "log_level": "loud", "retention_days": "90"}
	want := []openfaas.WrongSetting{
		{Name: "heartbeat_url", Value: "…", Want: "an address such as https://hc-ping.com/…, or nothing"}, // a token
		{Name: "log_level", Value: "loud", Want: "debug, info, warn or error"},                            // both functions read it
		{Name: "sweep_rate", Value: "-1", Want: "a number such as 10, or 0"},
	}
	if d := cmp.Diff(want, Wrong(func(name string) string { return settings[name] })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()

	names := Names()
	for _, want := range []string{"accept_test_events", "log_level", "sweep_interval"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %v", want, names)
		}
	}
}
