// Package deploy brings the functions to where they run: to OpenFaaS's gateway, by faas-cli, or to
// a server without OpenFaaS, by ssh.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/openfaas/go-sdk/stack"
)

// Deployer brings a version of the functions to a platform.
type Deployer interface {
	// Build makes what is deployed, and brings it to its registry, where it has one.
	Build(ctx context.Context) error
	// Prepare brings to the server what the functions start from. What runs is not touched.
	Prepare(ctx context.Context) error
	// Replace replaces send-email, and then stripe-webhook: what that one writes in a new form,
	// send-email must be able to read.
	Replace(ctx context.Context) error
}

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

// ErrNoRegistry: it is not set where the images are.
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

// Images are the references of the functions' images, in order, as they are at a registry that .env
// may name.
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

// Runner runs steps.
type Runner struct {
	// Out gets what they print.
	Out io.Writer
	// Folder is Tillbell's, in which they run.
	Folder string
	// Registry is where the images are, or empty where the environment says it.
	Registry string
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
