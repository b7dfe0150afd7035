package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/local/provider"
	"handler/function/shared/runenv"
	"handler/function/shared/shop"
)

func TestWriteRunEnv(t *testing.T) {
	t.Parallel()

	t.Run("says nothing before all is ready", func(t *testing.T) {
		t.Parallel()

		l := setupLaptop(t)
		l.writeRunEnv()
		if _, err := runenv.Read(l.state); !errors.Is(err, runenv.ErrNotRunning) {
			t.Errorf("error = %v, want runenv.ErrNotRunning", err)
		}
	})

	t.Run("says all that scripts may ask for", func(t *testing.T) {
		t.Parallel()

		l := setupLaptop(t)
		if err := l.provider.SetSecret(stripeSigning.secret, []byte("whsec_new\nwhsec_old\n")); err != nil {
			t.Fatal(err)
		}
		if err := l.provider.SetSecret(functionsKey.secret, []byte("key\n")); err != nil {
			t.Fatal(err)
		}
		gateway, _ := setupListener(t)
		gateway.name = "gateway"
		if err := l.startPart(t.Context(), gateway); err != nil {
			t.Fatal(err)
		}
		l.mongodb, l.inbox, l.sendgrid, l.stripe = "mongodb://m", "http://i", "http://g", "http://s"
		l.ready = true
		l.writeRunEnv()
		got, err := runenv.Read(l.state)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"GATEWAY_URL":        "http://127.0.0.1:8080",
			"WEBHOOK_URL":        "http://127.0.0.1:8080/function/stripe-webhook",
			"WEBHOOK_SECRET":     "whsec_new", // a line can hold one of them
			"SEND_EMAIL_KEY":     "key",
			"MONGODB_URI":        "mongodb://m",
			"MONGODB_DATABASE":   "shop",
			"INBOX_URL":          "http://i",
			"SENDGRID_URL":       "http://g",
			"STRIPE_URL":         "http://s",
			"STRIPE_WEBHOOK_PID": "",
			"SEND_EMAIL_PID":     "",
			"GATEWAY_PID":        strconv.Itoa(gateway.pid()),
			"STRIPE_API_KEY":     "",
			"SENDGRID_API_KEY":   "",
			"ALERT_URL":          "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("says the new process when one was replaced", func(t *testing.T) {
		t.Parallel()

		l := setupLaptop(t)
		nats, _ := setupListener(t)
		nats.name = "nats"
		if err := l.startPart(t.Context(), nats); err != nil {
			t.Fatal(err)
		}
		l.mu.Lock()
		l.ready = true
		l.mu.Unlock()
		l.writeRunEnv()
		before := nats.pid()
		process, err := os.FindProcess(before)
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "run.env names another process", func() bool {
			env, err := runenv.Read(l.state)
			return err == nil && env["NATS_PID"] != "" && env["NATS_PID"] != strconv.Itoa(before)
		})
	})
}

func TestStop(t *testing.T) {
	t.Parallel()

	t.Run("ends the parts, the servers and run.env", func(t *testing.T) {
		t.Parallel()

		l := setupLaptop(t)
		var pids []int
		for _, name := range []string{"nats", "gateway"} {
			p, _ := setupListener(t)
			p.name = name
			if err := l.startPart(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			pids = append(pids, p.pid())
		}
		url, err := l.serve("127.0.0.1:0", http.NotFoundHandler())
		if err != nil {
			t.Fatal(err)
		}
		l.ready = true
		l.writeRunEnv()
		l.stop()
		for _, pid := range pids {
			if alive(pid) {
				t.Error("a part lives on")
			}
		}
		if c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
			c.Close()
			t.Error("a server lives on")
		}
		if _, err := runenv.Read(l.state); !errors.Is(err, runenv.ErrNotRunning) {
			t.Errorf("run.env: %v, want runenv.ErrNotRunning", err)
		}
		l.writeRunEnv() // as by a process that is replaced at the last moment
		if _, err := runenv.Read(l.state); !errors.Is(err, runenv.ErrNotRunning) {
			t.Error("run.env came back")
		}
	})

	t.Run("is content with what never started", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		newLaptop(folders{state: t.TempDir()}, c, &stack.Services{}).stop()
		if out.String() != "" {
			t.Errorf("output %q", out)
		}
	})
}

func TestServe(t *testing.T) {
	t.Parallel()

	l := setupLaptop(t)
	url, err := l.serve("127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "good morning")
	}))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := shop.Request(t.Context(), http.MethodGet, url, "", nil)
	if err != nil || answer != "good morning" {
		t.Errorf("answer %q, error %v", answer, err)
	}
}

func TestDatabase(t *testing.T) {
	t.Parallel()

	t.Run("is the one that the functions are deployed with", func(t *testing.T) {
		t.Parallel()

		if got := setupLaptop(t).database(); got != "shop" {
			t.Errorf("database %s", got)
		}
	})

	t.Run("is the functions' default where they are not told", func(t *testing.T) {
		t.Parallel()

		c, _ := quiet(t)
		if got := newLaptop(folders{}, c, &stack.Services{}).database(); got != "tillbell" {
			t.Errorf("database %s", got)
		}
	})
}

func TestLogFile(t *testing.T) {
	t.Parallel()

	l := setupLaptop(t)
	first := l.logFile("send-email")
	if l.logFile("send-email") != first {
		t.Error("a log was opened twice")
	}
	l.logger("send-email").Info("sent")
	b, err := os.ReadFile(filepath.Join(l.state, "logs", "send-email.log"))
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, string(b), "msg=sent")
}

// setupLaptop has a provider without functions, and a database named shop.
func setupLaptop(t *testing.T) *laptop {
	t.Helper()
	c, _ := quiet(t)
	l := newLaptop(folders{state: t.TempDir()}, c, &stack.Services{Functions: map[string]stack.Function{
		"stripe-webhook": {Environment: map[string]string{"mongodb_database": "shop"}},
	}})
	l.provider = setupProvider(t)
	t.Cleanup(func() {
		for _, s := range l.servers {
			s.Close()
		}
		for _, f := range l.logs {
			f.Close()
		}
	})
	return l
}

func setupProvider(t *testing.T) *provider.Provider {
	t.Helper()
	p := provider.New(provider.Options{Dir: t.TempDir()})
	t.Cleanup(func() { _ = p.Close(context.WithoutCancel(t.Context())) })
	return p
}
