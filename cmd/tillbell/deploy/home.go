package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"handler/function/cmd/tillbell/server"

	"handler/function/shared/owner"
)

// Home is a server without OpenFaaS. Compose and Systemd differ in what is built and in what is
// sent there.
type Home struct {
	Runner
	Server *server.Server
	// State is what was on the server before.
	State server.State
	// Tag names the version that is deployed.
	Tag string
	// Built: its images are at their registry, or its programs on the server.
	Built bool
	// Settings are those of settings.yml.
	Settings map[string]string
	// Arch is what to build for, in Go's word.
	Arch string
	// Log is the command that shows a function's log.
	Log func(function string) string
	// Ready waits until a function answers as it should.
	Ready func(ctx context.Context, function string) error
}

// platforms is what make is to build for.
func (h Home) platforms() string { return "PLATFORMS=linux/" + h.Arch }

// Replace has the functions start from what was received: one after the other, the next when the
// one before answers. Where one does not, all go back to the version that ran before.
func (h Home) Replace(ctx context.Context) error {
	fmt.Fprintf(h.Out, "To make %s the version that starts\n", h.Tag)
	if err := h.Server.Switch(ctx, h.Tag); err != nil {
		return h.back(ctx, err, nil)
	}
	var restarted []string
	for _, name := range []string{owner.SendEmail, "stripe-webhook"} {
		restarted = append(restarted, name)
		if err := h.restart(ctx, name, h.Tag); err != nil {
			return h.back(ctx, err, restarted)
		}
	}
	return nil
}

// restart restarts a function, and waits for it.
func (h Home) restart(ctx context.Context, name, tag string) error {
	fmt.Fprintf(h.Out, "To restart %s as %s\n", name, tag)
	err := h.Server.Restart(ctx, name)
	if err == nil {
		err = h.Ready(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("%s as %s: %w (its log: %s)", name, tag, err, h.Log(name))
	}
	fmt.Fprintf(h.Out, "✓ %s answers as %s\n", name, tag)
	return nil
}

// back undoes a deployment that failed, also where it was stopped, and gives the error that says
// so.
func (h Home) back(ctx context.Context, failed error, restarted []string) error {
	before := h.State.Tag
	if before == "" || before == h.Tag {
		return fmt.Errorf("%w; there is no version with another TAG to go back to", failed)
	}
	const most = 3 * time.Minute
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	defer cancel()
	fmt.Fprintf(h.Out, "✗ %v\nTo go back to %s\n", failed, before)
	err := h.Server.Back(ctx)
	for _, name := range restarted {
		if err == nil {
			err = h.restart(ctx, name, before)
		}
	}
	if err != nil {
		return fmt.Errorf("%w; and going back to %s failed: %w", failed, before, err)
	}
	return fmt.Errorf("nothing was deployed: %w; %s runs on", failed, before)
}

// receive sends files to the server.
func (h Home) receive(ctx context.Context, what string, files []server.File) error {
	fmt.Fprintf(h.Out, "To bring %s to the server: %s\n", h.Tag, what)
	settings, err := settingsFile(h.Settings)
	if err != nil {
		return err
	}
	return h.Server.Receive(ctx, h.Tag, append(files, server.File{Name: "settings.env", Text: settings, Mode: 0o644}))
}

// committed is a file of docs/deploy, to be sent under a name.
func (h Home) committed(as string, path ...string) (server.File, error) {
	text, err := os.ReadFile(filepath.Join(append([]string{h.Folder, "docs", "deploy"}, path...)...))
	return server.File{Name: as, Text: string(text), Mode: 0o644}, err
}

// Compose deploys images to Docker or Podman.
type Compose struct{ Home }

// Build builds and pushes them, for the server's architecture.
func (c Compose) Build(ctx context.Context) error {
	if c.Built {
		return nil
	}
	return c.Run(ctx, []Step{{"build and push both images", []string{"make", "images", "PUSH=1", c.platforms()}}})
}

// Prepare sends what the containers are made by, and has the server pull the images.
func (c Compose) Prepare(ctx context.Context) error {
	compose, err := c.committed("compose.yaml", "compose.yaml")
	if err != nil {
		return err
	}
	caddy, err := c.committed("Caddyfile", "home.Caddyfile")
	if err != nil {
		return err
	}
	registry, err := envLine("REGISTRY", c.Registry)
	if err != nil {
		return err
	}
	env := server.File{Name: ".env", Text: registry + "TAG=" + c.Tag + "\n", Mode: 0o644}
	return c.receive(ctx, "compose.yaml, Caddyfile and the settings; the images are pulled there", []server.File{compose, caddy, env})
}

// Systemd deploys programs that systemd runs.
type Systemd struct{ Home }

// binaries is where make binaries puts them.
var binaries = filepath.Join("build", "binaries")

// Build builds them, for the server's architecture.
func (s Systemd) Build(ctx context.Context) error {
	if s.Built {
		return nil
	}
	return s.Run(ctx, []Step{{"build both programs", []string{"make", "binaries", s.platforms()}}})
}

// Prepare sends the programs, where they are not there, and their units.
func (s Systemd) Prepare(ctx context.Context) error {
	var files []server.File
	for _, name := range []string{owner.SendEmail, "stripe-webhook"} {
		unit := "tillbell-" + name + ".service"
		file, err := s.committed(unit, "systemd", unit)
		if err != nil {
			return err
		}
		files = append(files, file)
		if !s.Built {
			files = append(files, server.File{Name: name, Path: filepath.Join(s.Folder, binaries, name), Mode: 0o755})
		}
	}
	what := "the programs, the units and the settings"
	if s.Built {
		what = "the units and the settings"
	}
	return s.receive(ctx, what, files)
}
