package oci

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"handler/function/cmd/tillbell/oci/ocitest"
)

func TestBuild(t *testing.T) {
	t.Parallel()

	t.Run("lays a layer for each COPY on the base, and its settings over the base's", func(t *testing.T) {
		t.Parallel()

		base := ocitest.Push(t, ocitest.Registry(t, nil)+"/base:1", func(p v1.Platform) v1.Image {
			config := v1.Config{User: "0", Env: []string{"PATH=/bin", "mode=streaming"}, Labels: map[string]string{"of": "the base"}}
			return ocitest.Image(t, p, config, map[string]string{"etc/passwd": "nonroot"})
		})
		img, err := Build(t.Context(), Recipe{stage(t), contextOf(t, "the handler"), ocitest.ARM64, base, watchdog(t)})
		if err != nil {
			t.Fatal(err)
		}
		cf, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		want := v1.Config{
			User:         "65532:65532",
			Env:          []string{"PATH=/bin", "mode=http", "fprocess=./handler", "upstream_url=http://127.0.0.1:8082", "prefix_logs=false"},
			Labels:       map[string]string{"of": "the base"},
			WorkingDir:   "/home/app",
			ExposedPorts: map[string]struct{}{"8080/tcp": {}},
			Healthcheck:  &v1.HealthConfig{Test: []string{"CMD", "./fwatchdog", "--run-healthcheck"}, Interval: 5 * time.Second},
			Cmd:          []string{"./fwatchdog"},
		}
		if diff := cmp.Diff(want, cf.Config); diff != "" {
			t.Errorf("configuration (-want +got):\n%s", diff)
		}
		if got := cf.OS + "/" + cf.Architecture; got != "linux/arm64" {
			t.Errorf("platform %s", got)
		}
		var got []string
		layers, err := img.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range layers {
			got = append(got, list(t, l)...)
			got = append(got, "")
		}
		wantFiles := []string{
			"-rw-r--r-- etc/passwd: nonroot", "",
			"drwxr-xr-x home/", "drwxr-xr-x home/app/", "-rwxr-xr-x home/app/fwatchdog: watchdog for arm64", "",
			"drwxr-xr-x home/", "drwxr-xr-x home/app/", "-rwxr-xr-x home/app/handler: the handler", "",
			"drwxr-xr-x home/", "drwxr-xr-x home/app/", "drwxr-xr-x home/app/static/", "drwxr-xr-x home/app/static/pages/", "-rw-r--r-- home/app/static/pages/a.txt: a page", "",
		}
		if diff := cmp.Diff(wantFiles, got); diff != "" {
			t.Errorf("layers (-want +got):\n%s", diff)
		}
		manifest, err := img.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		if a := manifest.Annotations; a[BaseName] != base || !strings.HasPrefix(a[BaseDigest], "sha256:") {
			t.Errorf("annotations %v", a)
		}
	})

	t.Run("gives the same bytes from another folder at another time", func(t *testing.T) {
		t.Parallel()

		dog := watchdog(t)
		digest := func(handler string, age time.Duration) string {
			dir := contextOf(t, handler)
			then := time.Now().Add(-age)
			if err := os.Chtimes(filepath.Join(dir, "handler"), then, then); err != nil {
				t.Fatal(err)
			}
			img, err := Build(t.Context(), Recipe{stage(t), dir, ocitest.AMD64, Scratch, dog})
			if err != nil {
				t.Fatal(err)
			}
			d, err := img.Digest()
			if err != nil {
				t.Fatal(err)
			}
			return d.String()
		}
		first := digest("one", 0)
		if again := digest("one", 30*time.Hour); again != first {
			t.Errorf("%s and then %s", first, again)
		}
		if other := digest("other", 0); other == first {
			t.Error("another handler gives the same image")
		}
	})
}

func list(t *testing.T, l v1.Layer) []string {
	t.Helper()
	content, err := l.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var all []string
	for entries := tar.NewReader(content); ; {
		h, err := entries.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || !h.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%s tells of the machine that made it: %+v", h.Name, h)
		}
		var b bytes.Buffer
		if _, err := io.Copy(&b, entries); err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("%s %s", h.FileInfo().Mode(), h.Name)
		if b.Len() > 0 {
			line += ": " + b.String()
		}
		all = append(all, line)
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()

	elsewhere := ocitest.Registry(t, nil)
	onlyAMD := filepath.Join(t.TempDir(), "amd64.tar")
	tag, err := name.NewTag("base:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(onlyAMD, tag, anyImage(t, ocitest.AMD64)); err != nil {
		t.Fatal(err)
	}
	program := ocitest.Watchdog(t, ocitest.AMD64)
	noWatchdog := ocitest.Push(t, elsewhere+"/nothing:1", func(p v1.Platform) v1.Image { return anyImage(t, p) })
	dog := watchdog(t)
	tests := []struct{ name, base, watchdog, handler, want string }{
		{"a base of another platform", onlyAMD, dog, "x", "is for linux/amd64, and the image is for linux/arm64"},
		{"a base that nobody has", elsewhere + "/none:1", dog, "x", "base image: " + elsewhere + "/none:1"},
		{"a folder that is no layout", t.TempDir(), dog, "x", "no OCI image layout"},
		{"what is no reference", "No Reference", dog, "x", "neither a file nor an image's reference"},
		{"an image without the watchdog", Scratch, noWatchdog, "x", "there is no file /fwatchdog in " + noWatchdog},
		{"a handler for another machine", Scratch, dog, program, "/home/app/handler is a program for EM_X86_64, and the image is for linux/arm64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			_, err := Build(t.Context(), Recipe{stage(t), contextOf(t, tt.handler), ocitest.ARM64, tt.base, tt.watchdog})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()

	t.Run("finds each platform in a layout that Write made", func(t *testing.T) {
		t.Parallel()

		folder := filepath.Join(t.TempDir(), "layout")
		want := anyIndex(t)
		for range 2 { // the second takes the place of the first
			if err := Write(folder, "example.com/a:1", want); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range ocitest.Both {
			img, err := Open(t.Context(), folder, p)
			if err != nil {
				t.Fatal(err)
			}
			cf, err := img.ConfigFile()
			if err != nil || cf.Config.User != p.Architecture {
				t.Errorf("for %s it is %+v, %v", p, cf, err)
			}
		}
		if _, err := Open(t.Context(), folder, v1.Platform{OS: "linux", Architecture: "s390x"}); err == nil {
			t.Error("it finds a platform that is not there")
		}
		index, err := os.ReadFile(filepath.Join(folder, "index.json"))
		if err != nil || strings.Count(string(index), `"example.com/a:1"`) != 1 {
			t.Errorf("%s, %v: want the image's name in it once", index, err)
		}
	})

	t.Run("reads what docker save wrote", func(t *testing.T) {
		t.Parallel()

		at := filepath.Join(t.TempDir(), "image.tar")
		tag, err := name.NewTag("a:1")
		if err != nil {
			t.Fatal(err)
		}
		if err := tarball.WriteToFile(at, tag, anyImage(t, ocitest.AMD64)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), at, ocitest.AMD64); err != nil {
			t.Error(err)
		}
	})

	t.Run("gives layers that go with the base's manifest", func(t *testing.T) {
		t.Parallel()

		for kind, want := range map[types.MediaType]types.MediaType{types.DockerManifestSchema2: types.DockerLayer, types.OCIManifestSchema1: types.OCILayer} {
			got, err := layerType(ofType{kind: kind})
			if err != nil || got != want {
				t.Errorf("on %s they are %s, %v; want %s", kind, got, err, want)
			}
		}
	})
}

type ofType struct {
	v1.Image
	kind types.MediaType
}

func (o ofType) MediaType() (types.MediaType, error) { return o.kind, nil }

func TestPush(t *testing.T) {
	to := ocitest.Registry(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "shop" || password != "let me in" {
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}) + "/shop/fn:1"
	index := anyIndex(t)
	docker := t.TempDir()
	t.Setenv("DOCKER_CONFIG", docker)

	t.Run("says what gives access", func(t *testing.T) {
		err := Push(t.Context(), to, index)
		if err == nil || !strings.Contains(err.Error(), "docker login") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("has the credentials of Docker's configuration", func(t *testing.T) {
		config := fmt.Sprintf(`{"auths": {%q: {"auth": "c2hvcDpsZXQgbWUgaW4="}}}`, strings.Split(to, "/")[0])
		if err := os.WriteFile(filepath.Join(docker, "config.json"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Push(t.Context(), to, index); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), to, ocitest.ARM64); err != nil {
			t.Error(err)
		}
	})
}
