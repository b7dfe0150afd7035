package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"handler/function/local/content"
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
			mustContain(t, err.Error(), "--platforms", "want linux/amd64")
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
