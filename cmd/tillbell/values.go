package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags of several commands say the same in each.
const (
	dryRunUsage = "only show what would change"
	yesUsage    = "do not ask"
)

// text is a flag's value that is checked when it is read.
type text struct {
	value *string
	check func(string) error
}

func (t text) String() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

func (t text) Set(value string) error {
	if err := t.check(value); err != nil {
		return err
	}
	*t.value = value
	return nil
}

func (text) Type() string { return "string" }

// textVar adds a flag whose value is checked when it is read.
func textVar(set *pflag.FlagSet, p *string, name, usage string, check func(string) error) {
	set.Var(text{p, check}, name, usage)
}

// choiceVar adds a flag with a fixed set of values, which the shell completes.
func choiceVar(c *cobra.Command, p *string, name, usage string, values ...string) {
	textVar(c.Flags(), p, name, usage, func(value string) error {
		if !slices.Contains(values, value) {
			return errors.New("want " + strings.Join(values, ", "))
		}
		return nil
	})
	complete(c, name, values...)
}

// complete has the shell complete a flag's values.
func complete(c *cobra.Command, name string, values ...string) {
	fixed := cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	if err := c.RegisterFlagCompletionFunc(name, fixed); err != nil {
		panic(err) // the flag is there
	}
}

// number is a flag's value of 1 or more.
type number int64

func (n *number) String() string { return strconv.FormatInt(int64(*n), 10) }

func (n *number) Set(value string) error {
	parsed, err := strconv.ParseInt(value, 10, 32)
	if err != nil || parsed < 1 {
		return errors.New("want a whole number of 1 or more")
	}
	*n = number(parsed)
	return nil
}

func (*number) Type() string { return "number" }
