package home

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handler/function/local/process"
)

// findCaddy is the real Caddy, which the tests cannot do without.
func findCaddy(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: the programs take half a minute to build")
	}
	caddy, err := exec.LookPath("caddy")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("Caddy is not installed (apt-get install caddy)")
	}
	return caddy
}

// startCaddy runs the real Caddy with the guide's file as it is.
func (h *home) startCaddy(t *testing.T, path string, addresses map[string]string) {
	t.Helper()
	public, owner := freeAddress(t), addresses["127.0.0.1:8080"]
	h.public, h.owner = "http://"+public, "http://"+owner
	_, port, _ := strings.Cut(owner, ":")
	config, err := filepath.Abs(filepath.Join("docs", "deploy", "home.Caddyfile"))
	if err != nil {
		t.Fatal(err)
	}
	caddy := &service{name: "caddy", address: owner, pause: time.Second, command: func() (process.Command, error) {
		return process.Command{Path: path, Args: []string{"run", "--adapter", "caddyfile", "--config", config}, Env: []string{
			"HOME=" + h.root, "SHOP=" + h.public, "OWNER_PORT=" + port, "CADDY_ADMIN=unix/" + filepath.Join(h.root, "admin.sock"),
			"STRIPE_WEBHOOK=" + addresses["127.0.0.1:9081"], "SEND_EMAIL=" + addresses["127.0.0.1:9082"],
		}}, nil
	}}
	caddy.begin(t, h.logFile("caddy"))
}
