package ship

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/cmd/tillbell/oci/ocitest"
	"handler/function/shared/console"
	"handler/function/shared/image"
)

// TestImagesLookFirst: what is wrong with the images that ours are made of, or with the registry,
// is told before anything is built.
func TestImagesLookFirst(t *testing.T) {
	t.Parallel()

	address := ocitest.Registry(t, func(registry http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/v2/closed/") {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			registry.ServeHTTP(w, r)
		})
	})
	there := ocitest.Push(t, address+"/there:1", func(p v1.Platform) v1.Image { return ocitest.Image(t, p, v1.Config{}, nil) })
	stage, err := image.LastStage([]byte(read(t, "../../../template/golang-http/Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ base, watchdog, to, want string }{
		"a base that is not there":           {address + "/gone:1", there, address, "base image: " + address + "/gone:1"},
		"a watchdog that is not there":       {there, address + "/gone:1", address, "COPY --from=build /usr/bin/fwatchdog .: " + address + "/gone:1"},
		"a registry that does not take ours": {there, there, address + "/closed", "push " + address + "/closed/shop:1"},
		"nothing":                            {there, there, address, "build context of shop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var out bytes.Buffer
			services := &stack.Services{Functions: map[string]stack.Function{"shop": {Name: "shop", Handler: "./none", Language: "none", Image: tt.to + "/shop:1"}}}
			s := &Shipping{
				Building: &Building{services: services, stage: stage, below: t.TempDir()}, Console: console.To(&out), Platforms: ocitest.Both,
				Base: tt.base, Watchdog: tt.watchdog, Push: true,
			}
			err := s.Run(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if strings.Contains(out.String(), "build and test") {
				t.Errorf("it builds:\n%s", &out)
			}
		})
	}
}

func TestStepsEnv(t *testing.T) {
	t.Parallel()

	got := stepsEnv([]string{"HOME=/h", "CGO_ENABLED=1", "GOFLAGS=-race", "GOAMD64=v4", "GOPROXY=off", "GOARCH=386"}, v1.Platform{OS: "linux", Architecture: "arm64"})
	if diff := cmp.Diff([]string{"HOME=/h", "GOPROXY=off", "TARGETOS=linux", "TARGETARCH=arm64"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Not parallel: it changes the environment.
func TestSetRegistry(t *testing.T) {
	env := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(env, []byte("REGISTRY=ghcr.io/kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ given, want string }{{"", "ghcr.io/kept"}, {"ghcr.io/given", "ghcr.io/given"}} {
		t.Setenv("REGISTRY", c.given)
		if err := SetRegistry(env); err != nil || os.Getenv("REGISTRY") != c.want {
			t.Errorf("%q becomes %q: %v", c.given, os.Getenv("REGISTRY"), err)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
