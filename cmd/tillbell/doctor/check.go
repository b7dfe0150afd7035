// Package doctor looks whether everything that a sale needs is there and right, before a deployment
// and after it, and says of what is not what to do. It only reads: no check changes anything
// anywhere.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// State is how a check came out.
type State int

// Unknown is no fault: what could not be looked at is said to be so, and why.
const (
	OK State = iota
	Wrong
	Unknown
)

// Finding is what a check found, for one line of the report.
type Finding struct {
	State State
	// Text is what is ok or wrong, or what was not checked.
	Text string
	// More is what to do where something is wrong, and why where something was not checked.
	More string
}

func ok(format string, args ...any) Finding {
	return Finding{State: OK, Text: fmt.Sprintf(format, args...)}
}

// wrong says what is wrong, and what to do.
func wrong(todo, format string, args ...any) Finding {
	return Finding{Wrong, fmt.Sprintf(format, args...), todo}
}

// unknown says what was not checked, and why.
func unknown(why, format string, args ...any) Finding {
	return Finding{Unknown, fmt.Sprintf(format, args...), why}
}

// String is the finding's line.
func (f Finding) String() string {
	sign := map[State]string{OK: "✓", Wrong: "✗", Unknown: "–"}[f.State]
	switch {
	case f.State == Unknown:
		return fmt.Sprintf("%s %s: not checked: %s", sign, f.Text, f.More)
	case f.More == "":
		return sign + " " + f.Text
	}
	return fmt.Sprintf("%s %s: %s", sign, f.Text, f.More)
}

// Check is one thing that is looked at.
type Check struct {
	// Name is what it is about, for the lines of those that need it, and where it could not be
	// done.
	Name string
	// Needs are the names of those that must be ok, where they are looked at, before this one says
	// anything.
	Needs []string
	// Look looks. Its context ends it in time.
	Look func(context.Context) Finding
	// Limit is how long it may take. Default: 25 seconds.
	Limit time.Duration
}

// Group is a part of the report.
type Group struct {
	Title  string
	Checks []Check
}

// limit is how long a check may take that has no limit of its own.
const limit = 25 * time.Second

// Run runs all checks of all groups at the same time, each when those are done that it needs, and
// prints their findings in order. It gives how many are wrong.
func Run(ctx context.Context, out io.Writer, groups []Group) (wrongs int) {
	results := map[string]*result{}
	for _, g := range groups {
		for _, c := range g.Checks {
			results[c.Name] = &result{done: make(chan struct{})}
		}
	}
	var running sync.WaitGroup
	defer running.Wait()
	for _, g := range groups {
		for _, c := range g.Checks {
			running.Go(func() { results[c.Name].run(ctx, c, results) })
		}
	}
	for i, g := range groups {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, g.Title)
		for _, c := range g.Checks {
			r := results[c.Name]
			<-r.done
			fmt.Fprintln(out, " ", r.finding)
			if r.finding.State == Wrong {
				wrongs++
			}
		}
	}
	return wrongs
}

// result is a finding that may not be there yet.
type result struct {
	done    chan struct{}
	finding Finding
}

func (r *result) run(ctx context.Context, c Check, results map[string]*result) {
	defer close(r.done)
	for _, need := range c.Needs {
		needed, asked := results[need]
		if !asked { // it is in a group that is not looked at now
			continue
		}
		<-needed.done
		if needed.finding.State != OK {
			r.finding = unknown("first, "+need, "%s", c.Name)
			return
		}
	}
	limit := cmp.Or(c.Limit, limit)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	found := make(chan Finding, 1)
	go func() { found <- c.Look(ctx) }() // which may be deaf to the context, and ends with the process
	select {
	case r.finding = <-found:
	case <-ctx.Done():
		r.finding = wrong("try again; is the network slow?", "%s: no answer in %s", c.Name, limit)
	}
}

// list is a, b and c, cut short where there are many.
func list(all []string) string {
	const most = 6
	if len(all) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
	}
	if len(all) > 1 {
		return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
	}
	return strings.Join(all, "")
}
