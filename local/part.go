package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"handler/function/local/process"
	"handler/function/shared/console"
)

// part is a program that the laptop keeps running: one that dies is started again, with the same
// addresses, as the supervisor of a server would.
type part struct {
	name    string
	command process.Command
	// address accepts connections when the part is ready; ready, if set, is a line that it prints
	// then.
	address string
	ready   string
	// changed is called after the part was started again.
	changed func()
	console *console.Console

	log   *os.File
	quit  chan struct{}
	ended chan struct{}

	mu       sync.Mutex
	process  *process.Process
	stopping bool
	// asked: the process was told to end by restart, so that its end is no news.
	asked bool
}

const (
	readyTimeout = 30 * time.Second
	// restartPause lies between the end of a part and its next start. It doubles, so that a part
	// that cannot start does not flood the screen; one that lived for steadyAfter begins with it
	// again.
	restartPause    = 300 * time.Millisecond
	restartPauseMax = 5 * time.Second
	steadyAfter     = 10 * time.Second
	// tailShown is how many of its last lines are shown when a part has died.
	tailShown = 5
	tailWidth = 160
)

// start starts the part and returns when it is ready.
func (p *part) start(ctx context.Context, logs string) error {
	log, err := openLog(logs, p.name)
	if err != nil {
		return err
	}
	p.log = log
	p.quit, p.ended = make(chan struct{}), make(chan struct{})
	if err := p.launch(ctx); err != nil {
		close(p.ended)
		log.Close()
		return err
	}
	go p.keep()
	return nil
}

// launch starts the process once.
func (p *part) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	said := make(chan struct{})
	var once sync.Once
	command := p.command
	command.Line = func(line string) {
		fmt.Fprintln(p.log, line)
		if p.ready != "" && strings.Contains(line, p.ready) {
			once.Do(func() { close(said) })
		}
	}
	started, err := process.Start(command)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	p.mu.Lock()
	p.process = started
	p.mu.Unlock()
	if p.address != "" {
		err = started.WaitListening(ctx, p.address)
	}
	if err == nil && p.ready != "" {
		select {
		case <-said:
		case <-started.Done():
			err = fmt.Errorf("it ended: %w\n%s", started.Err(), strings.Join(started.Tail(), "\n"))
		case <-ctx.Done():
			err = fmt.Errorf("not ready: %w", ctx.Err())
		}
	}
	if err != nil {
		_ = started.Stop(context.WithoutCancel(ctx))
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	return nil
}

// keep starts the part again whenever it ends, until it is stopped.
func (p *part) keep() {
	defer close(p.ended)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-p.quit:
			cancel() // one that is being started again is not waited for
		case <-ctx.Done():
		}
	}()
	pause := restartPause
	for {
		began := time.Now()
		select {
		case <-p.quit:
			return
		case <-p.current().Done():
		}
		if p.isStopping() {
			return
		}
		if !p.wasAsked() {
			p.console.Trouble("%s ended (%v); it is started again. Its log is %s%s", p.name, p.current().Err(), p.log.Name(), p.tail())
		}
		if time.Since(began) > steadyAfter {
			pause = restartPause
		}
		if !p.relaunch(ctx, &pause) {
			return
		}
		p.console.Say("  %s runs again", p.name)
		p.changed()
	}
}

// relaunch tries to start the part until it can; false where it was stopped meanwhile.
func (p *part) relaunch(ctx context.Context, pause *time.Duration) bool {
	for {
		select {
		case <-p.quit:
			return false
		case <-time.After(*pause):
		}
		*pause = min(2**pause, restartPauseMax)
		err := p.launch(ctx)
		if err == nil {
			return true
		}
		if p.isStopping() {
			return false
		}
		p.console.Trouble("%v", err)
	}
}

// tail is the last that the part printed, below a line that speaks of it.
func (p *part) tail() string {
	lines := p.current().Tail()
	if len(lines) == 0 {
		return ", and empty"
	}
	text := ", and ends with"
	for _, line := range lines[max(0, len(lines)-tailShown):] {
		text += "\n    " + strings.ToValidUTF8(line[:min(len(line), tailWidth)], "")
	}
	return text
}

func (p *part) current() *process.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.process
}

func (p *part) isStopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stopping
}

// wasAsked reports, once, whether the end of the process was asked for.
func (p *part) wasAsked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = false
	return asked
}

// pid is the part's process ID, 0 before it was started.
func (p *part) pid() int {
	if c := p.current(); c != nil {
		return c.PID()
	}
	return 0
}

// restart ends the process, and keep starts it again.
func (p *part) restart(ctx context.Context) {
	p.mu.Lock()
	p.asked = true
	p.mu.Unlock()
	if c := p.current(); c != nil {
		_ = c.Stop(ctx) // killed, if it does not end by itself
	}
}

// stop ends the part for good.
func (p *part) stop(ctx context.Context) {
	p.mu.Lock()
	again := p.stopping
	p.stopping = true
	p.mu.Unlock()
	if again {
		return
	}
	if p.quit != nil {
		close(p.quit)
	}
	if c := p.current(); c != nil {
		if err := c.Stop(ctx); err != nil {
			p.console.Trouble("%s had to be killed", p.name)
		}
	}
	if p.ended != nil {
		<-p.ended
	}
	if c := p.current(); c != nil { // one that was started while we stopped its predecessor
		_ = c.Stop(ctx)
	}
	if p.log != nil {
		p.log.Close()
	}
}

func openLog(dir, name string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}
