package home

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"handler/function/local/process"
)

// startTimeout is how long a program may take until it listens.
const startTimeout = 30 * time.Second

// service is a program that is started again whenever it ends, as by Restart=always.
type service struct {
	name, address string
	// command is asked anew at each start, and pause lies before each but the first.
	command func() (process.Command, error)
	pause   time.Duration
	log     *os.File

	mu       sync.Mutex
	process  *process.Process
	stopping bool
	kept     chan struct{}
}

// start starts it, and returns when it listens.
func (s *service) start(ctx context.Context) error {
	s.mu.Lock()
	s.stopping, s.kept = false, make(chan struct{})
	s.mu.Unlock()
	if err := s.launch(); err != nil {
		close(s.kept)
		return err
	}
	go s.keep()
	return s.listens(ctx)
}

func (s *service) launch() error {
	c, err := s.command()
	if err != nil {
		return err
	}
	c.Line = func(line string) { fmt.Fprintln(s.log, line) }
	p, err := process.Start(c)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.process = p
	return nil
}

// keep starts it again until it is stopped.
func (s *service) keep() {
	defer close(s.kept)
	for {
		<-s.current().Done()
		if s.isStopping() {
			return
		}
		time.Sleep(s.pause) // the unit's RestartSec, which systemd waits too
		if err := s.launch(); err != nil {
			fmt.Fprintln(s.log, err)
			return
		}
	}
}

func (s *service) listens(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return process.WaitListening(ctx, s.address)
}

func (s *service) current() *process.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

func (s *service) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// restart has it end by SIGTERM and starts it again, as systemctl restart does, and returns when it
// listens. That it does not end by itself in time, or not with 0, is an error.
func (s *service) restart(ctx context.Context) error {
	if err := s.stop(ctx); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if err := s.current().Err(); err != nil {
		return fmt.Errorf("%s ended: %w", s.name, err)
	}
	return s.start(ctx)
}

// stop ends it, until it is started again.
func (s *service) stop(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	err := s.current().Stop(ctx)
	<-s.kept
	_ = s.current().Stop(ctx) // one that was started meanwhile
	return err
}

// begin starts a service for a test, and ends it with the test.
func (s *service) begin(t *testing.T, log string) {
	t.Helper()
	var err error
	if s.log, err = os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		t.Fatal(err)
	}
	err = s.start(t.Context())
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel() // it is not waited for
		_ = s.stop(ended)
		s.log.Close()
	})
	if err != nil {
		said, _ := os.ReadFile(log)
		t.Fatalf("start %s: %v\n%s", s.name, err, said)
	}
}
