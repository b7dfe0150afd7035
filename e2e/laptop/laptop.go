// Package laptop runs the laptop, `local run`, as a child process, for programs that need a whole
// system. What it stores and where it listens is in its state folder's run.env.
package laptop

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"handler/function/local/process"
	"handler/function/shared/runenv"
)

// WatchdogKB is the memory that of-watchdog takes beside a function after some thousand calls. The
// laptop runs functions without one.
const WatchdogKB = 16 << 10

// Options say which laptop to run. The working folder is Tillbell's.
type Options struct {
	// State is the laptop's folder.
	State string
	// Bin has the program, local, and the parts that it builds. Default: bin in State.
	Bin string
	// Say shows a line to a person.
	Say func(format string, args ...any)
}

// Flags adds the flags of both folders.
func (o *Options) Flags(set *flag.FlagSet) {
	set.StringVar(&o.State, "state", ".local", "the laptop's folder")
	set.StringVar(&o.Bin, "bin", "", "folder of the laptop's programs (default STATE/bin)")
}

// Laptop is one that runs.
type Laptop struct {
	state string
	child *process.Process
}

// grace is longer than a laptop takes to end its parts.
const grace = 30 * time.Second

// start returns when the laptop is ready. Until then it shows what the laptop prints.
func start(ctx context.Context, o Options, args ...string) (*Laptop, error) {
	if o.Bin == "" {
		o.Bin = filepath.Join(o.State, "bin")
	}
	ready := make(chan struct{})
	child, err := process.Start(process.Command{
		Path:  filepath.Join(o.Bin, "local"),
		Args:  append([]string{"run", "--quiet", "--events=false", "--state", o.State, "--bin", o.Bin}, args...),
		Env:   os.Environ(),
		Grace: grace,
		Line:  showUntilReady(o.Say, ready),
	})
	if err != nil {
		return nil, fmt.Errorf("start the laptop: %w", err)
	}
	l := &Laptop{o.State, child}
	select {
	case <-ready:
		return l, nil
	case <-child.Done():
		return nil, fmt.Errorf("the laptop ended before it was ready: %w", child.Err())
	case <-ctx.Done():
		l.Stop()
		return nil, ctx.Err()
	}
}

// showUntilReady shows lines up to the one that says that the laptop is ready.
func showUntilReady(say func(format string, args ...any), ready chan<- struct{}) func(line string) {
	shown := false
	return func(line string) {
		if shown {
			return
		}
		say("%s", line)
		if shown = strings.HasPrefix(line, "Ready after "); shown {
			close(ready)
		}
	}
}

// Env is its run.env as it is now.
func (l *Laptop) Env() (map[string]string, error) { return runenv.Read(l.state) }

// Stop ends it and all that it started.
func (l *Laptop) Stop() { _ = l.child.Stop(context.Background()) } // killed, if it does not end
