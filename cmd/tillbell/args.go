package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// takes checks the number of a command's arguments. Their names are those of its synopsis; an
// argument in brackets may be left out.
func takes(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch n := len(args); {
		case n > len(names):
			return usagef("%s takes no %q", c.Name(), args[len(names)])
		case n < len(names) && !strings.HasPrefix(names[n], "["):
			return usagef("%s wants an argument: %s", c.Name(), names[n])
		}
		return nil
	}
}

// takesOrder is takes for an order's ID, and what may follow it.
func takesOrder(more ...string) cobra.PositionalArgs {
	number := takes(append([]string{"ORDER"}, more...)...)
	return cobra.MatchAll(number, func(_ *cobra.Command, args []string) error { return checkOrder(args[0]) })
}

// flagError makes a usage error of what the flags' parser says.
func flagError(c *cobra.Command, err error) error {
	if first := c.Flags().Arg(0); !c.HasParent() && first != "" {
		return knownCommand(c, []string{first}) // a flag of a command that there is not
	}
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return usageError{err}
	}
	if errors.As(err, new(*strconv.NumError)) { // only of a flag without a value
		return usagef("--%s=%s: want no value, or true or false", invalid.GetFlag().Name, invalid.GetValue())
	}
	return usagef("--%s %q: %w", invalid.GetFlag().Name, invalid.GetValue(), invalid.Unwrap())
}
