package process

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/process/processtest"
)

// asParent makes the test binary start a child, print its ID and wait to be killed.
const asParent = "PROCESS_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(asParent) == "" {
		os.Exit(m.Run())
	}
	child, err := Start(Command{Path: "/bin/sleep", Args: []string{"60"}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(child.PID())
	<-child.Done()
}

func TestStart(t *testing.T) {
	t.Parallel()

	t.Run("hands on each line of both outputs in order, also one without its end", func(t *testing.T) {
		t.Parallel()

		p, lines := startShell(t, `echo one; echo two >&2; echo; printf three`, 0)
		waitDone(t, p)
		if diff := cmp.Diff([]string{"one", "two", "", "three"}, drain(lines)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"one", "two", "", "three"}, p.Tail()); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("gives the environment as said and nothing else", func(t *testing.T) {
		t.Parallel()

		var got []string
		p, err := Start(Command{Path: "/usr/bin/env", Line: func(line string) { got = append(got, line) }})
		if err != nil {
			t.Fatal(err)
		}
		waitDone(t, p)
		if len(got) != 0 {
			t.Errorf("inherited %q", got)
		}
	})

	t.Run("tells how the process ended", func(t *testing.T) {
		t.Parallel()

		p, _ := startShell(t, `exit 3`, 0)
		waitDone(t, p)
		var exit *exec.ExitError
		if !errors.As(p.Err(), &exit) || exit.ExitCode() != 3 {
			t.Errorf("Err() = %v, want exit status 3", p.Err())
		}
	})

	t.Run("names a program that is not there", func(t *testing.T) {
		t.Parallel()

		_, err := Start(Command{Path: "/nowhere/handler"})
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/nowhere/handler") {
			t.Errorf("error = %v", err)
		}
	})

	t.Run("keeps the process when the thread that asked for it ends", func(t *testing.T) {
		t.Parallel()

		type started struct {
			p      *Process
			lines  <-chan string
			thread int
		}
		asked := make(chan started)
		var ask func()
		ask = func() {
			runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
			if syscall.Gettid() == os.Getpid() {
				// All but the main thread, which never does: hold it, so that the next goroutine
				// gets another.
				go ask()
				<-t.Context().Done()
				return
			}
			p, lines := startShell(t, `trap 'echo alive' USR1; echo ready; sleep 60 & while :; do wait; done`, 0)
			asked <- started{p, lines, syscall.Gettid()}
		}
		go ask()
		s := <-asked
		receive(t, s.lines, "ready")
		processtest.Eventually(t, "the asking thread ends", func() bool {
			_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", s.thread))
			return os.IsNotExist(err)
		})
		if err := syscall.Kill(s.p.PID(), syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		receive(t, s.lines, "alive")
	})

	t.Run("takes the process along when we are killed", func(t *testing.T) {
		t.Parallel()

		parent := exec.Command(os.Args[0])
		parent.Env = append(os.Environ(), asParent+"=1")
		out, err := parent.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := parent.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		_ = parent.Process.Kill()
		_ = parent.Wait()
		if err != nil {
			t.Fatal(err)
		}
		child, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
		processtest.Eventually(t, "the child ends", func() bool { return !processtest.Alive(child) })
	})

	t.Run("takes along what a process left behind", func(t *testing.T) {
		t.Parallel()

		p, lines := startShell(t, `sleep 60 & echo $!`, 0)
		waitDone(t, p)
		left, err := strconv.Atoi(drain(lines)[0])
		if err != nil {
			t.Fatal(err)
		}
		processtest.Eventually(t, "the grandchild ends", func() bool { return !processtest.Alive(left) })
	})
}

func TestStop(t *testing.T) {
	t.Parallel()

	t.Run("lets the process end by itself", func(t *testing.T) {
		t.Parallel()

		p, lines := startShell(t, `trap 'echo bye; exit 0' TERM; echo ready; sleep 60 & wait`, 0)
		receive(t, lines, "ready")
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("Stop = %v", err)
		}
		receive(t, lines, "bye")
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("second Stop = %v", err)
		}
	})

	t.Run("kills a deaf group after the grace", func(t *testing.T) {
		t.Parallel()

		p, lines := startShell(t, `trap '' TERM; sh -c 'echo $$; exec sleep 60'; sleep 60`, 100*time.Millisecond)
		grandchild, err := strconv.Atoi(<-lines)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Stop(t.Context()); !errors.Is(err, ErrKilled) {
			t.Errorf("Stop = %v, want ErrKilled", err)
		}
		if processtest.Alive(p.PID()) {
			t.Error("the process lives on")
		}
		processtest.Eventually(t, "the grandchild ends", func() bool { return !processtest.Alive(grandchild) })
	})
}

func TestReadLines(t *testing.T) {
	t.Parallel()

	whole := strings.Repeat("a", MaxLine)
	var got []string
	readLines(strings.NewReader(whole+"\n"+whole+"b"+strings.Repeat("c", MaxLine)+"\nnext\n"), func(line string) {
		got = append(got, line)
	})
	if diff := cmp.Diff([]string{whole, whole, "next"}, got); diff != "" {
		t.Error(diff)
	}
}

// startShell runs a script; its lines come through the channel, which is never full in these tests.
func startShell(t *testing.T, script string, grace time.Duration) (*Process, <-chan string) {
	lines := make(chan string, 100)
	p, err := Start(Command{
		Path:  "/bin/sh",
		Args:  []string{"-c", script},
		Env:   []string{"PATH=" + os.Getenv("PATH")},
		Dir:   filepath.Dir(os.Args[0]),
		Grace: grace,
		Line:  func(line string) { lines <- line },
	})
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	t.Cleanup(func() { _ = syscall.Kill(-p.PID(), syscall.SIGKILL) })
	return p, lines
}

func receive(t *testing.T, lines <-chan string, want string) {
	t.Helper()
	select {
	case got := <-lines:
		if got != want {
			t.Fatalf("line %q, want %q", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no line, want %q", want)
	}
}

func drain(lines <-chan string) []string {
	var all []string
	for len(lines) > 0 {
		all = append(all, <-lines)
	}
	return all
}

func waitDone(t *testing.T, p *Process) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the process does not end")
	}
}
