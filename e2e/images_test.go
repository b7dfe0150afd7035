package e2e

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/openfaas/go-sdk/builder"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/cmd/tillbell/oci"
	"handler/function/cmd/tillbell/oci/ocitest"
	"handler/function/local/process"
	"handler/function/shared/image"
)

// TestProveShippedImages builds the images of both functions by `make images`, for both platforms,
// sends them to a registry, takes them out of it, and starts what they say that they start. The
// watchdog across the internet is stood in for by a program that becomes the function.
func TestProveShippedImages(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	address := ocitest.Registry(t, nil)
	watchdog := ocitest.Push(t, address+"/of-watchdog:test", func(p v1.Platform) v1.Image {
		return ocitest.Image(t, p, v1.Config{}, map[string]string{"fwatchdog": ocitest.Watchdog(t, p)})
	})
	shipImages(t, root, address, watchdog)

	for _, function := range []string{"stripe-webhook", "send-email"} {
		ref := address + "/shop/" + function + ":v7"
		t.Run(function+" has a program for each platform", func(t *testing.T) {
			ours := map[string]string{}
			for _, arch := range []string{"amd64", "arm64"} {
				dir := ocitest.Unpack(t, pull(t, ref, arch))
				b, err := os.ReadFile(filepath.Join(dir, "home", "app", "handler"))
				if err != nil {
					t.Fatal(err)
				}
				ours[arch] = string(b)
			}
			if len(ours["amd64"]) < 1e6 || ours["amd64"] == ours["arm64"] {
				t.Errorf("they have %d and %d bytes, and are the same: %t", len(ours["amd64"]), len(ours["arm64"]), ours["amd64"] == ours["arm64"])
			}
		})
		t.Run(function+" starts from its image and refuses what is not signed", func(t *testing.T) {
			to := startImage(t, pull(t, ref, runtime.GOARCH))
			if a := call(t, http.MethodPost, "http://"+to+"/", nil, []byte(`{"id":"cs_1"}`)); a.status != http.StatusBadRequest {
				t.Errorf("answer %d %s, want 400", a.status, a.body)
			}
		})
		t.Run(function+" comes out the same, byte by byte, from another folder", func(t *testing.T) {
			want, err := pull(t, ref, "arm64").Digest()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := buildAgain(t, root, function, watchdog).Digest(); err != nil || got != want {
				t.Errorf("%s and %s, %v", want, got, err)
			}
		})
	}
}

// shipImages runs `make images` in a state of its own.
func shipImages(t *testing.T, root, address, watchdog string) {
	t.Helper()
	state := t.TempDir()
	tillbell := filepath.Join(state, "tillbell")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", tillbell, "./cmd/tillbell")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	ship := exec.CommandContext(ctx, tillbell, "images", "--push", "--base", "scratch", "--watchdog", watchdog,
		"--out", filepath.Join(state, "out"), "--scratch", filepath.Join(state, "images-build"))
	ship.Dir = root
	// The race detector's setting, and others that a machine may have, must not reach the programs.
	ship.Env = append(os.Environ(), "REGISTRY="+address+"/shop", "TAG=v7", "CGO_ENABLED=1", "GOFLAGS=-buildvcs=false -ldflags=-X=main.x=1", "DOCKER_CONFIG="+t.TempDir())
	out, err := ship.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// buildAgain makes a function's image for arm64 from a build context elsewhere.
func buildAgain(t *testing.T, root, function, watchdog string) v1.Image {
	t.Helper()
	t.Chdir(root) // the builder looks for what stack.yml copies here
	services, err := stack.ParseYAMLFile("stack.yml", "", "", true)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := builder.CreateBuildContext(function, services.Functions[function].Handler, "golang-http",
		services.StackConfiguration.CopyExtraPaths, builder.WithBuildDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	dockerfile, err := os.ReadFile("template/golang-http/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	steps, err := image.BuildSteps(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	steps = slices.DeleteFunc(steps, func(s image.Step) bool { return strings.HasPrefix(s.Command, "go test") })
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "GOFLAGS=") || strings.HasPrefix(e, "CGO_ENABLED=")
	})
	var out bytes.Buffer
	if err := image.Run(t.Context(), dir, steps, append(env, "TARGETOS=linux", "TARGETARCH=arm64"), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	last, err := image.LastStage(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	img, err := oci.Build(t.Context(), oci.Recipe{
		Stage: last, Context: dir, Platform: v1.Platform{OS: "linux", Architecture: "arm64"}, Base: oci.Scratch, Watchdog: watchdog,
	})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// pull takes an image out of the registry.
func pull(t *testing.T, ref, arch string) v1.Image {
	t.Helper()
	tag, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(tag, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// startImage runs what the image says, where and with what it says, as OpenFaaS would, and gives
// its address.
func startImage(t *testing.T, img v1.Image) string {
	t.Helper()
	about, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config := about.Config
	secrets := secretsFolder(t, map[string]string{
		"stripe-webhook-secret": "whsec_e2e", "send-email-key": "a long key of the test", "mongodb-uri": "mongodb://127.0.0.1:1",
		"stripe-api-key": "rk_test_e2e", "sendgrid-api-key": "SG.e2e", "alert-url": "none",
	})
	workdir := filepath.Join(ocitest.Unpack(t, img), config.WorkingDir)
	return start(t, func(address string) process.Command {
		return process.Command{
			Path: filepath.Join(workdir, config.Cmd[0]),
			Args: config.Cmd[1:],
			Dir:  workdir,
			Env: append(slices.Clone(config.Env), "handler_address="+address, "secret_mount_path="+secrets, "sweep_interval=0", "catch_up_window=0",
				"template_ids=placeholder", "healthcheck_interval=0"),
			Line: func(line string) { t.Log(line) },
		}
	})
}
