package doctor

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/plural"
)

const (
	theServer    = "the server"
	theHomeFiles = "the secrets on the server"
)

// serverChecks are those of a server without OpenFaaS, before a deployment.
func (d *doctor) serverChecks() []Check {
	needs := []string{theServer}
	checks := []Check{
		{Name: theServer, Look: d.lookAtServer},
		{Name: "the tunnel", Look: d.lookAtTunnel},
		{Name: theHomeFiles, Needs: needs, Look: d.lookAtHomeSecrets},
	}
	if d.Platform == target.Systemd {
		return append(checks, Check{Name: "the programs' architecture", Needs: needs, Look: d.lookAtPrograms})
	}
	return append(checks,
		Check{Name: "the images' architecture", Needs: needs, Look: d.lookAtHomeImages},
		Check{Name: "the Caddyfile", Look: d.lookAtCaddyfile})
}

func (d *doctor) lookAtServer(ctx context.Context) Finding {
	state, err := d.state(ctx)
	switch {
	case errors.Is(err, server.ErrNoSSH):
		return wrong("install OpenSSH's client", "%v", err)
	case errors.Is(err, server.ErrUnreachable):
		return wrong("does ssh -o BatchMode=yes "+d.Server+" true work? The server's key must be known here, and yours be accepted there without a question",
			"%s cannot be reached: %v", d.Server, err)
	case err != nil:
		return wrong("try again", "%s: %v", d.Server, err)
	case !state.Root:
		return wrong("set SERVER to root@YOUR-HOST, and put your key into /root/.ssh/authorized_keys there", "%s is not root", d.Server)
	case state.Engine == "" && d.Platform == target.Compose:
		return wrong("install one of them there: docs/deploy-without-openfaas.md", "%s has neither docker compose nor podman compose", d.Server)
	case state.Engine == "":
		return wrong("is PLATFORM right?", "%s has no systemd", d.Server)
	case state.Tag == "":
		return ok("%s is reached, with %s; nothing is deployed yet", d.Server, state.Engine)
	}
	return ok("%s is reached, with %s; deployed is %s", d.Server, state.Engine, state.Tag)
}

// lookAtTunnel looks whether anything accepts connections at the address by which the owner's calls
// go.
func (d *doctor) lookAtTunnel(ctx context.Context) Finding {
	u, err := url.Parse(d.Gateway)
	if err != nil {
		return unknown("its address cannot be read", "the tunnel")
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme
	}
	conn, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return wrong("open it, in a terminal of its own: ssh -N -L "+port+":127.0.0.1:8080 "+d.Server, "nothing listens at %s, where the tunnel to the server begins", d.Gateway)
	}
	conn.Close()
	return ok("the tunnel to the server begins at %s", d.Gateway)
}

// lookAtHomeSecrets: without one of its files neither Compose nor systemd starts a function.
func (d *doctor) lookAtHomeSecrets(ctx context.Context) Finding {
	state, err := d.state(ctx)
	if err != nil {
		return unknown(err.Error(), theHomeFiles)
	}
	want := d.Target.Secrets()
	lacks := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return slices.Contains(state.Secrets, name) })
	if len(lacks) > 0 {
		return wrong("make secrets writes them; without them a function does not start", "the server has no secret %s in %s/secrets", list(lacks), server.Home)
	}
	return ok("the server has all %s of %s", plural.Of(len(want), "secret"), d.StackFile)
}

// lookAtPrograms looks at what the programs are built for, or where they are there already, whether
// they are.
func (d *doctor) lookAtPrograms(ctx context.Context) Finding {
	state, err := d.state(ctx)
	arch := Architecture(state.Arch)
	switch {
	case err != nil:
		return unknown(err.Error(), "the programs' architecture")
	case d.options.Built && !slices.Contains(state.Releases, d.Tag()):
		return wrong("is TAG right? The server keeps the last five; there are "+listOrNone(state.Releases)+". Without NO_BUILD=1 they are built",
			"the server has no programs of %s", d.Tag())
	case d.options.Built:
		return ok("the server has the programs of %s", d.Tag())
	case !slices.Contains(withoutDocker, arch):
		return wrong("take a server with one of them", "the server runs on %s, and the functions are built for %s", arch, list(withoutDocker))
	}
	return ok("the server runs on %s, for which the programs are built here", arch)
}

func listOrNone(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return list(all)
}

// lookAtHomeImages is lookAtArchitecture where make images always builds.
func (d *doctor) lookAtHomeImages(ctx context.Context) Finding {
	if d.options.Built {
		return d.lookAtImages(ctx)
	}
	state, err := d.state(ctx)
	arch := Architecture(state.Arch)
	switch {
	case err != nil:
		return unknown(err.Error(), "the images' architecture")
	case !slices.Contains(withoutDocker, arch):
		return wrong("make images PUSH=1 PLATFORMS=linux/"+arch+", and then make up NO_BUILD=1", "the server runs on %s, and make up builds images for %s", arch, list(withoutDocker))
	}
	return ok("the server runs on %s, for which images are built here", arch)
}

// exampleHost is the name in docs/deploy/home.Caddyfile that the owner is to replace.
const exampleHost = "shop.example.com"

// lookAtCaddyfile looks whether the file that is sent to the server is for the public address.
func (d *doctor) lookAtCaddyfile(context.Context) Finding {
	const what = "the Caddyfile"
	u, err := url.Parse(d.PublicURL)
	if err != nil || u.Host == "" {
		return unknown("set PUBLIC_URL to https://YOUR-HOST", what)
	}
	text, err := os.ReadFile(filepath.Join(d.Folder(), "docs", "deploy", "home.Caddyfile"))
	switch {
	case err != nil:
		return wrong("restore it from git", "there is no docs/deploy/home.Caddyfile")
	case !strings.Contains(string(text), u.Hostname()):
		return wrong("put your own name in place of "+exampleHost+" there", "docs/deploy/home.Caddyfile does not name %s", u.Hostname())
	}
	return ok("docs/deploy/home.Caddyfile names %s", u.Hostname())
}

// homeFunctions looks which functions run on a server without OpenFaaS, as it is now.
func (d *doctor) homeFunctions(ctx context.Context) Finding {
	state, err := server.New(d.Target).Look(ctx)
	if err != nil {
		return wrong("make doctor ONLY=before says more", "%s: %v", d.Server, err)
	}
	if state.Tag == "" {
		return wrong("make up", "nothing is deployed")
	}
	var rest, remedies []string
	for _, name := range []string{"send-email", "stripe-webhook"} {
		if !slices.Contains(state.Running, name) {
			rest = append(rest, name)
			remedies = append(remedies, d.start(ctx, name))
		}
	}
	if rest != nil {
		return wrong(strings.Join(remedies, " and ")+", on the server; "+d.logs(ctx, rest[0])+" says why", "deployed as %s and not running are %s", state.Tag, list(rest))
	}
	return ok("both functions run, as %s", state.Tag)
}

// logs is the command that shows a function's log, and start the one that starts it, both with the
// engine that the server has.
func (d *doctor) logs(ctx context.Context, function string) string {
	return d.withEngine(ctx, d.Platform.Logs(function))
}

func (d *doctor) start(ctx context.Context, function string) string {
	return d.withEngine(ctx, d.Platform.Start(function))
}

func (d *doctor) withEngine(ctx context.Context, command string) string {
	if d.Platform != target.Compose || d.state == nil {
		return command
	}
	state, err := d.state(ctx)
	if err != nil {
		return command
	}
	return state.WithEngine(command)
}
