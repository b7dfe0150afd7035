// Package deploy brings the functions to the gateway: by faas-cli with Docker where there is one, and by the
// images that this project builds without it.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openfaas/go-sdk/stack"

	"handler/function/ops/gateway"
)

// Step is a command to run in Tillbell's folder.
type Step struct {
	// What it does, in words that follow "to".
	What string
	Args []string
}

// String is the command, as one would type it.
func (s Step) String() string { return strings.Join(s.Args, " ") }

// Machine is what a deployment can be made with here.
type Machine struct {
	// Laptop: the gateway is a laptop's, which has built the images itself.
	Laptop bool
	// Built: the images are at their registry already.
	Built bool
	// Docker: a Docker engine answers.
	Docker bool
	// Images: make images is there, which builds without Docker.
	Images bool
}

// Look finds out what there is.
func Look(ctx context.Context, folder string, laptop bool) Machine {
	if laptop { // whose images are there
		return Machine{Laptop: true}
	}
	images := exec.CommandContext(ctx, "make", "-n", "images")
	images.Dir = folder
	return Machine{
		Docker: Docker(ctx),
		Images: images.Run() == nil,
	}
}

// Docker reports whether a Docker engine answers.
func Docker(ctx context.Context) bool { return exec.CommandContext(ctx, "docker", "info").Run() == nil }

// nobodys is the registry of stack.yml's images where REGISTRY is not set.
const nobodys = "registry.invalid/tillbell"

// ErrNoRegistry: nobody has said where the images are.
var ErrNoRegistry = errors.New("set REGISTRY, in the environment or in .env, to where the functions' images go, such as ghcr.io/you")

// CheckRegistry is ErrNoRegistry where none is named, and an image of stack.yml needs one.
func CheckRegistry(services *stack.Services, registry string) error {
	for _, f := range services.Functions {
		if registry == "" && strings.HasPrefix(f.Image, nobodys+"/") {
			return ErrNoRegistry
		}
	}
	return nil
}

// Images are the references of the functions' images, in order, as they are at a registry that .env may name.
func Images(services *stack.Services, registry string) []string {
	var all []string
	for _, f := range services.Functions {
		if name, unnamed := strings.CutPrefix(f.Image, nobodys+"/"); unnamed && registry != "" {
			all = append(all, registry+"/"+name)
		} else {
			all = append(all, f.Image)
		}
	}
	slices.Sort(all)
	return all
}

// ErrNoBuilder: images cannot be built here.
var ErrNoBuilder = errors.New("images cannot be built here: there is no Docker engine (docker info), and no make images")

// Plan is what brings the functions to the gateway.
type Plan struct {
	// Build builds the images and pushes them; it is empty where that is done.
	Build []Step
	// Deploy deploys one function after the other.
	Deploy []Step
}

// SendEmail is the function that is paused before it is replaced.
const SendEmail = "send-email"

// NewPlan plans for a machine. send-email is deployed first, by itself: it is paused meanwhile, and the other is not; and
// what stripe-webhook writes in a new form, it must be able to read.
func NewPlan(m Machine, cli *gateway.CLI, stackFile string, functions []string) (Plan, error) {
	faas := func(verb string, flags ...string) []string {
		return append([]string{cli.Path, verb, "-f", filepath.Base(stackFile), "--gateway", cli.Gateway}, flags...)
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
		switch SendEmail {
		case a:
			return -1
		case b:
			return 1
		}
		return 0
	})
	return all
}

// Runner runs steps.
type Runner struct {
	// Out gets what they print.
	Out io.Writer
	// Folder is Tillbell's, in which they run.
	Folder string
	// Registry is where the images are, or empty where the environment says it.
	Registry string
	// Gateway is the gateway's address, without a slash at its end.
	Gateway string
}

// Run runs the steps, each only where the one before it went well.
func (r Runner) Run(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		fmt.Fprintf(r.Out, "To %s: %s\n", s.What, s)
		cmd := exec.CommandContext(ctx, s.Args[0], s.Args[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = r.Folder, r.Out, r.Out
		cmd.Env = append(os.Environ(), "OPENFAAS_URL=") // the gateway is named
		if r.Registry != "" {
			cmd.Env = append(cmd.Env, "REGISTRY="+r.Registry)
		}
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", s.What, err)
		}
	}
	return nil
}
