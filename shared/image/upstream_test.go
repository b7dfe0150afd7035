package image

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/openfaas/go-sdk/builder"
)

// classic is a stand-in for OpenFaaS's own template of that name.
const classic = "testdata/classic"

func TestFunctionBuildsUnderTheClassicTemplate(t *testing.T) {
	t.Parallel()

	function := writeFiles(t, t.TempDir(), maps.Clone(withSums(t, moduleFunction)))
	dir, err := builder.CreateBuildContext("fn", function, "golang-http", nil,
		builder.WithTemplateDir(classic), builder.WithBuildDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	dockerfile, err := os.ReadFile(filepath.Join(classic, "golang-http", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	steps, err := BuildSteps(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := build(t, dir, steps); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	address := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "handler"))
	cmd.Env = append(os.Environ(), "upstream_test_address="+address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitListening(t, address)
	if got, want := get(t, address), "hello from a module"; got != want {
		t.Errorf("the built function answers %q, want %q", got, want)
	}
}

// freeAddress is one that nothing listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func waitListening(t *testing.T, address string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("nothing listens on %s", address)
}
