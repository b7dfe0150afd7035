package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handler/function/local/process"
)

// startTimeout is how long a contender may take to its first 200.
const startTimeout = 30 * time.Second

// contender is one of those that are measured beside each other.
type contender struct {
	name string
	// start starts it anew, with a database of that name, and gives it before it can answer.
	start func(ctx context.Context, database string) (*running, error)
}

// running is a contender that was started.
type running struct {
	target
	secret string
	began  time.Time
	// pids are the processes that what it takes is counted of.
	pids func() []int
	stop func(context.Context)
}

// usage is what all its processes have taken together.
func (r *running) usage() (process.Usage, error) {
	var sum process.Usage
	for _, pid := range r.pids() {
		u, err := process.UsageOf(pid)
		if err != nil {
			return sum, err
		}
		sum.CPU += u.CPU
		sum.Resident += u.Resident
	}
	return sum, nil
}

// firstAnswer sends a signed event until it is answered with a 200, and gives the time since the
// start.
func (r *running) firstAnswer(ctx context.Context, m *maker) (time.Duration, error) {
	requests, _, err := m.signed(r.target, r.secret, 1)
	if err != nil {
		return 0, err
	}
	err = r.untilAnswered(ctx, requests[0])
	return time.Since(r.began), err
}

// untilAnswered makes a request until it is answered as it should be.
func (r *running) untilAnswered(ctx context.Context, request []byte) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		c, err := r.dial(ctx)
		if err == nil {
			err = c.do(request, r.want)
			c.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no %d in %v: %w", r.want, startTimeout, err)
		case <-time.After(time.Millisecond):
		}
	}
}

// launch starts a program that has nothing but that environment. Its output goes to a file, as it
// would to a log.
func (b *bench) launch(name, path string, args []string, env map[string]string) (*process.Process, error) {
	log, err := os.OpenFile(filepath.Join(b.Dir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	p, err := process.Start(process.Command{
		Path: path, Args: args, Env: environment(env), Dir: b.Dir,
		Line: func(line string) { fmt.Fprintln(log, line) },
	})
	if err != nil {
		log.Close()
		return nil, err
	}
	go func() {
		<-p.Done()
		log.Close()
	}()
	return p, nil
}

func environment(env map[string]string) []string {
	list := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	slices.Sort(list)
	return list
}

// secrets writes files as the platform mounts them, long before they are read, and gives their
// folder.
func (b *bench) secrets(name string, values map[string]string) (string, error) {
	dir := filepath.Join(b.Dir, "secrets-"+name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for file, value := range values {
		path, mounted := filepath.Join(dir, file), time.Now().Add(-time.Hour)
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			return "", err
		}
		if err := os.Chtimes(path, mounted, mounted); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// started is a program that was launched, with the address that it is to listen on.
func (b *bench) started(name, path string, args []string, env map[string]string, addressAs, route, secret string) (*running, error) {
	address, err := process.FreeAddr()
	if err != nil {
		return nil, err
	}
	env[addressAs] = address
	began := time.Now()
	p, err := b.launch(name, path, args, env)
	if err != nil {
		return nil, err
	}
	return &running{
		target: target{url: "http://" + address + route, want: 200},
		secret: secret,
		began:  began,
		pids:   func() []int { return []int{p.PID()} },
		stop:   func(context.Context) { stopAtOnce(p) },
	}, nil
}

// leaveOut notes why a contender is not measured.
func (b *bench) leaveOut(name string, err error) {
	why, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	b.results.NotMeasured[name] = why
	b.Say("%s is not measured: %s", name, why)
}

// stopAtOnce kills: a function that is asked to end waits for calls that nobody makes.
func stopAtOnce(p *process.Process) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = p.Stop(ctx) // its error says that it was killed
}
