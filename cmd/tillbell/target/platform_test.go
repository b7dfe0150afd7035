package target

import (
	"fmt"
	"strings"
	"testing"

	"handler/function/shared/stackfile/stackfiletest"
)

// Not parallel: the environment is what is looked at.
func TestPlatform(t *testing.T) {
	t.Setenv("PLATFORM", "")
	t.Setenv("SERVER", "")
	stack := stackfiletest.Write(t, "../../..")
	for _, tt := range []struct {
		platform, server string
		want             Platform
		wrong            string
	}{
		{"", "", OpenFaaS, ""},
		{"openfaas", "", OpenFaaS, ""},
		{"compose", "root@shop.example.com", Compose, ""},
		{"systemd", "shop", Systemd, ""},
		{"systemd", "root@2001:db8::1", Systemd, ""},
		{"kubernetes", "root@shop.example.com", "", `PLATFORM is "kubernetes": want openfaas, compose or systemd`},
		{"Compose", "root@shop.example.com", "", `PLATFORM is "Compose"`},
		{"compose", "", "", "PLATFORM=compose needs SERVER"},
		{"systemd", "", "", "PLATFORM=systemd needs SERVER"},
		{"systemd", "-oProxyCommand=x", "", "SERVER begins with -"},
		{"systemd", "root@-oProxyCommand=x", "", "want a server as ssh takes it"},
		{"systemd", "-l@host", "", "SERVER begins with -"},
		{"compose", "root@shop example", "", "want a server as ssh takes it"},
		{"compose", "root@shop;id", "", "want a server as ssh takes it"},
		{"compose", "ssh://root@shop:22", "", "want a server as ssh takes it"},
	} {
		t.Run(tt.platform+" "+tt.server, func(t *testing.T) {
			env := file(t, 0o600, fmt.Sprintf("PLATFORM=%s\nSERVER=%s\n", tt.platform, tt.server))
			got, err := Flags{Laptop: t.TempDir(), Stack: stack, DotEnv: env}.Find()
			switch {
			case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
				t.Errorf("error %v, want %q", err, tt.wrong)
			case tt.wrong == "" && (err != nil || got.Platform != tt.want):
				t.Errorf("%+v, %v", got, err)
			case tt.wrong == "" && tt.want.AtHome() && got.Server != tt.server:
				t.Errorf("the server is %q", got.Server)
			}
		})
	}

	t.Run("of a laptop is OpenFaaS, whatever the environment says", func(t *testing.T) {
		t.Setenv("PLATFORM", "systemd")
		got := find(t, Flags{Laptop: runningLaptop(t), Stack: stack})
		if got.Platform != OpenFaaS {
			t.Errorf("platform %q", got.Platform)
		}
	})

	t.Run("says where it is", func(t *testing.T) {
		t.Setenv("PLATFORM", "systemd")
		t.Setenv("SERVER", "root@shop.example.com")
		got := find(t, Flags{Laptop: t.TempDir(), Stack: stack, Gateway: "http://127.0.0.1:8080"}).String()
		if want := "the server root@shop.example.com (systemd), by http://127.0.0.1:8080"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
