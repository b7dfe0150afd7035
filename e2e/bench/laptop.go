package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"handler/function/e2e/laptop"
	"handler/function/shared/stackfile"
)

// On sets what a run must know of a laptop with that state folder. The working folder is Tillbell's.
func (o *Options) On(l *laptop.Laptop, state string) error {
	var err error
	if o.Root, err = os.Getwd(); err != nil {
		return err
	}
	if o.Dir, err = filepath.Abs(filepath.Join(state, "bench")); err != nil {
		return err
	}
	o.Env = l.Env
	o.EndQueue = func(context.Context) error { return pause(l, "QUEUE_WORKER_PID") }
	var failed [3]error
	o.Webhook, failed[0] = program(l, "STRIPE_WEBHOOK_PID")
	o.Mailer, failed[1] = program(l, "SEND_EMAIL_PID")
	o.Settings, failed[2] = settings(l)
	return errors.Join(failed[:]...)
}

// processOf is the ID of one of the laptop's processes.
func processOf(l *laptop.Laptop, name string) (int, error) {
	env, err := l.Env()
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(env[name])
	if err != nil {
		return 0, fmt.Errorf("%s in run.env: %w", name, err)
	}
	return pid, nil
}

// program is the file that a process of the laptop runs.
func program(l *laptop.Laptop, name string) (string, error) {
	pid, err := processOf(l, name)
	if err != nil {
		return "", err
	}
	return os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
}

// pause stops a process for good without its end: the laptop would start it again. It is killed with
// the laptop.
func pause(l *laptop.Laptop, name string) error {
	pid, err := processOf(l, name)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGSTOP)
}

// settings are what stack.yml and the laptop's settings file give each function.
func settings(l *laptop.Laptop) (func(function string) map[string]string, error) {
	services, err := stackfile.Parse("stack.yml")
	if err != nil {
		return nil, err
	}
	for name, f := range services.Functions {
		f.EnvironmentFile = []string{l.Settings()}
		services.Functions[name] = f
	}
	if services, err = stackfile.WithSettings(services); err != nil {
		return nil, err
	}
	return func(function string) map[string]string {
		environment := maps.Clone(services.Functions[function].Environment)
		environment["shop_folder"] = l.Shop()
		return environment
	}, nil
}
