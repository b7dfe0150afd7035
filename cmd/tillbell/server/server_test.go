package server_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/server/servertest"
	"handler/function/cmd/tillbell/target"
)

func TestCheckTag(t *testing.T) {
	t.Parallel()

	for tag, good := range map[string]bool{
		"v1": true, "latest": true, "2026-11-30_a.b": true, strings.Repeat("v", 128): true,
		"": false, "..": false, ".v1": false, "-v": false, "a/b": false, "v 1": false, "v1;id": false, "v'1": false, "v1\n": false, strings.Repeat("v", 129): false,
	} {
		if err := server.CheckTag(tag); (err == nil) != good {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

func systemd() *server.Server {
	return server.New(&target.Target{Platform: target.Systemd, Server: servertest.Destination})
}

func TestLook(t *testing.T) {
	s := servertest.New(t)
	state, err := systemd().Look(t.Context())
	if diff := cmp.Diff(server.State{Root: true, Arch: "x86_64", Engine: "systemd"}, state); diff != "" || err != nil {
		t.Errorf("of a bare server: %v\n%s", err, diff)
	}
	s.Write("opt/tillbell/secrets/mongodb-uri", "x")
	s.Write("running/send-email", "x")
	s.Program("id", "echo 1000")
	state, err = systemd().Look(t.Context())
	if diff := cmp.Diff(server.State{Arch: "x86_64", Engine: "systemd", Secrets: []string{"mongodb-uri"}, Running: []string{"send-email"}}, state); diff != "" || err != nil {
		t.Errorf("of one with a secret: %v\n%s", err, diff)
	}
}

func TestSecretNames(t *testing.T) {
	s := servertest.New(t)
	for _, name := range []string{"", "../x", "a/b", "A", "-x", "x y", "x;id", ".new"} {
		if err := systemd().CreateSecret(t.Context(), name, "value"); err == nil {
			t.Errorf("%q is taken", name)
		}
	}
	if err := systemd().UpdateSecret(t.Context(), "mongodb-uri", " \n"); err == nil {
		t.Error("an empty secret is taken")
	}
	if calls := s.Log("ssh"); calls != nil {
		t.Errorf("ssh was called: %q", calls)
	}
	if changed := systemd().Changed(); changed != nil {
		t.Errorf("changed are %q", changed)
	}
}

// TestSecretsComeFirst: on a new server it is the first secret that makes the folder, in which the
// functions' own users have to find their programs later.
func TestSecretsComeFirst(t *testing.T) {
	for _, platform := range []target.Platform{target.Systemd, target.Compose} {
		t.Run(string(platform), func(t *testing.T) {
			s := servertest.New(t)
			remote := server.New(&target.Target{Platform: platform, Server: servertest.Destination})
			if err := remote.CreateSecret(t.Context(), "mongodb-uri", "value"); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]os.FileMode{"": 0o755, "secrets": 0o700, "secrets/mongodb-uri": 0o600} {
				info, err := os.Stat(s.Path("opt/tillbell/" + name))
				if err != nil {
					t.Fatal(err)
				}
				if got := info.Mode().Perm(); got != want {
					t.Errorf("/opt/tillbell/%s has mode %o, not %o", name, got, want)
				}
			}
		})
	}
}

func TestNoSSH(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := systemd().Look(t.Context()); !errors.Is(err, server.ErrNoSSH) {
		t.Errorf("error %v", err)
	}
}
