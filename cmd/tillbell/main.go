// Command tillbell is the program of a shop's owner. It shows orders and does things with them,
// checks the shop's files and the setup, and publishes, builds and deploys.
//
// Run it with `go run ./cmd/tillbell`, or build it with `make tillbell`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // where the machine has no time zones

	"github.com/spf13/cobra"

	"handler/function/shared/owner"
	"handler/function/shared/shopcheck"
)

func main() {
	cobra.EnableCommandSorting = false // the help lists commands in the order of their use
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs a command line, and returns its exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	ran, err := execute(ctx, args, out, errs)
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errs, "tillbell: stopped")
	case errors.As(err, new(shopcheck.Mistakes)): // each line begins with its file
		fmt.Fprintln(errs, err)
	default:
		fmt.Fprintln(errs, "tillbell:", err)
	}
	if errors.Is(err, errUsage) {
		fmt.Fprintf(errs, "see %s --help\n", ran.CommandPath())
	}
	return exitCode(err)
}

// execute runs a command line, and returns the command that it names.
func execute(ctx context.Context, args []string, out, errs io.Writer) (*cobra.Command, error) {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	return root.ExecuteContextC(ctx)
}

// errUsage matches errors about the command line. Nothing was done then.
var errUsage = errors.New("wrong usage")

// usageError is a mistake in the command line.
type usageError struct{ error }

func (usageError) Is(target error) bool { return target == errUsage }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCodes documents exitCode in each command's --help.
const exitCodes = "Exit codes: 0 done, 1 error, 2 wrong usage, 3 not found, 4 conflict with the order's current state.\n"

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, owner.ErrNotFound):
		return 3
	case errors.Is(err, owner.ErrConflict):
		return 4
	}
	return 1
}
