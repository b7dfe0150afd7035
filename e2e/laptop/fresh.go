package laptop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/sample"
	"handler/function/shared/runenv"
)

// MocksOnly refuses to go on where the environment names a real service.
func MocksOnly(what string) error {
	for _, variable := range []string{"STRIPE_API_KEY", "SENDGRID_API_KEY", "MONGODB_URI", "ALERT_URL"} {
		if os.Getenv(variable) != "" {
			return fmt.Errorf("%s is set: %s is for the mocked services", variable, what)
		}
	}
	return nil
}

// Fresh starts a laptop with nothing in it, with the tests' shop in place of the owner's, and with
// the tests' settings, some of them with other values.
func Fresh(ctx context.Context, o Options, settings map[string]string) (*Laptop, error) {
	var err error
	if o.State, err = filepath.Abs(o.State); err != nil { // the functions run in folders of their own
		return nil, err
	}
	if err := reset(o.State); err != nil {
		return nil, err
	}
	shop := filepath.Join(o.State, testsShop)
	file := filepath.Join(shop, "settings.yml")
	if err := os.CopyFS(shop, sample.Shop()); err != nil {
		return nil, err
	}
	if err := writeSettings(file, settings); err != nil {
		return nil, err
	}
	return start(ctx, o, "--shop", shop, "--settings", file)
}

// testsShop is in the state folder, with the settings beside the shop.
const testsShop = "tests-shop"

// Shop is the folder of the tests' shop that a fresh laptop uses, and Settings the settings file.
func (l *Laptop) Shop() string     { return filepath.Join(l.state, testsShop) }
func (l *Laptop) Settings() string { return filepath.Join(l.Shop(), "settings.yml") }

// writeSettings writes the tests' settings, some of them with other values.
func writeSettings(file string, other map[string]string) error {
	var settings struct{ Environment map[string]string }
	if err := yaml.Unmarshal(sample.Settings, &settings); err != nil {
		return err
	}
	maps.Copy(settings.Environment, other)
	text, err := yaml.Marshal(map[string]any{"environment": settings.Environment})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// reset removes what the last run stored, and leaves what it built. No laptop may run there.
func reset(state string) error {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	held, err := runenv.Lock(state)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := mark(state); err != nil {
		return err
	}
	for _, name := range []string{"data", "nats", "nats-wiped", "provider", "logs", "inbox.jsonl", "line-items.jsonl", testsShop} {
		if err := os.RemoveAll(filepath.Join(state, name)); err != nil {
			return err
		}
	}
	return nil
}

// mark marks a folder as one whose orders may be removed. It refuses one that holds other orders.
func mark(state string) error {
	file := filepath.Join(state, "chaos") // the name says what first used it
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(state, "data")); err == nil {
		return fmt.Errorf("%s holds orders that are not of chaos; give it another folder, STATE=…", state)
	}
	return os.WriteFile(file, []byte("The next chaos or bench removes what is stored here.\n"), 0o600)
}
