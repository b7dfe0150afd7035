package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/purchase"
	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/server/servertest"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/gateway/gatewaytest"
	"handler/function/shared/stackfile/stackfiletest"
)

const (
	// shopKey is the functions' key in these tests.
	shopKey = "the-functions-key-0000"
	// registry is none that answers.
	registry = "127.0.0.1:1/you"
)

// home is an owner's folder and a server without OpenFaaS.
type home struct {
	t      *testing.T
	server *servertest.Server
	folder string
	flags  target.Flags
	asked  func() []string
}

func newHome(t *testing.T, platform target.Platform) *home {
	t.Helper()
	for _, name := range []string{"GATEWAY_URL", "OPENFAAS_URL", "PUBLIC_URL", "REGISTRY", "PLATFORM", "SERVER", "SEND_EMAIL_KEY", "SENDGRID_API_KEY", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "MONGODB_URI", "ALERT_URL"} {
		t.Setenv(name, "")
	}
	h := &home{t: t, server: servertest.New(t)}
	stack := stackfiletest.Write(t, "../..")
	h.folder = filepath.Dir(stack)
	if err := os.CopyFS(filepath.Join(h.folder, "docs", "deploy"), os.DirFS("../../docs/deploy")); err != nil {
		t.Fatal(err)
	}
	h.write("settings.yml", "environment:\n  log_level: debug\n  gateway_url: http://gateway:8080\n  mongodb_database: my $shop\n")
	env := "PLATFORM=" + string(platform) + "\nSERVER=" + servertest.Destination + "\nSEND_EMAIL_KEY=" + shopKey + "\nREGISTRY=" + registry + "\n"
	h.write(".env", env)
	h.builds("$TAG")
	var tunnel string
	tunnel, h.asked = h.server.Tunnel()
	h.flags = target.Flags{Laptop: t.TempDir(), Stack: stack, DotEnv: filepath.Join(h.folder, ".env"), Gateway: tunnel}
	for _, name := range []string{"mongodb-uri", "stripe-api-key", "sendgrid-api-key", "send-email-key", "stripe-webhook-secret", "alert-url"} {
		h.server.Write("opt/tillbell/secrets/"+name, "old "+name)
	}
	return h
}

// builds has make build programs that consist of a text.
func (h *home) builds(text string) {
	h.t.Helper()
	gatewaytest.Program(h.t, h.server.Bin, "make", `
echo "$*" >>"`+h.folder+`/made"
if [ "$1" = binaries ]; then
	mkdir -p build/binaries
	for name in send-email stripe-webhook; do echo "`+text+`" >build/binaries/$name && chmod 755 build/binaries/$name; done
fi`)
}

func (h *home) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.folder, name), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// up deploys a version as make up does, without its checks, and gives what is said.
func (h *home) up(tag string, built bool) (string, error) {
	h.t.Helper()
	h.t.Setenv("TAG", tag)
	found, err := h.flags.Find()
	if err != nil {
		h.t.Fatal(err)
	}
	var out bytes.Buffer
	d, err := deployerFor(h.t.Context(), &out, h.flags, found, built)
	if err != nil {
		return out.String(), err
	}
	d.wait = purchase.Wait{For: 300 * time.Millisecond, Every: 5 * time.Millisecond}
	err = d.run(h.t.Context(), found, built, true) // by force, since there is no registry
	return out.String(), err
}

func (h *home) mustUp(tag string, built bool) {
	h.t.Helper()
	if out, err := h.up(tag, built); err != nil {
		h.t.Fatalf("%s: %v\n%s", tag, err, out)
	}
	h.mustRun(tag, tag)
}

// mustRun holds that the functions run as these versions.
func (h *home) mustRun(sendEmail, stripeWebhook string) {
	h.t.Helper()
	if got := []string{h.server.Running("send-email"), h.server.Running("stripe-webhook")}; !slices.Equal(got, []string{sendEmail, stripeWebhook}) {
		h.t.Errorf("running are %q, want %q and %q", got, sendEmail, stripeWebhook)
	}
}

// state is what is on the server.
func (h *home) state() server.State {
	h.t.Helper()
	found, err := h.flags.Find()
	if err != nil {
		h.t.Fatal(err)
	}
	state, err := server.New(found).Look(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return state
}

// made is what make was called for.
func (h *home) made() string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.folder, "made"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.t.Fatal(err)
	}
	return string(text)
}

var settings = "# Written by make up from settings.yml.\nlog_level=debug\nmongodb_database='my $shop'\n"

func TestUpSystemd(t *testing.T) {
	h := newHome(t, target.Systemd)
	if out, err := h.up("v1", false); err != nil || strings.Contains(out, "pause") {
		t.Fatalf("at first: %v\n%s", err, out) // there is nothing to pause
	}
	h.mustRun("v1", "v1")
	want := []string{"--quiet is-active tillbell-send-email", "--quiet is-active tillbell-stripe-webhook", "daemon-reload",
		"--quiet enable tillbell-send-email", "--quiet enable tillbell-stripe-webhook", "restart tillbell-send-email", "restart tillbell-stripe-webhook"}
	if diff := cmp.Diff(want, h.server.Log("systemctl")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := h.made(); got != "binaries PLATFORMS=linux/amd64\n" {
		t.Errorf("make %s", got)
	}
	for _, file := range []string{"opt/tillbell/settings.env", "credentials/send-email/settings.env"} {
		if diff := cmp.Diff(settings, h.server.Read(file)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}

	h.mustUp("v2", false)
	if asked := h.asked(); len(asked) != 1 || !strings.Contains(asked[0], `"pause":"3m0s"`) {
		t.Errorf("send-email is asked for %q", asked)
	}
	t.Run("goes back without building", func(t *testing.T) {
		before := h.made()
		h.mustUp("v1", true)
		if h.made() != before {
			t.Errorf("make %s", h.made())
		}
	})
	t.Run("keeps the newest five releases", func(t *testing.T) {
		for _, tag := range []string{"v3", "v4", "v5", "v6"} {
			h.mustUp(tag, false)
		}
		releases, err := filepath.Glob(h.server.Path("opt/tillbell/releases/*"))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range releases {
			names = append(names, filepath.Base(r))
		}
		if diff := cmp.Diff([]string{"v1", "v3", "v4", "v5", "v6"}, names); diff != "" { // v1 was deployed after v2
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("keeps the release to go back to, however many came to the server since", func(t *testing.T) {
		found, err := h.flags.Find()
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"w1", "w2", "w3", "w4", "w5"} {
			files := []server.File{{Name: "send-email", Mode: 0o755}, {Name: "stripe-webhook", Mode: 0o755}}
			if err := server.New(found).Receive(t.Context(), tag, files); err != nil {
				t.Fatal(err)
			}
		}
		h.mustUp("v7", false)
		if h.server.Read("opt/tillbell/releases/v6/send-email") != "v6\n" || h.server.Read("opt/tillbell/releases/v5/send-email") != "" {
			t.Errorf("there are %q", h.state().Releases)
		}
	})
	t.Run("refuses a version whose programs are not there", func(t *testing.T) {
		_, err := h.up("v2", true)
		if err == nil || !strings.Contains(err.Error(), "there is no release v2 of send-email on the server") {
			t.Errorf("error %v", err)
		}
	})
}

func TestUpCompose(t *testing.T) {
	for _, engine := range []string{"docker", "podman"} {
		t.Run(engine, func(t *testing.T) {
			h := newHome(t, target.Compose)
			if engine == "podman" {
				h.server.Podman()
			}
			h.mustUp("v1", false)
			if got := h.made(); got != "images PUSH=1 PLATFORMS=linux/amd64\n" {
				t.Errorf("make %s", got)
			}
			for file, want := range map[string]string{".env": "REGISTRY=" + registry + "\nTAG=v1\n", "settings.env": settings} {
				if diff := cmp.Diff(want, h.server.Read("opt/tillbell/"+file)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", file, diff)
				}
			}
			h.server.Log(engine)
			h.mustUp("v2", false)
			var changes []string
			for _, line := range h.server.Log(engine) {
				if line != "compose version" && !strings.HasPrefix(line, "ps ") {
					changes = append(changes, line)
				}
			}
			want := []string{"compose pull", "compose up -d --no-deps caddy",
				"compose up -d --no-deps --force-recreate send-email", "compose up -d --no-deps --force-recreate stripe-webhook"}
			if diff := cmp.Diff(want, changes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if asked := h.asked(); len(asked) != 1 || !strings.Contains(asked[0], `"pause":"3m0s"`) {
				t.Errorf("send-email is asked for %q", asked)
			}
			before := h.made()
			h.mustUp("v1", true)
			if h.made() != before {
				t.Errorf("make %s", h.made())
			}
		})
	}

	t.Run("starts Caddy anew where its file is another one", func(t *testing.T) {
		h := newHome(t, target.Compose)
		h.mustUp("v1", false)
		h.write("docs/deploy/home.Caddyfile", "mine")
		h.server.Log("docker")
		h.mustUp("v2", false)
		if !slices.Contains(h.server.Log("docker"), "compose up -d --no-deps --force-recreate caddy") || h.server.Running("caddy") != "mine" {
			t.Errorf("Caddy runs with %q", h.server.Running("caddy"))
		}
	})
}

// TestUpFails breaks a deployment of v2 at each step. v1 runs on, and that is said.
func TestUpFails(t *testing.T) {
	for _, platform := range []target.Platform{target.Compose, target.Systemd} {
		for _, tt := range []struct {
			name, tag string
			only      target.Platform
			spoil     func(h *home)
			says      string
		}{
			{"a build that fails", "v2", "", func(h *home) { gatewaytest.Program(h.t, h.server.Bin, "make", "exit 3") }, "exit status 3"},
			{"files that are changed on their way", "v2", "", func(h *home) { h.server.Write("changed", "") }, "nothing was deployed, and what ran before runs on: |: FAILED"},
			{"files that are cut short on their way", "v2", "", func(h *home) { h.server.Write("cut", "") }, "nothing was deployed, and what ran before runs on: |tar: "},
			{"a setting that no file can have", "v2", "", func(h *home) {
				h.write("settings.yml", "environment:\n  sendgrid_account: my shop's\n")
			}, "nothing was deployed, and what ran before runs on: sendgrid_account has a single quote or a line break in it"},
			{"an image that cannot be pulled", "v2", target.Compose, func(h *home) { h.server.Write("no-image", "") }, "manifest unknown"},
			{"a Compose that exits with 0 and starts nothing", "v2", target.Compose, func(h *home) { h.server.Write("quiet", "") }, "send-email as v2: on the server, restart: |no space left|send-email was not started"},
			{"a send-email that does not answer", "v2-broken-send-email", "", func(*home) {}, "nothing was deployed: send-email as v2-broken-send-email: send-email is not able to work: it is broken (its log: |send-email); v1 runs on"},
			{"a stripe-webhook that does not answer", "v2-broken-stripe-webhook", "", func(*home) {}, "nothing was deployed: stripe-webhook as v2-broken-stripe-webhook: |v1 runs on"},
			{"a secret that is missing", "v2", "", func(h *home) { os.Remove(h.server.Path("opt/tillbell/secrets/stripe-api-key")) }, "send-email as v2: on the server, restart: |and going back to v1 failed: "},
		} {
			if tt.only != "" && tt.only != platform {
				continue
			}
			t.Run(string(platform)+" with "+tt.name, func(t *testing.T) {
				h := newHome(t, platform)
				h.mustUp("v1", false)
				tt.spoil(h)
				out, err := h.up(tt.tag, false)
				if err == nil {
					t.Fatalf("no error\n%s", out)
				}
				for _, want := range strings.Split(tt.says, "|") {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q is not in %v\n%s", want, err, out)
					}
				}
				h.mustRun("v1", "v1")
				if state := h.state(); state.Tag != "v1" {
					t.Errorf("what starts next is %s", state.Tag)
				}
			})
		}
	}
}

// TestNothingToGoBackTo: the first version has none before it, and one that was built anew by its
// old TAG has lost it.
func TestNothingToGoBackTo(t *testing.T) {
	for _, tag := range []string{"", "v1"} {
		t.Run("after "+tag, func(t *testing.T) {
			h := newHome(t, target.Systemd)
			if tag != "" {
				h.mustUp(tag, false)
			}
			h.builds("broken-send-email")
			_, err := h.up("v1", false)
			if err == nil || !strings.Contains(err.Error(), "it is broken (its log: journalctl -u tillbell-send-email); there is no version with another TAG to go back to") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	h := newHome(t, target.Systemd)
	h.server.Write("unreachable", "")
	if _, err := h.up("v1", false); err == nil || !strings.Contains(err.Error(), "ssh does not get to the server: ssh: connect to host shop.example.com port 22: Connection refused") {
		t.Errorf("error %v", err)
	}
}
