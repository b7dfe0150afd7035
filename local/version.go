package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/openfaas/go-sdk/stack"

	"handler/function/local/watch"
	sendemail "handler/function/send-email"
	"handler/function/shared/stackfile"
	webhook "handler/function/stripe-webhook"
)

// version is what the functions are deployed with: a checked copy of the shop, and the settings.
type version struct {
	shop     shopCopy
	services *stack.Services
}

// settingsChecks say what would keep a function from starting with its settings.
var settingsChecks = map[string]func(getenv func(string) string) error{
	"send-email":     sendemail.CheckSettings,
	"stripe-webhook": webhook.CheckSettings,
}

// readFirst reads the owner's files before anything is built, and watches them from then on.
func (l *laptop) readFirst() error {
	l.files = watch.New(append(l.ownersFiles(), stackFile)...)
	if err := l.owned.empty(); err != nil {
		return err
	}
	v, err := l.read()
	if err != nil {
		return mistakes{err}
	}
	l.version.Store(v)
	return l.owned.use(v.shop)
}

// read reads what the owner's files say now, and checks all of it. Its error has a line for each
// mistake.
func (l *laptop) read() (*version, error) {
	services, err := stackfile.WithSettings(l.parsed)
	if err != nil {
		return nil, err
	}
	for _, file := range l.settingsFiles() {
		if err := stackfile.CheckSettings(file); err != nil {
			return nil, err
		}
	}
	for _, f := range services.Functions {
		maps.Copy(f.Environment, l.overrides)
	}
	shop, err := l.owned.take()
	if err != nil {
		return nil, err
	}
	v := &version{shop, services}
	if err := l.checkSettings(v); err != nil {
		return nil, errors.Join(err, shop.remove())
	}
	return v, nil
}

// checkSettings has each function check its settings, before any of them is deployed with them.
func (l *laptop) checkSettings(v *version) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(settingsChecks)) {
		f, ok := v.services.Functions[name]
		if !ok {
			continue
		}
		env := l.defaults()
		env["shop_folder"] = v.shop.folder
		maps.Copy(env, f.Environment)
		err := settingsChecks[name](func(setting string) string { return env[setting] })
		if err != nil {
			wrong = append(wrong, locateSettings(f.EnvironmentFile, err)...)
		}
	}
	return joinOnce(wrong)
}

var settingMistake = regexp.MustCompile(`^setting ([a-z_]+) (is .*)$`)

// locateSettings puts the file and the line before each mistake in a setting that one of the files
// has.
func locateSettings(files []string, err error) []error {
	var located []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		found := errors.New(line)
		if parts := settingMistake.FindStringSubmatch(line); parts != nil {
			for _, file := range files {
				if n := stackfile.LineOf(file, parts[1]); n > 0 {
					found = fmt.Errorf("%s:%d: %s %s", file, n, parts[1], parts[2])
				}
			}
		}
		located = append(located, found)
	}
	return located
}

// joinOnce joins errors, each text once: both functions read some of the settings.
func joinOnce(errs []error) error {
	told := map[string]bool{}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool {
		again := told[err.Error()]
		told[err.Error()] = true
		return again
	})...)
}

// changed are the functions that have to be deployed anew with a version after another one.
func (v *version) changed(next *version) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(next.services.Functions)) {
		settings := !maps.Equal(v.services.Functions[name].Environment, next.services.Functions[name].Environment)
		if settings || name == "send-email" && v.shop.read != next.shop.read {
			names = append(names, name)
		}
	}
	return names
}

// settingsFiles are the settings files of all functions.
func (l *laptop) settingsFiles() []string {
	var files []string
	for _, f := range l.parsed.Functions {
		files = append(files, f.EnvironmentFile...)
	}
	slices.Sort(files)
	return slices.Compact(files)
}

// ownersFiles are the files that may change while the laptop runs.
func (l *laptop) ownersFiles() []string {
	shop := []string{"catalogue.yml", "templates.lock.yml", "templates"}
	for i, name := range shop {
		shop[i] = filepath.Join(l.owned.folder, name)
	}
	return append(shop, l.settingsFiles()...)
}
