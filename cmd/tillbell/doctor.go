package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handler/function/cmd/tillbell/doctor"
	"handler/function/cmd/tillbell/screen"
	"handler/function/cmd/tillbell/target"
)

// errUnwell: the report says what is wrong.
var errUnwell = errors.New("something is wrong; each ✗ says what to do")

// doctorFlags are those of the commands that check the setup.
type doctorFlags struct {
	target.Flags
	databaseMB number
	testAlert  bool
}

func (f *doctorFlags) register(c *cobra.Command) {
	c.Flags().Var(&f.databaseMB, "database-mb", "space of the database's tier in `MB` (default: mongodb_quota_mb in settings.yml, or 512 at Atlas, as in its free tier)")
	addSystem(c, &f.Flags)
}

// addSystem adds the flags of a command that looks at or changes the whole system, and what its
// help says of them.
func addSystem(c *cobra.Command, f *target.Flags) {
	c.Annotations = map[string]string{notes: target.Variables}
	addConnection(c, func(set *pflag.FlagSet) { f.Register(set) })
}

func (f *doctorFlags) groups(t *target.Target, built bool) (before, after doctor.Group) {
	return doctor.Groups(t, doctor.Options{CLI: f.CLI, DatabaseMB: int64(f.databaseMB), Built: built, TestAlert: f.testAlert})
}

func doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "check everything that a sale needs; changes nothing",
		Long: `Check that everything a sale needs is there and right. It changes nothing, and sends nothing but the
alert of --test-alert.

Each line is one check: ✓ is right, ✗ is wrong and says what to do, – was not checked and says why.
The exit code is 1 if anything is wrong. If a laptop runs here (make run) and no gateway is named, it
checks the laptop.`,
		Example: `  tillbell doctor
  tillbell doctor --only before   # what a deployment needs
  tillbell doctor --test-alert    # do alerts arrive?
  tillbell doctor --json | jq -r '.groups[].findings[] | select(.state == "wrong").text'`,
		Args: takes(),
	}
	var only string
	choiceVar(c, &only, "only", "only the checks of this `PART`: before or after a deployment", "before", "after")
	json := jsonFlag(c)
	var f doctorFlags
	f.register(c)
	c.Flags().BoolVar(&f.testAlert, "test-alert", false, "send a test alert to ALERT_URL")
	c.RunE = func(c *cobra.Command, _ []string) error {
		t, err := f.Find()
		if err != nil {
			return err
		}
		before, after := f.groups(t, false)
		groups := map[string][]doctor.Group{"": {before, after}, "before": {before}, "after": {after}}[only]
		return examine(c, screen.Of(c.OutOrStdout(), *json), t, groups)
	}
	return c
}

// examine runs the checks and shows what they found.
func examine(c *cobra.Command, s screen.Screen, t *target.Target, groups []doctor.Group) error {
	var wrongs int
	if s.JSON {
		report := doctor.NewReport(c.Context(), t.String(), groups)
		if err := s.Value(report); err != nil {
			return err
		}
		wrongs = report.Wrong
	} else {
		s.Line("Looking at %s.\n", t)
		wrongs = doctor.Run(c.Context(), s.Out, groups)
	}
	if wrongs > 0 {
		return fmt.Errorf("%w (%d)", errUnwell, wrongs)
	}
	return nil
}
