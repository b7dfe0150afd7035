// Package process starts programs so that none is ever left behind.
//
// It promises: a child leads a process group of its own, and the whole group is ended with it, be
// it by Stop or because the child went by itself. If this program dies, even by SIGKILL, the child
// dies too (on Linux; elsewhere only Stop ends it). What a child prints arrives line by line, in
// order.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// ErrKilled is what Stop answers when the process did not end in time and was killed.
var ErrKilled = errors.New("killed, as it did not end in time")

const (
	defaultGrace = 10 * time.Second
	// A grandchild that left the group may hold the output open: so long we listen to it after the
	// child's end.
	outputGrace = time.Second
	tailLines   = 20
)

// Command says what to start.
type Command struct {
	Path string
	Args []string
	// Env is the whole environment: nothing is inherited.
	Env []string
	Dir string
	// Line gets each line of standard output and standard error, without its newline, from one
	// goroutine. Lines above MaxLine bytes are cut there. It may be nil. A slow Line slows the
	// process down.
	Line func(line string)
	// Grace is what Stop waits between SIGTERM and SIGKILL; 0 means 10 seconds.
	Grace time.Duration
}

// Process is a started program.
type Process struct {
	pid   int
	grace time.Duration
	done  chan struct{}
	err   error // set before done is closed

	mu   sync.Mutex
	tail []string
}

// Start starts the command. The process ends when Stop is called, not with any context.
func Start(command Command) (*Process, error) {
	output, childEnd, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Path, err)
	}

	cmd := exec.Command(command.Path, command.Args...)
	cmd.Env = command.Env
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would inherit ours
	}
	cmd.Dir = command.Dir
	cmd.Stdout, cmd.Stderr = childEnd, childEnd
	cmd.SysProcAttr = attributes()

	p := &Process{grace: command.Grace, done: make(chan struct{})}
	if p.grace <= 0 {
		p.grace = defaultGrace
	}

	started := make(chan error)
	go p.live(cmd, started, output, childEnd, command.Line)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", command.Path, err)
	}
	return p, nil
}

// live starts the command and waits for its end, all on one OS thread: the kernel's parent-death
// signal speaks of the thread that forked, so that thread must live as long as the child does.
func (p *Process) live(cmd *exec.Cmd, started chan<- error, output, childEnd *os.File, line func(string)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer output.Close()

	err := cmd.Start()
	childEnd.Close()
	if err != nil {
		started <- err
		return
	}
	p.pid = cmd.Process.Pid
	started <- nil

	read := make(chan struct{})
	go func() {
		defer close(read)
		readLines(output, func(text string) {
			p.remember(text)
			if line != nil {
				line(text)
			}
		})
	}()

	p.err = cmd.Wait()
	// What the child started and left must go as well. Its process ID cannot have a new owner yet:
	// they are handed out in a circle, and this is microseconds later.
	_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	_ = output.SetReadDeadline(time.Now().Add(outputGrace))
	<-read
	close(p.done)
}

// PID is the process's ID, which is its group's too.
func (p *Process) PID() int { return p.pid }

// Done is closed once the process has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the process ended: nil for exit status 0, and nil as long as it runs.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Tail is the last 20 lines of output, for a message about what went wrong.
func (p *Process) Tail() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.tail)
}

func (p *Process) remember(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tail) == tailLines {
		p.tail = slices.Delete(p.tail, 0, 1)
	}
	p.tail = append(p.tail, line)
}

// Terminate asks the process and its group to end, by SIGTERM.
func (p *Process) Terminate() { p.signal(syscall.SIGTERM) }

// signal sends a signal to the group, unless the process has ended: its ID may be another's by now.
func (p *Process) signal(sig syscall.Signal) {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.pid, sig)
	}
}

// Kill ends the process and its group at once.
func (p *Process) Kill() { p.signal(syscall.SIGKILL) }

// Stop ends the process and its group: SIGTERM first, SIGKILL after the grace or when ctx is over.
// When it returns, the process is gone. The error is nil or ErrKilled; a process that had ended
// before is no error.
func (p *Process) Stop(ctx context.Context) error {
	select {
	case <-p.done:
		return nil
	default:
	}

	p.Terminate()
	grace := time.NewTimer(p.grace)
	defer grace.Stop()
	select {
	case <-p.done:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}

	p.Kill()
	<-p.done
	return ErrKilled
}
