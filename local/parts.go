package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// module is a folder under local whose tools are built together.
type module struct {
	// name is of the folder that they are built in, and of the file that says they were.
	name, folder string
	tools        []string
}

var (
	// partsModule has what a sale needs.
	partsModule = module{"parts", "parts", []string{gatewayBinary, natsBinary, workerBinary}}
	// extrasModule has what the owner and the tests need beside it; make build builds these, too.
	extrasModule = module{"extras", "parts", []string{faasCLI, stripeMock}}
)

// buildParts builds a module's tools, unless they are built already. The first time it downloads
// and compiles for minutes, so each program is a step of its own.
func (m *maker) buildParts(ctx context.Context, tools module) error {
	stamp, err := tools.stamp()
	if err != nil {
		return err
	}
	kept := filepath.Join(m.bin, tools.name+".built")
	if tools.built(m.bin, kept, stamp) {
		m.skip(len(tools.tools))
		return nil
	}
	if err := m.compile(ctx, tools); err != nil {
		return err
	}
	return os.WriteFile(kept, []byte(stamp), 0o644)
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

// compile builds the module's tools from a copy of it, in which the gateway is our copy of the
// gateway.
func (m *maker) compile(ctx context.Context, tools module) error {
	dir := filepath.Join(m.state, "src", tools.name)
	var packages []string
	err := m.console.Step("download the sources of "+strings.Join(tools.tools, ", "), func() (err error) {
		packages, err = tools.prepare(ctx, m.folders, dir)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range packages {
		err := m.step(path.Base(p), func() error {
			_, err := goCommand(ctx, dir, "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(m.bin, path.Base(p)), p)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// prepare makes the copy in dir, complete with all that it needs from elsewhere, and returns the
// packages of the tools.
func (m module) prepare(ctx context.Context, f folders, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join("local", m.folder, name), filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	if slices.Contains(m.tools, gatewayBinary) {
		if err := prepareGateway(ctx, f, dir); err != nil {
			return nil, err
		}
	}
	packages, err := m.packages(ctx, dir)
	if err != nil {
		return nil, err
	}
	_, err = goCommand(ctx, dir, append([]string{"list", "-deps", "-f", "{{with .Module}}{{.Dir}}{{end}}"}, packages...)...)
	return packages, err
}

// prepareGateway has the parts in dir use a gateway on the loopback interface, and keeps its UI.
func prepareGateway(ctx context.Context, f folders, dir string) error {
	gateway := filepath.Join(f.state, "src", "gateway")
	if err := loopbackGateway(ctx, dir, gateway); err != nil {
		return err
	}
	return keepUI(gateway, filepath.Join(f.bin, uiFolder))
}

// packages are the module's tools as go.mod names them. A binary has the last part of its package's
// path.
func (m module) packages(ctx context.Context, dir string) ([]string, error) {
	listed, err := goCommand(ctx, dir, "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var mod struct{ Tool []struct{ Path string } }
	if err := json.Unmarshal([]byte(listed), &mod); err != nil {
		return nil, fmt.Errorf("read the tools of %s: %w", dir, err)
	}
	var packages []string
	for _, tool := range mod.Tool {
		if slices.Contains(m.tools, path.Base(tool.Path)) {
			packages = append(packages, tool.Path)
		}
	}
	if len(packages) != len(m.tools) {
		return nil, fmt.Errorf("go.mod in %s has the tools %q, want %q", dir, packages, m.tools)
	}
	return packages, nil
}

// compilerEnv is our environment, with which the compiler collects no garbage below 1 GiB: it takes
// half of the processor's time otherwise. Compilers are many short processes; few of them come to
// that much.
func compilerEnv() []string { return append(os.Environ(), "GOGC=off", "GOMEMLIMIT=1GiB") }

// goCommand runs the go command as it must be run for programs that are not ours: without C.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(compilerEnv(), "CGO_ENABLED=0", "GOWORK=off")
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
