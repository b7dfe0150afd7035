package home

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"handler/function/cmd/tillbell/server/servertest"
	"handler/function/shared/gateway/gatewaytest"
)

// deployer is an owner's machine, from which the home is deployed by ssh.
type deployer struct {
	home   *home
	server *servertest.Server
	// folder is Tillbell's, and tillbell the program that make up runs.
	folder, tillbell string
}

// newDeployer has systemctl on the home's server restart the real services.
func newDeployer(t *testing.T, h *home) *deployer {
	t.Helper()
	o := &deployer{home: h, server: servertest.At(t, h.root), folder: filepath.Join(t.TempDir(), "tillbell"), tillbell: filepath.Join(t.TempDir(), "tillbell")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", o.tillbell, "./cmd/tillbell")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build tillbell: %v\n%s", err, out)
	}
	if err := os.CopyFS(o.folder, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(h.path("settings.env"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(o.folder, "settings.yml"), "environment:\n"+asYAML(string(settings)))
	write(t, filepath.Join(o.folder, ".env"), fmt.Sprintf("PLATFORM=systemd\nSERVER=%s\nSEND_EMAIL_KEY=%s\n", servertest.Destination, h.key))
	o.makes(t, "cp "+programs+`/send-email build/binaries/`)
	o.serveSystemctl(t)
	return o
}

// asYAML writes NAME=value lines as settings.yml has them.
func asYAML(env string) string {
	var yaml strings.Builder
	for line := range strings.Lines(env) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		fmt.Fprintf(&yaml, "  %s: %q\n", name, value)
	}
	return yaml.String()
}

// makes says how make binaries gets send-email. stripe-webhook it has already.
func (o *deployer) makes(t *testing.T, sendEmail string) {
	t.Helper()
	gatewaytest.Program(t, o.server.Bin, "make", "set -e\ntest \"$*\" = \"binaries PLATFORMS=linux/amd64\"\nmkdir -p build/binaries\ncp "+programs+"/stripe-webhook build/binaries/\n"+sendEmail)
}

// serveSystemctl restarts services for systemctl, which asks by one pipe and is answered by
// another.
func (o *deployer) serveSystemctl(t *testing.T) {
	t.Helper()
	ask, answer := filepath.Join(o.home.root, "ask"), filepath.Join(o.home.root, "answer")
	o.server.Program("systemctl", `case "$*" in
"restart tillbell-"*) echo "${2#tillbell-}" >`+ask+`; read -r said <`+answer+`; test "$said" = done ;;
"--quiet is-active "* | "--quiet enable "* | daemon-reload) ;;
*) exit 1 ;;
esac`)
	var pipes []*os.File
	for _, path := range []string{ask, answer} {
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		pipe, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		pipes = append(pipes, pipe)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for asked := bufio.NewScanner(pipes[0]); asked.Scan(); {
			said := "done"
			if err := o.home.services()[asked.Text()].restart(context.Background()); err != nil {
				said = err.Error()
			}
			fmt.Fprintln(pipes[1], said)
		}
	}()
	t.Cleanup(func() {
		for _, pipe := range pipes {
			pipe.Close()
		}
		<-ended
	})
}

func (h *home) services() map[string]*service {
	return map[string]*service{sendEmail: h.mailer, stripeWebhook: h.webhook}
}

// types runs the owner's command, and gives what it says and its exit code.
func (o *deployer) types(t *testing.T, env []string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), o.tillbell, append(args, "--gateway", o.home.owner)...)
	cmd.Dir = o.folder
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name == "HOME" || strings.HasPrefix(name, "GO") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "PATH="+o.server.Bin+":"+os.Getenv("PATH")), env...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	t.Logf("tillbell %s\n%s", strings.Join(args, " "), out)
	return string(out), cmd.ProcessState.ExitCode()
}

// TestDeploy deploys the real programs by ssh, as make up does, goes back from one that does not
// start, and changes a secret, between sales.
func TestDeploy(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	o := newDeployer(t, h)
	sale := func() {
		t.Helper()
		session, handedOn := h.buy(t, "completed_paid")
		if !handedOn {
			t.Errorf("%s was not handed on", session)
		}
		h.settled(t, soon, session, 2)
	}
	says := func(out string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q", want)
			}
		}
	}
	sale()

	out, code := o.types(t, []string{"TAG=v1"}, "up", "--no-purchase")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(out, "✓ root@shop.example.com is reached, with systemd", "✓ the server has all 6 secrets of stack.yml", "✓ send-email is idle, and begins nothing until it is deployed",
		"✓ send-email answers as v1", "✓ stripe-webhook answers as v1", "✓ both functions run, as v1",
		"✓ send-email takes what is signed with its key, and reads the database", "✓ send-email takes an order over, and works on it within ")
	before := [2]int{h.mailer.current().PID(), h.webhook.current().PID()}
	sale()

	o.makes(t, "echo broken >build/binaries/send-email && chmod 755 build/binaries/send-email")
	out, code = o.types(t, []string{"TAG=v2"}, "up", "--no-purchase")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	says(out, "To go back to v1", "tillbell: nothing was deployed: send-email as v2: on the server, restart: exit status 1 (its log: journalctl -u tillbell-send-email); v1 runs on")
	if now := h.webhook.current().PID(); now != before[1] || h.mailer.current().PID() == before[0] {
		t.Error("stripe-webhook was touched, or send-email was not restarted")
	}
	sale()

	const rolled = "whsec_rolled0000000000"
	out, code = o.types(t, []string{"STRIPE_WEBHOOK_SECRET=" + rolled}, "secrets", "--only", "stripe-webhook-secret")
	if code != 0 || strings.Contains(out, rolled) {
		t.Errorf("exit code %d", code)
	}
	says(out, "✓ stripe-webhook-secret updated, from STRIPE_WEBHOOK_SECRET", "✓ stripe-webhook is restarted, and has its new secrets")
	out, code = o.types(t, []string{"STRIPE_WEBHOOK_SECRET=" + rolled}, "doctor", "--only", "after")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	says(out, "✓ stripe-webhook takes what is signed with STRIPE_WEBHOOK_SECRET")
	h.noErrors(t)
}
