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

// Unknown is no fault: the check could not be done, and the finding says why.
const (
	OK State = iota
	Wrong
	Unknown
)

// MarshalText gives the state's name, for programs.
func (s State) MarshalText() ([]byte, error) {
	return []byte(map[State]string{OK: "ok", Wrong: "wrong", Unknown: "unknown"}[s]), nil
}

// Finding is what a check found, for one line of the report.
type Finding struct {
	State State `json:"state"`
	// Text is what is ok or wrong, or what was not checked.
	Text string `json:"text"`
	// More is what to do where something is wrong, and why where something was not checked.
	More string `json:"more,omitempty"`
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

// Run runs the checks of all groups, and prints their findings in order as they come. It returns
// how many are wrong.
func Run(ctx context.Context, out io.Writer, groups []Group) (wrongs int) {
	title := func(i int) {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintln(out, groups[i].Title)
	}
	walk(ctx, groups, title, func(_ int, f Finding) {
		fmt.Fprintln(out, " ", f)
		if f.State == Wrong {
			wrongs++
		}
	})
	return wrongs
}

// Report is what the checks of all groups found, for programs.
type Report struct {
	// System is what was looked at.
	System string    `json:"system"`
	Wrong  int       `json:"wrong"`
	Groups []Section `json:"groups"`
}

// Section is what the checks of one group found.
type Section struct {
	Title    string    `json:"title"`
	Findings []Finding `json:"findings"`
}

// NewReport runs the checks of all groups.
func NewReport(ctx context.Context, system string, groups []Group) Report {
	r := Report{System: system}
	begin := func(i int) { r.Groups = append(r.Groups, Section{groups[i].Title, []Finding{}}) }
	walk(ctx, groups, begin, func(i int, f Finding) {
		r.Groups[i].Findings = append(r.Groups[i].Findings, f)
		if f.State == Wrong {
			r.Wrong++
		}
	})
	return r
}

// walk runs all checks of all groups at the same time, each when those are done that it needs, and
// gives their findings in order, with the index of their group, which begins before.
func walk(ctx context.Context, groups []Group, begin func(group int), found func(group int, f Finding)) {
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
		begin(i)
		for _, c := range g.Checks {
			r := results[c.Name]
			<-r.done
			found(i, r.finding)
		}
	}
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
