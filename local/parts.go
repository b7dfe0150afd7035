package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The real parts, by the names of their binaries.
const (
	gatewayBinary = "gateway"
	natsBinary    = "nats-streaming-server"
	workerBinary  = "nats-queue-worker"
	faasCLI       = "faas-cli"
	stripeMock    = "stripe-mock"
)

const gatewayModule = "github.com/openfaas/faas/gateway"

// module is a folder under local/parts whose tools are built together.
type module struct {
	folder string
	tools  []string
	what   string
}

var partModules = []module{
	{"parts", []string{gatewayBinary, natsBinary, workerBinary, faasCLI, stripeMock}, "OpenFaaS's gateway, queue, queue worker and CLI"},
}

// buildParts builds what is not built yet. The first time it downloads and compiles for minutes, so
// each program is a step of its own for whoever waits.
func buildParts(ctx context.Context, c *console, f folders) error {
	for i, m := range partModules {
		stamp, err := m.stamp()
		if err != nil {
			return err
		}
		kept := filepath.Join(f.bin, filepath.Base(m.folder)+".built")
		if m.built(f.bin, kept, stamp) {
			continue
		}
		c.say("Building %s (%d of %d): some minutes the first time.", m.what, i+1, len(partModules))
		if err := m.build(ctx, c, f); err != nil {
			return err
		}
		if err := os.WriteFile(kept, []byte(stamp), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// stamp changes with whatever changes the binaries.
func (m module) stamp() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), loopbackVersion)
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join("local", m.folder, name))
		if err != nil {
			return "", fmt.Errorf("not in Tillbell's folder? %w", err)
		}
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (m module) built(bin, kept, stamp string) bool {
	b, err := os.ReadFile(kept)
	if err != nil || string(b) != stamp {
		return false
	}
	for _, tool := range m.tools {
		if _, err := os.Stat(filepath.Join(bin, tool)); err != nil {
			return false
		}
	}
	return true
}

// build compiles the module's tools from a copy of it, in which the gateway is our copy of the gateway.
func (m module) build(ctx context.Context, c *console, f folders) error {
	dir := filepath.Join(f.state, "src", m.folder)
	if err := c.step("download their sources", func() error { return m.prepare(ctx, f, dir) }); err != nil {
		return err
	}
	packages, err := goCommand(ctx, dir, "list", "tool")
	if err != nil {
		return err
	}
	all := strings.Fields(packages)
	for i, p := range all {
		binary := filepath.Join(f.bin, path.Base(p))
		err := c.step(fmt.Sprintf("build %s (%d of %d)", path.Base(p), i+1, len(all)), func() error {
			_, err := goCommand(ctx, dir, "build", "-trimpath", "-o", binary, p)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the copy in dir, complete with all that it needs from elsewhere.
func (m module) prepare(ctx context.Context, f folders, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join("local", m.folder, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	if slices.Contains(m.tools, gatewayBinary) {
		gateway := filepath.Join(f.state, "src", "gateway")
		if err := loopbackGateway(ctx, dir, gateway); err != nil {
			return err
		}
		if err := keepUI(gateway, filepath.Join(f.bin, uiFolder)); err != nil {
			return err
		}
	}
	_, err := goCommand(ctx, dir, "list", "-deps", "-f", "{{with .Module}}{{.Dir}}{{end}}", "tool")
	return err
}

// goCommand runs the go command as it must be run for programs that are not ours: without C.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}
