package target

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Platform is what the functions run on.
type Platform string

// The platforms. OpenFaaS is the default; a laptop has no other.
const (
	OpenFaaS Platform = "openfaas"
	// Compose: containers of Docker or Podman, by docs/deploy/compose.yaml.
	Compose Platform = "compose"
	// Systemd: the programs alone, by the units in docs/deploy/systemd.
	Systemd Platform = "systemd"
)

// AtHome reports whether the functions run on the owner's server without OpenFaaS, which is reached
// by ssh.
func (p Platform) AtHome() bool { return p == Compose || p == Systemd }

// inHome begins a command that is about the folder in which compose.yaml is.
const inHome = "cd /opt/tillbell && "

// Logs is the command that shows the log of a function. Without OpenFaaS it is typed on the server.
func (p Platform) Logs(function string) string {
	switch p {
	case Compose:
		return inHome + "docker compose logs " + function
	case Systemd:
		return "journalctl -u tillbell-" + function
	}
	return "faas-cli logs " + function
}

// Start is the command that starts a function which does not run, to be typed on a server without
// OpenFaaS.
func (p Platform) Start(function string) string {
	if p == Systemd {
		return "systemctl restart tillbell-" + function
	}
	return inHome + "docker compose up -d " + function
}

// destination is what ssh takes: a host, or user@host, without what it could take for an option.
var destination = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9._-]*@)?[A-Za-z0-9_\[:][A-Za-z0-9._:\[\]%-]*$`)

// findPlatform reads PLATFORM and SERVER.
func (t *Target) findPlatform() error {
	t.Platform = OpenFaaS
	if t.Laptop != nil {
		return nil
	}
	switch p := Platform(t.value(platformVariable)); {
	case p == "" || p == OpenFaaS:
		return nil
	case p.AtHome():
		t.Platform, t.Server = p, t.value(serverVariable)
	default:
		return fmt.Errorf("%s is %q: want %s, %s or %s", platformVariable, p, OpenFaaS, Compose, Systemd)
	}
	switch {
	case t.Server == "":
		return fmt.Errorf("%s=%s needs %s, in the environment or in .env: the server as ssh takes it, such as root@shop.example.com", platformVariable, t.Platform, serverVariable)
	case strings.HasPrefix(t.Server, "-"):
		return errors.New(serverVariable + " begins with -, which ssh would take for an option: want a server such as root@shop.example.com")
	case !destination.MatchString(t.Server):
		return fmt.Errorf("%s is %q: want a server as ssh takes it, such as root@shop.example.com", serverVariable, t.Server)
	}
	return nil
}
