package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Run runs the steps in contextDir, which stands for the folder that the image has the context in.
// The steps change it as they would change the image's copy; the function's binary is
// contextDir/handler afterwards. Everything they print goes to out, each after its command line.
//
// env is the whole environment (as exec.Cmd.Env has it; nil is this process's own) and sets what
// --build-arg would. Run stops at the first step that fails; when ctx ends, all that the step
// started ends too.
func Run(ctx context.Context, contextDir string, steps []Step, env []string, out io.Writer) error {
	if env == nil {
		env = os.Environ()
	}
	for n, step := range steps {
		if _, err := fmt.Fprintf(out, "[%d/%d] %s\n", n+1, len(steps), step.Command); err != nil {
			return fmt.Errorf("report step %d: %w", n+1, err)
		}
		if err := run(ctx, contextDir, step, env, out); err != nil {
			return fmt.Errorf("dockerfile line %d: %s: %w", step.Line, step.Command, err)
		}
	}
	return nil
}

func run(ctx context.Context, contextDir string, step Step, env []string, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", step.Command)
	cmd.Dir = filepath.Join(contextDir, filepath.FromSlash(step.Dir))
	cmd.Env = step.environment(env)
	cmd.Stdout, cmd.Stderr = out, out

	// The shell's children (go, the compiler, a test) are in its process group and end with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	cmd.WaitDelay = 5 * time.Second

	err := cmd.Run()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// environment is what the command sees: ARG's defaults give way to the environment, ENV does not.
func (s Step) environment(env []string) []string {
	var set []string
	for _, arg := range s.Args {
		name, _, _ := strings.Cut(arg, "=")
		if !defines(env, name) {
			set = append(set, arg)
		}
	}
	set = append(set, env...)
	return append(set, s.Env...) // of two, exec takes the later
}

func defines(env []string, name string) bool {
	for _, entry := range env {
		if strings.HasPrefix(entry, name+"=") {
			return true
		}
	}
	return false
}
