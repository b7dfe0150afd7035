package chaos

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"handler/function/internal/plural"
)

// maker makes trouble.
type maker struct {
	options Options
	faults  *faults
	began   time.Time
	// backlog guesses how much the queue holds.
	backlog func() int

	mu     sync.Mutex
	killed map[*part][]death
	wipes  int
	lost   int
	errs   []error
}

// death is a SIGKILL.
type death struct {
	pid int
	at  time.Time
}

const (
	// alivePause is between two looks at who is alive.
	alivePause = 50 * time.Millisecond
	// restartTimeout is how long it may take until what was killed runs again, and a function until
	// it is called again.
	restartTimeout = 30 * time.Second
)

// make does all of it in time, and returns when all is done.
func (m *maker) make(ctx context.Context, all []trouble) error {
	m.began = time.Now()
	var kills sync.WaitGroup
	for _, t := range all {
		if !sleep(ctx, time.Until(m.began.Add(t.at))) {
			break
		}
		switch {
		case t.part == nil:
			if err := m.faults.arm(ctx, t.service, t.fault); err != nil {
				m.failed(err)
			}
		case t.wipe:
			kills.Go(func() { m.failed(m.wipe(ctx)) })
		default:
			kills.Go(func() { m.failed(m.kill(ctx, t.part, func() error { return nil })) })
		}
	}
	kills.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(append(m.errs, ctx.Err())...)
}

func (m *maker) failed(err error) {
	if err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.errs = append(m.errs, err)
	}
}

// kill ends a part by SIGKILL as soon as it is alive; before is done right before that.
func (m *maker) kill(ctx context.Context, p *part, before func() error) error {
	pid, err := m.alive(ctx, p)
	if err != nil {
		return err
	}
	if err := before(); err != nil {
		return err
	}
	at := time.Now()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %s (pid %d): %w", p.name, pid, err)
	}
	m.options.Say("%8s  killed %s (pid %d)", m.clock(at), p.name, pid)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.killed[p] = append(m.killed[p], death{pid, at})
	return nil
}

// alive waits until a part has a process that was not killed yet, and gives its ID.
func (m *maker) alive(ctx context.Context, p *part) (int, error) {
	for deadline := time.Now().Add(restartTimeout); time.Now().Before(deadline); {
		env, err := m.options.Env()
		if err != nil {
			return 0, err
		}
		pid, err := strconv.Atoi(env[p.pid])
		if err == nil && pid > 1 && pid != m.lastKilled(p) && syscall.Kill(pid, 0) == nil {
			return pid, nil
		}
		if !sleep(ctx, alivePause) {
			return 0, ctx.Err()
		}
	}
	return 0, fmt.Errorf("%s does not run again", p.name)
}

func (m *maker) lastKilled(p *part) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.killed[p]); n > 0 {
		return m.killed[p][n-1].pid
	}
	return 0
}

// wipe has NATS lose all that it holds: its store has another name when it dies, and the one that
// is started in its place begins with none.
func (m *maker) wipe(ctx context.Context) error {
	store := filepath.Join(m.options.State, "nats")
	aside := store + "-wiped"
	var lost int
	err := m.kill(ctx, nats, func() error {
		lost = m.backlog()
		// One that was stopped in between has left it.
		if err := os.RemoveAll(aside); err != nil {
			return err
		}
		return os.Rename(store, aside)
	})
	if err != nil {
		return fmt.Errorf("wipe NATS's store: %w", err)
	}
	if _, err := m.alive(ctx, nats); err != nil {
		return fmt.Errorf("wipe NATS's store: %w", err)
	}
	if _, err := os.Stat(store); err != nil {
		return fmt.Errorf("NATS runs again and has no new store: %w", err)
	}
	m.options.Say("%8s  NATS runs again, and its store is empty; lost: about %s", m.clock(time.Now()), plural.Of(lost, "queued message"))
	m.mu.Lock()
	m.wipes++
	m.lost += lost
	m.mu.Unlock()
	return os.RemoveAll(aside)
}

func (m *maker) clock(at time.Time) string { return fmt.Sprintf("%.1f s", at.Sub(m.began).Seconds()) }

// unkilled are the parts that nobody killed.
func (m *maker) unkilled() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []string
	for _, p := range m.options.parts() {
		if len(m.killed[p]) == 0 {
			names = append(names, p.name)
		}
	}
	return names
}

// deaths are the times at which a part was killed.
func (m *maker) deaths(p *part) []time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	var at []time.Time
	for _, d := range m.killed[p] {
		at = append(at, d.at)
	}
	return at
}
