package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/cmd/tillbell/oci/ocitest"
	"handler/function/local/content"
	"handler/function/shared/image"
)

func TestImagesCommand(t *testing.T) {
	t.Parallel()

	for _, platforms := range []string{"", "linux", "windows/amd64", "linux/amd64,", "a/b/c/d"} {
		t.Run("refuses the platforms "+platforms, func(t *testing.T) {
			t.Parallel()

			err := dispatch(t.Context(), []string{"images", "--state", t.TempDir(), "--platforms", platforms})
			if err == nil {
				t.Fatal("no error")
			}
			mustContain(t, err.Error(), "PLATFORMS: ", "want linux/amd64")
		})
	}
}

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
	stage, err := image.LastStage([]byte(read(t, "../template/golang-http/Dockerfile")))
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

			c, out := quiet(t)
			services := &stack.Services{Functions: map[string]stack.Function{"shop": {Name: "shop", Handler: "./none", Language: "none", Image: tt.to + "/shop:1"}}}
			s := &shipping{building: &building{services: services, stage: stage, below: t.TempDir()}, console: c, platforms: ocitest.Both, base: tt.base, watchdog: tt.watchdog, push: true}
			err := s.run(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if strings.Contains(out.String(), "build and test") {
				t.Errorf("it builds:\n%s", out)
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

func TestSizePrint(t *testing.T) {
	t.Parallel()

	s := size{program: 10_000_000, layers: 4_000_000, parts: []content.Part{
		{Name: "example.com/big", Version: "v1.2.3", Bytes: 7_000_000},
		{Name: content.Ours, Bytes: 2_000_000},
		{Name: "example.com/a", Version: "v1.0.0", Bytes: 99_000},
		{Name: "example.com/b", Version: "v1.0.0", Bytes: 1_000},
	}}
	var out bytes.Buffer
	if err := s.print(&out, "fn"); err != nil {
		t.Fatal(err)
	}
	want := `fn for linux/amd64: program 10.00 MB, its image's compressed layers of ours 4.00 MB
  7.00 MB  70.0%  example.com/big v1.2.3
  2.00 MB  20.0%  ours
  1.00 MB  10.0%  2 smaller ones, and the file's headers
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
