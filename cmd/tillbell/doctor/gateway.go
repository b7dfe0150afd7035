package doctor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/cmd/tillbell/oci"
	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/plural"
	"handler/function/shared/gateway"
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
	case d.providerLost(ctx, err):
		return wrong("systemctl restart faasd, on the server; it takes up to 22 s", "the gateway %s answers, and does not find faasd-provider (%v), as after a restart of faasd-provider alone", d.Gateway, err)
	case errors.Is(err, gateway.ErrLogin):
		return wrong("faas-cli login --gateway "+d.Gateway+" --password-stdin, with the password that faasd wrote to /var/lib/faasd/secrets/basic-auth-password",
			"the gateway %s does not know you", d.Gateway)
	case err != nil:
		return wrong("is that its address (GATEWAY_URL)? does it run? does the SSH tunnel?", "the gateway %s cannot be reached: %v", d.Gateway, err)
	}
	return ok("the gateway %s answers", d.Gateway)
}

// providerLost reports whether an error of the gateway's is that it does not reach its provider.
// faasd-provider, when it starts, empties the file of hosts by which the gateway finds it, and only
// a start of faasd fills that again.
func (d *doctor) providerLost(ctx context.Context, err error) bool {
	var answered *gateway.StatusError
	if !errors.As(err, &answered) || answered.Status != http.StatusNotFound && answered.Status != http.StatusBadGateway {
		return false
	}
	a, err := d.call(ctx, http.MethodGet, d.Gateway+"/healthz", nil, "") // which the gateway answers by itself
	return err == nil && a.status == http.StatusOK
}

// lookAtSecrets: faasd removes a function that is deployed again while one of its secrets is
// missing.
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
	return ok("the gateway has all %s of %s", plural.Of(len(want), "secret"), d.StackFile)
}

// architectures are the names that uname gives, in Go's.
var architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm"}

// Architecture is Go's name for what uname says.
func Architecture(uname string) string { return cmp.Or(architectures[uname], uname) }

// architecture is that of the server.
func (d *doctor) architecture(ctx context.Context) string {
	if d.Platform.AtHome() {
		state, _ := d.state(ctx) // which is not known where that fails
		return Architecture(state.Arch)
	}
	info, err := d.gateway.Info(ctx)
	if err != nil {
		return ""
	}
	return Architecture(info.Arch)
}

// withoutDocker are those for which make images builds.
var withoutDocker = []string{"amd64", "arm64"}

// lookAtArchitecture compares where the functions are to run with what is built here: by Docker,
// for this machine's own architecture, or without it, for several. What is built already it looks
// at.
func (d *doctor) lookAtArchitecture(ctx context.Context) Finding {
	switch {
	case d.options.Built && d.Laptop != nil:
		return unknown("nothing is built here", "the images' architecture")
	case d.options.Built:
		return d.lookAtImages(ctx)
	}
	there := d.architecture(ctx)
	if there == "" {
		return unknown("the gateway does not say which one it runs on", "the images' architecture")
	}
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

// LookAtImages looks whether the registry has what is about to be deployed.
func LookAtImages(ctx context.Context, t *target.Target) Finding {
	return (&doctor{Target: t, gateway: gateway.New(t.Gateway), state: once(server.New(t).Look)}).lookAtImages(ctx)
}

// lookAtImages: faasd removes the function that runs before it finds that it cannot pull the new
// one's image.
func (d *doctor) lookAtImages(ctx context.Context) Finding {
	platform := v1.Platform{OS: "linux", Architecture: d.architecture(ctx)}
	lost, runner, login := " faasd would remove the function that runs", "the gateway", "in /var/lib/faasd/.docker/config.json"
	if d.Platform.AtHome() {
		lost, runner, login = "", "the server", "by docker login or podman login there"
	}
	images := deploy.Images(d.Services, d.Registry())
	hidden := false
	for _, image := range images {
		public, err := oci.AtRegistry(ctx, image, platform)
		switch {
		case errors.Is(err, oci.ErrMissing):
			return wrong("are REGISTRY and TAG right?"+lost, "the registry has no %s", image)
		case errors.Is(err, oci.ErrPlatform):
			return wrong("make images PUSH=1 PLATFORMS="+platform.String()+" builds for it", "%s is not for %s, on which %s runs", image, platform, runner)
		case errors.Is(err, oci.ErrDenied):
			return wrong("is REGISTRY right? log in to it (docker login); FORCE=1 deploys without this look", "the registry does not show %s to this machine", image)
		case err != nil:
			return wrong("try again; FORCE=1 deploys without this look", "the registry cannot be asked for %s: %v", image, gateway.Unreachable(err))
		}
		hidden = hidden || !public
	}
	if hidden {
		return ok("the registry has %s, not publicly: the server needs a login of its own, %s", list(images), login)
	}
	return ok("the registry has %s", list(images))
}
