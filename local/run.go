package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"handler/function/shared/console"
	"handler/function/shared/runenv"
	"handler/function/shared/shopcheck"
	"handler/function/shared/stackfile"
)

func runCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local run", flag.ContinueOnError)
	quiet := set.Bool("quiet", false, "do not play the sample purchase")
	events := set.Bool("events", true, "have the mock SendGrid tell what becomes of the e-mails")
	shop := set.String("shop", shopcheck.Folder, "folder of the shop: catalogue.yml, templates and templates.lock.yml")
	settings := set.String("settings", "", "settings file in place of those that stack.yml names")
	f, err := parseFolders(set, args)
	if err != nil {
		return err
	}
	f.shop, f.settings = *shop, *settings
	held, err := takeFolder(f.state)
	if err != nil {
		return err
	}
	defer held.Close()
	return run(ctx, f, *quiet, *events)
}

// takeFolder makes sure that a laptop can run here, and takes its state folder for it.
func takeFolder(state string) (*os.File, error) {
	if _, err := os.Stat("stack.yml"); err != nil {
		return nil, errors.New("there is no stack.yml here; run it in Tillbell's folder")
	}
	held, err := runenv.Lock(state)
	if err != nil {
		return nil, alreadyRunning(state, err)
	}
	// One that was killed has left its run.env, and nobody may take it for ours.
	err = os.Remove(runenv.Path(state))
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = checkPorts(fixedPorts...)
	}
	if err != nil {
		held.Close()
		return nil, err
	}
	return held, nil
}

func buildCommand(ctx context.Context, args []string) error {
	f, err := parseFolders(flag.NewFlagSet("local build", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	services, err := readStack()
	if err != nil {
		return err
	}
	if err := shopcheck.OwnersFiles(""); err != nil {
		return err
	}
	return build(ctx, console.New(), f, services, partsModule, extrasModule)
}

func parseFolders(set *flag.FlagSet, args []string) (folders, error) {
	f, rest, err := parseFoldersOf(set, args)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%s takes no %q", set.Name(), rest[0])
	}
	return f, err
}

// parseFoldersOf makes the folders that the flags name, and gives the arguments behind them.
func parseFoldersOf(set *flag.FlagSet, args []string) (f folders, rest []string, err error) {
	f.shop = shopcheck.Folder
	f.flags(set)
	if err := set.Parse(args); err != nil {
		return f, nil, err
	}
	if f.bin == "" {
		f.bin = filepath.Join(f.state, "bin")
	}
	for _, dir := range []*string{&f.state, &f.bin} { // the parts have working folders of their own
		if *dir, err = filepath.Abs(*dir); err != nil {
			return f, nil, err
		}
		if err := os.MkdirAll(*dir, 0o700); err != nil {
			return f, nil, err
		}
	}
	return f, set.Args(), nil
}

// alreadyRunning says where the one that is running can be reached.
func alreadyRunning(state string, err error) error {
	if !errors.Is(err, runenv.ErrRunning) {
		return err
	}
	env, readErr := runenv.Read(state)
	if readErr != nil {
		return fmt.Errorf("%w, and not ready yet", err)
	}
	return fmt.Errorf("%w: its gateway is %s, its inbox %s; make buy plays a purchase on it", err, env["GATEWAY_URL"], env["INBOX_URL"])
}

// run is the whole of it: build, start, play, stay, stop.
func run(ctx context.Context, f folders, quiet, events bool) error {
	c := console.New()
	began := time.Now()
	l, err := bringUp(ctx, c, f)
	if err != nil {
		return err
	}
	defer l.stop()
	c.Say("Ready after %s.\n", console.Took(time.Since(began)))
	l.warn()
	l.mails.EnableWebhooks(events)
	var watching sync.WaitGroup
	watching.Go(func() { l.live(ctx) })
	if !quiet && l.firstTime(ctx) && l.playable() {
		if err := l.playSample(ctx); err != nil && ctx.Err() == nil {
			c.Trouble("the sample purchase: %v", err)
		}
	}
	l.summary()
	<-ctx.Done()
	c.Say("\nStopping.")
	watching.Wait()
	return nil
}

// bringUp builds and starts a laptop, which the caller must stop.
func bringUp(ctx context.Context, c *console.Console, f folders) (*laptop, error) {
	parsed, err := stackfile.Parse(stackFile)
	if err != nil {
		return nil, err
	}
	if f.settings != "" {
		for name, function := range parsed.Functions {
			function.EnvironmentFile = []string{f.settings}
			parsed.Functions[name] = function
		}
	}
	l := newLaptop(f, c, parsed)
	if err := l.readFirst(); err != nil {
		return nil, err
	}
	if err := shopcheck.OwnersFiles(f.shop); err != nil { // the image is built with them, also where the shop is another folder
		return nil, err
	}
	if err := build(ctx, c, f, parsed, partsModule); err != nil {
		return nil, stoppedEarly(ctx, err)
	}
	if err := l.start(ctx); err != nil {
		l.stop()
		return nil, stoppedEarly(ctx, err)
	}
	return l, nil
}

// stoppedEarly: Ctrl-C while it starts is not an error of ours to show.
func stoppedEarly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("stopped before it was ready")
	}
	return err
}
