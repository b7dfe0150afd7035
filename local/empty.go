//go:build !laptop

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"handler/function/internal/sample"
)

// standInsOnly refuses to go on where a real service is meant.
func standInsOnly(what string) error {
	for _, s := range []service{stripeAPI, sendgridAPI, mongodbURI} {
		if s.real() {
			return fmt.Errorf("%s is set: %s is for the stand-ins", s.variable, what)
		}
	}
	return nil
}

// onEmptyLaptop starts a laptop with nothing in it, with the tests' shop and settings in place of
// the owner's, and ends it after the play. Its functions get the given settings as well.
func onEmptyLaptop(ctx context.Context, f folders, settings map[string]string, play func(*laptop) error) error {
	held, err := takeFolder(f.state)
	if err != nil {
		return err
	}
	defer held.Close()
	if err := empty(f.state); err != nil {
		return err
	}
	if err := f.layTestsShop(); err != nil {
		return err
	}
	c := newConsole()
	l, err := bringUp(ctx, c, f, settings)
	if err != nil {
		return err
	}
	defer l.stop()
	// It would tell of each part that dies, with the last lines of its log.
	c.quiet(l.logFile("laptop"))
	return play(l)
}

// layTestsShop has a laptop use the tests' shop and settings, which the owner's do not change.
func (f *folders) layTestsShop() error {
	f.shop = filepath.Join(f.state, "tests-shop")
	f.settings = filepath.Join(f.shop, "settings.yml")
	if err := os.CopyFS(f.shop, sample.Shop()); err != nil {
		return err
	}
	return os.WriteFile(f.settings, sample.Settings, 0o600)
}

// chaosMark is a file in the state folder of a laptop that chaos or bench started, whose orders are
// nobody's.
const chaosMark = "chaos"

// empty removes what the last run has left in a folder, and leaves what was built. A folder with
// somebody's orders in it is left alone.
func empty(state string) error {
	mark := filepath.Join(state, chaosMark)
	_, err := os.Stat(mark)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(state, "data")); err == nil {
			return fmt.Errorf("%s holds orders that are not of chaos; give it another folder, STATE=…", state)
		}
		err = os.WriteFile(mark, []byte("What is stored here is removed by the next local chaos or local bench.\n"), 0o600)
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"data", "nats", "nats-wiped", "provider", "logs", "inbox.jsonl", "line-items.jsonl", "tests-shop"} {
		if err := os.RemoveAll(filepath.Join(state, name)); err != nil {
			return err
		}
	}
	return nil
}
