package doctor_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"handler/function/cmd/tillbell/server/servertest"
	"handler/function/cmd/tillbell/target"
)

// atHome is a world without OpenFaaS in which nothing is wrong.
func atHome(t *testing.T, platform target.Platform) (*world, *servertest.Server) {
	t.Helper()
	s := servertest.New(t)
	for _, name := range []string{"stripe-webhook-secret", "stripe-api-key", "mongodb-uri", "sendgrid-api-key", "send-email-key", "alert-url"} {
		s.Write("opt/tillbell/secrets/"+name, "x")
	}
	for _, name := range []string{"send-email", "stripe-webhook", "caddy"} {
		s.Write("running/"+name, "v1")
	}
	s.Write("opt/tillbell/.env", "REGISTRY=registry.example.com/you\nTAG=v1\n")
	s.Write("opt/tillbell/releases/v1/send-email", "")
	for _, err := range []error{os.Symlink("releases/v1", s.Path("opt/tillbell/current")), os.Chmod(s.Path("opt/tillbell/releases/v1/send-email"), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	w.env["PLATFORM"], w.env["SERVER"] = string(platform), servertest.Destination
	w.write(t, "docs/deploy/home.Caddyfile", "127.0.0.1 {\n}\n")
	// There is neither faas-cli nor a gateway's API.
	w.options.CLI, w.gateway.locked = w.program(t, "broken", "exit 3"), true
	return w, s
}

var homes = []target.Platform{target.Compose, target.Systemd}

func TestHomeNothingWrong(t *testing.T) {
	for _, platform := range homes {
		t.Run(string(platform), func(t *testing.T) {
			w, _ := atHome(t, platform)
			lines := w.report(t, register{right()})
			all := strings.Join(lines, "\n")
			if strings.Contains(all, "✗") || strings.Contains(all, "\n–") {
				t.Errorf("it says\n%s", all)
			}
			engine := map[target.Platform]string{target.Compose: "docker", target.Systemd: "systemd"}[platform]
			for _, want := range []string{
				"✓ root@shop.example.com is reached, with " + engine + "; deployed is v1", "✓ the tunnel to the server begins at GATEWAY",
				"✓ the server has all 6 secrets of ", "✓ the server runs on amd64, for which ", "✓ both functions run, as v1", "✓ send-email refuses an unsigned call",
				"✓ stripe-webhook takes what is signed with STRIPE_WEBHOOK_SECRET", "✓ send-email takes an order over, and works on it within ",
				"✓ the proxy passes no owner's calls of send-email on", "✓ the server's clock and Stripe's are less than a minute apart",
			} {
				if !strings.Contains(all, want) {
					t.Errorf("it does not say %q:\n%s", want, all)
				}
			}
			for _, not := range []string{"faas", "gateway ", "cron-connector", "queue"} {
				if strings.Contains(all, not) {
					t.Errorf("it speaks of %q:\n%s", not, all)
				}
			}
		})
	}
}

// TestHomeFailures breaks one thing. The report says so in one line, with the remedy for the
// platform.
func TestHomeFailures(t *testing.T) {
	for _, tt := range []struct {
		name  string
		on    []target.Platform
		spoil func(*testing.T, *world, *servertest.Server)
		want  string
	}{
		{"a server that is away", homes, func(_ *testing.T, _ *world, s *servertest.Server) { s.Write("unreachable", "") },
			"✗ root@shop.example.com cannot be reached: ssh does not get to the server: ssh: connect to host shop.example.com port 22: Connection refused: does ssh -o BatchMode=yes root@shop.example.com true work?"},
		{"a login that is not root's", homes, func(t *testing.T, _ *world, s *servertest.Server) { s.Program("id", "echo 1000") }, "✗ root@shop.example.com is not root: set SERVER to root@YOUR-HOST"},
		{"a server without Docker and Podman", homes[:1], func(_ *testing.T, _ *world, s *servertest.Server) { s.Write("no-docker", "") }, "has neither docker compose nor podman compose: install one"},
		{"a missing secret", homes, func(t *testing.T, _ *world, s *servertest.Server) { s.Remove("opt/tillbell/secrets/mongodb-uri") },
			"✗ the server has no secret mongodb-uri in /opt/tillbell/secrets: make secrets writes them"},
		{"an architecture that nothing here builds for", homes, func(t *testing.T, _ *world, s *servertest.Server) { s.Program("uname", "echo armv7l") }, "✗ the server runs on arm, and "},
		{"a version that is not there", homes[1:], func(t *testing.T, w *world, _ *servertest.Server) {
			t.Setenv("TAG", "v7")
			w.options.Built = true
		}, "✗ the server has no programs of v7: is TAG right? The server keeps the last five; there are v1."},
		{"a Caddyfile with another name", homes[:1], func(t *testing.T, w *world, _ *servertest.Server) {
			w.write(t, "docs/deploy/home.Caddyfile", "shop.example.com {\n}\n")
		}, "✗ docs/deploy/home.Caddyfile does not name 127.0.0.1: put your own name in place of shop.example.com there"},
		{"a function that does not run", homes[:1], func(_ *testing.T, _ *world, s *servertest.Server) { s.Remove("running/send-email") },
			"✗ deployed as v1 and not running are send-email: cd /opt/tillbell && docker compose up -d send-email, on the server; cd /opt/tillbell && docker compose logs send-email says why"},
		{"a unit that does not run", homes[1:], func(_ *testing.T, _ *world, s *servertest.Server) { s.Remove("running/send-email") },
			"✗ deployed as v1 and not running are send-email: systemctl restart tillbell-send-email, on the server; journalctl -u tillbell-send-email says why"},
		{"a container of Podman's that does not run", homes[:1], func(_ *testing.T, _ *world, s *servertest.Server) {
			s.Podman()
			s.Remove("running/send-email")
		}, "✗ deployed as v1 and not running are send-email: cd /opt/tillbell && podman compose up -d send-email, on the server; cd /opt/tillbell && podman compose logs send-email says why"},
		{"nothing that is deployed", homes, func(_ *testing.T, _ *world, s *servertest.Server) {
			s.Remove("opt/tillbell/.env")
			s.Remove("opt/tillbell/current")
		}, "✗ nothing is deployed: make up"},
		{"a unit that Caddy does not reach", homes[1:], func(_ *testing.T, w *world, _ *servertest.Server) { w.gateway.unsigned["send-email"] = 502 },
			"✗ Caddy does not reach send-email: systemctl restart tillbell-send-email on the server; journalctl -u tillbell-send-email says why"},
		{"a container that Caddy does not reach", homes[:1], func(_ *testing.T, w *world, _ *servertest.Server) { w.gateway.unsigned["send-email"] = 502 },
			"✗ Caddy does not reach send-email: cd /opt/tillbell && docker compose up -d send-email on the server; cd /opt/tillbell && docker compose logs send-email says why"},
		{"orders that are taken over and not worked on", homes[1:], func(_ *testing.T, w *world, _ *servertest.Server) { w.gateway.stuck = true },
			"✗ send-email has taken an order over, and has not worked on it within 1s: journalctl -u tillbell-send-email, on the server, says why"},
		{"a proxy that passes an owner's calls", homes, func(_ *testing.T, w *world, _ *servertest.Server) {
			w.proxied = append(w.proxied, "/async-function/send-email")
		}, "✗ the proxy passes /async-function/send-email on (405): let it pass only what docs/deploy/home.Caddyfile lets through"},
		{"a proxy that passes nothing", homes, func(_ *testing.T, w *world, _ *servertest.Server) { w.proxied = nil },
			"✗ the proxy does not pass /function/stripe-webhook on: give the proxy what docs/deploy/home.Caddyfile says, with your own name in it"},
		{"images that are not at the registry", homes[:1], func(t *testing.T, w *world, _ *servertest.Server) { published(t, w, bothImages[:1], "amd64") },
			"/stripe-webhook:latest: are REGISTRY and TAG right?"},
	} {
		for _, platform := range tt.on {
			t.Run(string(platform)+" with "+tt.name, func(t *testing.T) {
				w, s := atHome(t, platform)
				tt.spoil(t, w, s)
				lines := w.report(t, register{right()})
				wrongs := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, "✗") })
				if len(wrongs) != 1 || !strings.Contains(wrongs[0], tt.want) {
					t.Errorf("want %q alone; it says\n%s", tt.want, strings.Join(lines, "\n"))
				}
				if all := strings.Join(lines, "\n"); strings.Contains(all, "faas-cli") || strings.Contains(all, "faasd") {
					t.Errorf("it speaks of faasd:\n%s", all)
				}
			})
		}
	}
}

// TestNoTunnel: without one no call of the owner's gets through.
func TestNoTunnel(t *testing.T) {
	w, _ := atHome(t, target.Systemd)
	w.tunnel = "http://127.0.0.1:1"
	all := strings.Join(w.report(t, register{right()}), "\n")
	if want := "✗ nothing listens at http://127.0.0.1:1, where the tunnel to the server begins: open it, in a terminal of its own: ssh -N -L 1:127.0.0.1:8080 root@shop.example.com"; !strings.Contains(all, want) {
		t.Errorf("want %q; it says\n%s", want, all)
	}
}
