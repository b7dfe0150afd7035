// Package home proves the home without OpenFaaS: the two bare binaries as their systemd units start
// them, behind the real Caddy, with the laptop's database and stand-ins for Stripe and SendGrid.
// Every test has a home of its own, on free ports.
package home

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openfaas/go-sdk/builder"

	"handler/function/e2e/clone"
	"handler/function/internal/sample"
	"handler/function/shared/image"
	"handler/function/shared/stackfile"
)

// programs is the folder of what every home runs: both functions, and the laptop, which is the
// database.
var programs string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// run builds the programs with the tests' shop in a copy of Tillbell's folder, which is the working
// folder of the tests.
func run(m *testing.M) (code int, err error) {
	if testing.Short() {
		return m.Run(), nil // every test skips
	}
	top, err := os.MkdirTemp("", "tillbell-home-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(top)
	programs = filepath.Join(top, "programs")
	folder := filepath.Join(top, "tillbell")
	root := filepath.Join("..", "..")
	for _, step := range []func() error{
		func() error { return os.Mkdir(programs, 0o755) },
		func() error { return buildLaptop(root) },
		func() error { return clone.Into(folder, root, sample.Shop()) },
		func() error { return os.Chdir(folder) },
		func() error { return buildFunctions(top) },
	} {
		if err := step(); err != nil {
			return 1, err
		}
	}
	return m.Run(), nil
}

func buildLaptop(root string) error {
	cmd := exec.Command("go", "build", "-o", filepath.Join(programs, "local"), "./local")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build ./local: %w\n%s", err, out)
	}
	return nil
}

func buildFunctions(top string) error {
	for _, function := range []string{stripeWebhook, sendEmail} {
		if err := build(function, filepath.Join(top, "build")); err != nil {
			return fmt.Errorf("build %s: %w", function, err)
		}
	}
	return nil
}

// build makes a function's binary as its image is built. Its own tests are not run here: others do.
func build(name, below string) error {
	services, err := stackfile.Parse("stack.yml")
	if err != nil {
		return err
	}
	f := services.Functions[name]
	dir, err := builder.CreateBuildContext(name, f.Handler, f.Language, services.StackConfiguration.CopyExtraPaths, builder.WithBuildDir(below))
	if err != nil {
		return err
	}
	dockerfile, err := os.ReadFile(filepath.Join("template", f.Language, "Dockerfile"))
	if err != nil {
		return err
	}
	all, err := image.BuildSteps(dockerfile)
	if err != nil {
		return err
	}
	var steps []image.Step
	for _, s := range all {
		if !strings.HasPrefix(s.Command, "go test ") {
			steps = append(steps, s)
		}
	}
	var out strings.Builder
	if err := image.Run(context.Background(), dir, steps, nil, &out); err != nil {
		return fmt.Errorf("%w\n%s", err, &out)
	}
	return os.Rename(filepath.Join(dir, "handler"), filepath.Join(programs, name))
}
