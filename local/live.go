package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"handler/function/shared/console"
	"handler/function/shared/shopcheck"
)

// halfWritten is how long a mistake must stay before it is reported: an editor may still be
// writing.
const halfWritten = 400 * time.Millisecond

// live puts what the owner saves into effect, until ctx is done. A mistake is reported in one line,
// and the version before it stays.
func (l *laptop) live(ctx context.Context) {
	var waiting []string // what was saved and is not in effect
	for {
		change, err := l.files.Next(ctx)
		if err != nil {
			return
		}
		saved := slices.DeleteFunc(change.Paths, func(path string) bool { return path == stackFile })
		if len(saved) < len(change.Paths) {
			l.console.Say("  %s was saved: stop make run and start it again, to have it take effect", stackFile)
		}
		if len(saved) == 0 {
			continue
		}
		waiting = append(waiting, saved...)
		if l.takeEffect(ctx, describe(waiting), change.At) {
			waiting = nil
		}
	}
}

// takeEffect reads the owner's files and deploys what they say, and reports whether that is in
// effect.
func (l *laptop) takeEffect(ctx context.Context, what string, since time.Time) bool {
	next, err := l.read()
	if err != nil && !l.files.Stays(ctx, halfWritten) {
		return false // the next change has the rest of it
	}
	if err == nil {
		err = l.change(ctx, next)
	}
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil:
		l.console.Trouble("%s; the version before stays", oneLine(err))
		return false
	}
	l.console.Say("%s %s (%.1f s)", l.console.Paint(console.Green, "✓"), what, time.Since(since).Seconds())
	l.warn()
	return true
}

// warn prints make check-catalogue's warnings for the shop in effect.
func (l *laptop) warn() {
	for _, w := range l.version.Load().shop.catalogue.Warnings {
		l.console.Say("! %s", w)
	}
}

// change deploys a version in place of the one in effect. Where that fails, it deploys the one
// before again.
func (l *laptop) change(ctx context.Context, next *version) error {
	before := l.version.Load()
	names := before.changed(next)
	err := l.put(ctx, next, names)
	unused := before.shop
	if err != nil {
		unused = next.shop
		if again := l.put(ctx, before, names); again != nil && ctx.Err() == nil {
			l.console.Trouble("the version before could not be deployed again: %s", oneLine(again))
		}
	}
	_ = unused.remove() // what is left of it is removed at the next start
	l.writeRunEnv()
	return err
}

// put deploys functions with a version, all at once.
func (l *laptop) put(ctx context.Context, v *version, names []string) error {
	if err := l.owned.use(v.shop); err != nil {
		return err
	}
	l.version.Store(v)
	failed := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { failed[i] = l.update(ctx, name) })
	}
	all.Wait()
	return errors.Join(failed...)
}

// describe says of what was saved that it is in effect. A new or a removed folder stands for all that
// is in it.
func describe(paths []string) string {
	all := slices.Compact(slices.Sorted(slices.Values(paths)))
	paths = slices.DeleteFunc(slices.Clone(all), func(path string) bool {
		return slices.ContainsFunc(all, func(folder string) bool { return strings.HasPrefix(path, folder+string(filepath.Separator)) })
	})
	switch len(paths) {
	case 1:
		if _, err := os.Stat(paths[0]); err != nil {
			return paths[0] + " is removed"
		}
		return paths[0] + " is in effect"
	case 2:
		return paths[0] + " and " + paths[1] + " are in effect"
	}
	return fmt.Sprintf("%s and %d more are in effect", paths[0], len(paths)-1)
}

// oneLine is the first of several mistakes, and how many more there are.
func oneLine(err error) string {
	first, rest, more := strings.Cut(err.Error(), "\n")
	if !more {
		return first
	}
	all := ""
	if errors.As(err, new(shopcheck.Mistakes)) {
		all = ": make check-catalogue"
	}
	return fmt.Sprintf("%s (and %d more%s)", first, 1+strings.Count(rest, "\n"), all)
}
