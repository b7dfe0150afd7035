package main

import (
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"handler/function/cmd/tillbell/target"
)

// These are the secrets that an owner's .env has; none may be on a command line.
const (
	sendgridKey = "SG.Xsecret2.Xsecret3"
	stripeKey   = "rk_test_Xsecret4"
	signingKey  = "whsec_Xsecret5"
	databaseURI = "mongodb://shop:Xsecret1@127.0.0.1:1/?x='"
)

func (h *home) args(more ...string) []string {
	return append([]string{"secrets", "--laptop", h.flags.Laptop, "--stack", h.flags.Stack, "--env", h.flags.DotEnv, "--gateway", h.flags.Gateway}, more...)
}

// setSecrets has the environment say secrets.
func setSecrets(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{"SENDGRID_API_KEY": sendgridKey, "STRIPE_API_KEY": stripeKey, "STRIPE_WEBHOOK_SECRET": signingKey} {
		t.Setenv(name, value)
	}
}

func TestSecretsOverSSH(t *testing.T) {
	for _, platform := range []target.Platform{target.Compose, target.Systemd} {
		t.Run(string(platform), func(t *testing.T) {
			h := newHome(t, platform)
			h.mustUp("v1", false)
			h.asked()
			setSecrets(t)
			h.server.Log("ssh")
			h.server.Log("systemctl")
			if err := dispatch(t.Context(), h.args("--only", "sendgrid-api-key,stripe-api-key,stripe-webhook-secret")); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{
				"sendgrid-api-key": sendgridKey, "stripe-api-key": stripeKey, "stripe-webhook-secret": signingKey, "mongodb-uri": "old mongodb-uri",
			} {
				if got := h.server.Read("opt/tillbell/secrets/" + name); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
			if all := strings.Join(h.server.Log("ssh"), "\n"); strings.Contains(all, "Xsecret") || !strings.Contains(all, "'secret' 'stripe-api-key'") {
				t.Errorf("ssh was called with\n%s", all)
			}
			h.mustReadSecrets(platform)
		})
	}
}

// mustReadSecrets holds that the functions that run have the changed secrets: systemd gives them
// copies as they start.
func (h *home) mustReadSecrets(platform target.Platform) {
	h.t.Helper()
	restarts := slices.DeleteFunc(h.server.Log("systemctl"), func(line string) bool { return !strings.HasPrefix(line, "restart ") })
	asked := h.asked()
	if platform == target.Compose {
		if restarts != nil || asked != nil {
			h.t.Errorf("restarted are %q, and asked is %q", restarts, asked)
		}
		return
	}
	if !slices.Equal(restarts, []string{"restart tillbell-send-email", "restart tillbell-stripe-webhook"}) {
		h.t.Errorf("restarted are %q", restarts)
	}
	if len(asked) != 1 || !strings.Contains(asked[0], `"pause":"3m0s"`) {
		h.t.Errorf("send-email is asked for %q", asked)
	}
	for file, want := range map[string]string{"send-email/sendgrid-api-key": sendgridKey, "stripe-webhook/stripe-webhook-secret": signingKey} {
		if got := h.server.Read("credentials/" + file); got != want {
			h.t.Errorf("%s is %q", file, got)
		}
	}
}

func TestSecretsFiles(t *testing.T) {
	inode := func(t *testing.T, path string) uint64 {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return info.Sys().(*syscall.Stat_t).Ino
	}

	t.Run("of compose keep their inode, since containers have that one", func(t *testing.T) {
		h := newHome(t, target.Compose)
		setSecrets(t)
		path := h.server.Path("opt/tillbell/secrets/stripe-api-key")
		before := inode(t, path)
		if err := dispatch(t.Context(), h.args("--only", "stripe-api-key")); err != nil {
			t.Fatal(err)
		}
		if inode(t, path) != before || h.server.Read("opt/tillbell/secrets/stripe-api-key") != stripeKey {
			t.Error("it is another file, or has another secret")
		}
		if log := h.server.Log("chown"); len(log) != 1 || log[0] != "65532:65532 "+path {
			t.Errorf("chown %q", log)
		}
	})

	t.Run("of systemd are replaced as a whole", func(t *testing.T) {
		h := newHome(t, target.Systemd)
		setSecrets(t)
		path := h.server.Path("opt/tillbell/secrets/stripe-api-key")
		before := inode(t, path)
		if err := dispatch(t.Context(), h.args("--only", "stripe-api-key")); err != nil {
			t.Fatal(err)
		}
		if inode(t, path) == before {
			t.Error("it is the same file")
		}
		if log := h.server.Log("systemctl"); slices.ContainsFunc(log, func(l string) bool { return strings.HasPrefix(l, "restart") }) {
			t.Errorf("it starts what did not run: %q", log)
		}
	})

	t.Run("restart only what reads them", func(t *testing.T) {
		h := newHome(t, target.Systemd)
		h.mustUp("v1", false)
		setSecrets(t)
		h.server.Log("systemctl")
		if err := dispatch(t.Context(), h.args("--only", "stripe-webhook-secret")); err != nil {
			t.Fatal(err)
		}
		log := strings.Join(h.server.Log("systemctl"), "\n")
		if !strings.Contains(log, "restart tillbell-stripe-webhook") || strings.Contains(log, "restart tillbell-send-email") {
			t.Errorf("systemctl\n%s", log)
		}
	})

	t.Run("are left as they were where the server is away", func(t *testing.T) {
		h := newHome(t, target.Systemd)
		setSecrets(t)
		h.server.Write("unreachable", "")
		err := dispatch(t.Context(), h.args("--only", "stripe-api-key"))
		if err == nil || !strings.Contains(err.Error(), "ssh does not get to the server") || strings.Contains(err.Error(), "Xsecret") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("may have quotes in them, and are made at random where they are ours", func(t *testing.T) {
		h := newHome(t, target.Systemd)
		t.Setenv("MONGODB_URI", databaseURI)
		if err := os.Remove(h.server.Path("opt/tillbell/secrets/send-email-key")); err != nil {
			t.Fatal(err)
		}
		h.write(".env", "PLATFORM=systemd\nSERVER=root@shop.example.com\n")
		if err := dispatch(t.Context(), h.args("--only", "mongodb-uri,send-email-key")); err != nil {
			t.Fatal(err)
		}
		key := h.server.Read("opt/tillbell/secrets/send-email-key")
		env, err := os.ReadFile(h.flags.DotEnv)
		if err != nil {
			t.Fatal(err)
		}
		if h.server.Read("opt/tillbell/secrets/mongodb-uri") != databaseURI || len(key) != 64 || !strings.Contains(string(env), "SEND_EMAIL_KEY="+key+"\n") {
			t.Errorf("the database is %q, the key has %d characters", h.server.Read("opt/tillbell/secrets/mongodb-uri"), len(key))
		}
	})
}
