package doctor

import (
	"cmp"
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"

	"handler/function/ops/gateway"
)

const (
	theGateway = "the gateway"
	theSecrets = "the secrets at the gateway"
)

func (d *doctor) gatewayChecks() []Check {
	return []Check{
		{Name: theGateway, Look: d.lookAtGateway},
		{Name: theSecrets, Needs: []string{theGateway}, Look: d.lookAtSecrets},
		{Name: "the images' architecture", Needs: []string{theGateway}, Look: d.lookAtArchitecture},
	}
}

func (d *doctor) lookAtGateway(ctx context.Context) Finding {
	_, err := d.gateway.Secrets(ctx)
	switch {
	case errors.Is(err, gateway.ErrLogin):
		return wrong("faas-cli login --gateway "+d.Gateway+" --password-stdin, with the password that faasd wrote to /var/lib/faasd/secrets/basic-auth-password",
			"the gateway %s does not know you", d.Gateway)
	case err != nil:
		return wrong("is that its address (GATEWAY_URL)? does it run? does the SSH tunnel?", "the gateway %s cannot be reached: %v", d.Gateway, err)
	}
	return ok("the gateway %s answers", d.Gateway)
}

// lookAtSecrets: faasd removes a function that is deployed again while one of its secrets is missing.
func (d *doctor) lookAtSecrets(ctx context.Context) Finding {
	there, err := d.gateway.Secrets(ctx)
	if err != nil {
		return wrong("try again", "the gateway does not list its secrets: %v", err)
	}
	want := d.Target.Secrets()
	var lacks []string
	for _, name := range want {
		if !slices.Contains(there, name) {
			lacks = append(lacks, name)
		}
	}
	if lacks != nil {
		return wrong("make secrets creates them; a deployment without them would remove the function that runs", "the gateway has no secret %s", list(lacks))
	}
	return ok("the gateway has all %s of %s", plural(len(want), "secret"), d.StackFile)
}

// architectures are the names that uname gives, in Go's.
var architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm"}

// withoutDocker are those for which make images builds.
var withoutDocker = []string{"amd64", "arm64"}

// lookAtArchitecture compares where the functions are to run with what is built here: by Docker, for this machine's own
// architecture, or without it, for several.
func (d *doctor) lookAtArchitecture(ctx context.Context) Finding {
	if d.options.Built {
		return unknown("nothing is built here", "the images' architecture")
	}
	info, err := d.gateway.Info(ctx)
	if err != nil || info.Arch == "" {
		return unknown("the gateway does not say which one it runs on", "the images' architecture")
	}
	there := cmp.Or(architectures[info.Arch], info.Arch)
	if d.Laptop == nil && !d.options.Docker(ctx) {
		if !slices.Contains(withoutDocker, there) {
			return wrong("make images PUSH=1 PLATFORMS=linux/"+there+", and then make up NO_BUILD=1", "the gateway runs on %s, and images that are built here without Docker are for %s", there, list(withoutDocker))
		}
		return ok("the gateway runs on %s, for which images are built here without Docker too", there)
	}
	here := runtime.GOARCH
	if _, arch, found := strings.Cut(os.Getenv("DOCKER_DEFAULT_PLATFORM"), "/"); found {
		here, _, _ = strings.Cut(arch, "/")
	}
	if here != there {
		return wrong("DOCKER_DEFAULT_PLATFORM=linux/"+there+" make up", "the gateway runs on %s, and images that are built here are for %s", there, here)
	}
	return ok("the gateway runs on %s, for which images are built here", there)
}
