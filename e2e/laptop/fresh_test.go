package laptop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/shared/runenv"
	"handler/function/shared/stackfile"
)

// Not parallel: it sets the environment.
func TestMocksOnly(t *testing.T) {
	if err := MocksOnly("chaos"); err != nil {
		t.Error(err)
	}
	for _, variable := range []string{"STRIPE_API_KEY", "SENDGRID_API_KEY", "MONGODB_URI", "ALERT_URL"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "a real one")
			err := MocksOnly("bench")
			if want := variable + " is set: bench is for the mocked services"; err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()

	t.Run("removes what the last run stored, and keeps what was built", func(t *testing.T) {
		t.Parallel()

		state := filepath.Join(t.TempDir(), "chaos")
		if err := reset(state); err != nil { // the first run
			t.Fatal(err)
		}
		gone, kept := write(t, state, "data/orders"), write(t, state, "images/shop")
		if err := reset(state); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(gone); err == nil {
			t.Error("the orders are still there")
		}
		if _, err := os.Stat(kept); err != nil {
			t.Error(err)
		}
	})

	t.Run("leaves other orders alone", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		orders := write(t, state, "data/orders")
		err := reset(state)
		if err == nil || !strings.Contains(err.Error(), state) || !strings.Contains(err.Error(), "STATE=") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(orders); err != nil {
			t.Error(err)
		}
	})

	t.Run("leaves a laptop that runs alone", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := reset(state); err != nil {
			t.Fatal(err)
		}
		orders := write(t, state, "data/orders")
		held, err := runenv.Lock(state)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()
		if err := reset(state); err == nil {
			t.Error("no error")
		}
		if _, err := os.Stat(orders); err != nil {
			t.Error(err)
		}
	})
}

func TestWriteSettings(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "settings.yml")
	if err := writeSettings(file, map[string]string{"sweep_interval": "0"}); err != nil {
		t.Fatal(err)
	}
	if err := stackfile.CheckSettings(file); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), `sweep_interval: "0"`) || !strings.Contains(string(text), "log_level: info") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestShowUntilReady(t *testing.T) {
	t.Parallel()

	var shown []string
	ready := make(chan struct{})
	line := showUntilReady(func(_ string, args ...any) { shown = append(shown, args[0].(string)) }, ready)
	line("✓ start the gateway")
	select {
	case <-ready:
		t.Fatal("ready too early")
	default:
	}
	for _, l := range []string{"Ready after 1.1 s.", "queue-worker ended", "Ready after all"} {
		line(l)
	}
	<-ready
	if len(shown) != 2 {
		t.Errorf("shown: %q", shown)
	}
}

// write writes a file below a folder, and gives its path.
func write(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
