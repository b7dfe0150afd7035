package deploy

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"handler/function/shared/gateway"

	"handler/function/shared/owner"
)

// ErrNoBuilder: images cannot be built here.
var ErrNoBuilder = errors.New("images cannot be built here: there is no Docker engine (docker info), and no make images")

// Plan is what brings the functions to the gateway.
type Plan struct {
	// Build builds the images and pushes them; it is empty where that is done.
	Build []Step
	// Deploy deploys one function after the other.
	Deploy []Step
}

// NewPlan plans for a machine. send-email is deployed first, by itself: it is paused meanwhile, and
// the other is not.
func NewPlan(m Machine, cli *gateway.CLI, stackFile string, functions []string) (Plan, error) {
	faas := func(command string, flags ...string) []string {
		return append([]string{cli.Path, command, "-f", filepath.Base(stackFile), "--gateway", cli.Gateway}, flags...)
	}
	var p Plan
	switch {
	case m.Laptop, m.Built:
	case m.Docker:
		build := []string{cli.Path, "build", "-f", filepath.Base(stackFile)}
		push := []string{cli.Path, "push", "-f", filepath.Base(stackFile)}
		p.Build = []Step{{"build", build}, {"push", push}}
	case m.Images:
		p.Build = []Step{{"build and push, without Docker", []string{"make", "images", "PUSH=1"}}}
	default:
		return p, ErrNoBuilder
	}
	for _, name := range sendEmailFirst(functions) {
		p.Deploy = append(p.Deploy, Step{"deploy " + name, faas("deploy", "--filter", name)})
	}
	return p, nil
}

func sendEmailFirst(functions []string) []string {
	all := slices.Sorted(slices.Values(functions))
	slices.SortStableFunc(all, func(a, b string) int {
		switch owner.SendEmail {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	return all
}

// OpenFaaS deploys to a gateway.
type OpenFaaS struct {
	Runner
	Plan Plan
}

// Build runs the plan's first part.
func (o OpenFaaS) Build(ctx context.Context) error { return o.Run(ctx, o.Plan.Build) }

// Prepare has nothing to do: the server pulls the images as it replaces the functions.
func (OpenFaaS) Prepare(context.Context) error { return nil }

// Replace runs the plan's second part.
func (o OpenFaaS) Replace(ctx context.Context) error { return o.Run(ctx, o.Plan.Deploy) }
