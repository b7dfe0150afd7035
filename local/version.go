package main

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"

	"github.com/openfaas/go-sdk/stack"

	"handler/function/internal/settings"
	"handler/function/local/watch"
	"handler/function/shared/shopcheck"
	"handler/function/shared/stackfile"
)

// version is what the functions are deployed with: a checked copy of the shop, and the settings.
type version struct {
	shop     shopCopy
	services *stack.Services
}

// readFirst reads the owner's files before anything is built, and watches them from then on.
func (l *laptop) readFirst() error {
	l.files = watch.New(append(l.ownersFiles(), stackFile)...)
	if err := l.owned.empty(); err != nil {
		return err
	}
	v, err := l.read()
	if err != nil {
		return shopcheck.Mistakes{Err: err}
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

// checkSettings checks what each function starts with, before any of them is deployed: the IDs of
// the shop's templates, and what stack.yml itself sets.
func (l *laptop) checkSettings(v *version) error {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(v.services.Functions)) {
		env := l.defaults()
		env["shop_folder"] = v.shop.folder
		maps.Copy(env, v.services.Functions[name].Environment)
		wrong = append(wrong, settings.Check(name, func(setting string) string { return env[setting] }))
	}
	return errors.Join(wrong...)
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
