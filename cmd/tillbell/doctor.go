package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"handler/function/cmd/tillbell/doctor"
	"handler/function/cmd/tillbell/target"
)

const doctorHelp = `ops doctor looks whether everything that a sale needs is there and right. It changes nothing.

Each line is one check: ✓ it is ok, ✗ what is wrong and what to do, – what was not checked and why. The exit code
is 1 where anything is wrong. Where a laptop runs (make run) and no gateway is named, it looks at that one.
` + target.Variables

// errUnwell: the report says what is wrong.
var errUnwell = errors.New("something is wrong; each ✗ says what to do")

// doctorFlags are those of the verbs that look.
type doctorFlags struct {
	target.Flags
	databaseMB int64
}

func (f *doctorFlags) register(set *flag.FlagSet) {
	f.Register(set)
	set.Int64Var(&f.databaseMB, "database-mb", 0, "space of the database's tier in MB (default: mongodb_quota_mb in settings.yml, or 512 at Atlas, as in its free tier)")
}

func (f *doctorFlags) groups(t *target.Target, built bool) (before, after doctor.Group) {
	return doctor.Groups(t, doctor.Options{CLI: f.CLI, DatabaseMB: f.databaseMB, Built: built})
}

func doctorVerb(ctx context.Context, args []string) error {
	set := newFlags("doctor", doctorHelp)
	var f doctorFlags
	f.register(set)
	only := set.String("only", "", "only what matters before a deployment, or after it: before or after")
	if err := parse(set, args); err != nil {
		return err
	}
	t, err := f.Find()
	if err != nil {
		return err
	}
	before, after := f.groups(t, false)
	groups := map[string][]doctor.Group{"": {before, after}, "before": {before}, "after": {after}}[*only]
	if groups == nil {
		return fmt.Errorf("ONLY %q: want before or after", *only)
	}
	fmt.Printf("Looking at %s.\n\n", t)
	if wrongs := doctor.Run(ctx, os.Stdout, groups); wrongs > 0 {
		return fmt.Errorf("%w (%d)", errUnwell, wrongs)
	}
	return nil
}
