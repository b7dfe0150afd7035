package oci

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"handler/function/cmd/tillbell/oci/ocitest"
)

// private asks everybody for a name and a password before it shows anything of a repository.
func private(repository string) func(http.Handler) http.Handler {
	return func(registry http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			if strings.HasPrefix(r.URL.Path, "/v2/"+repository) && user+password != "adapw" {
				w.Header().Set("WWW-Authenticate", `Basic realm="here"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			registry.ServeHTTP(w, r)
		})
	}
}

// Not parallel: the login is found by the environment.
func TestAtRegistry(t *testing.T) {
	address := ocitest.Registry(t, private("hidden"))
	logIn := func(auth string) {
		dir := t.TempDir()
		t.Setenv("DOCKER_CONFIG", dir)
		if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"auths":{"`+address+`":{"auth":"`+auth+`"}}}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	logIn("YWRhOnB3")
	make := func(p v1.Platform) v1.Image { return anyImage(t, p) }
	both, hidden, one := ocitest.Push(t, address+"/shop:1", make), address+"/hidden/shop:1", address+"/one:1"
	for ref, img := range map[string]v1.Image{one: make(ocitest.AMD64), hidden: make(ocitest.AMD64)} {
		tag, err := name.NewTag(ref)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.Write(tag, img, registryOptions(t.Context())...); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, ref string
		platform  v1.Platform
		auth      string
		public    bool
		want      error
	}{
		{"of two platforms", both, ocitest.ARM64, "", true, nil},
		{"of two platforms, neither of them the server's", both, v1.Platform{OS: "linux", Architecture: "arm"}, "", true, ErrPlatform},
		{"of one platform", one, ocitest.AMD64, "", true, nil},
		{"of one platform, and not the server's", one, ocitest.ARM64, "", true, ErrPlatform},
		{"of a platform that is not asked for", one, v1.Platform{}, "", true, nil},
		{"by a tag that is not there", address + "/shop:2", ocitest.AMD64, "", true, ErrMissing},
		{"by a name that is not there", address + "/other:1", ocitest.AMD64, "", true, ErrMissing},
		{"that the login may see, and nobody else", hidden, ocitest.AMD64, "YWRhOnB3", false, nil},
		{"that the login may not see", hidden, ocitest.AMD64, "YWRhOng=", false, ErrDenied},
	} {
		logIn(tt.auth)
		public, err := AtRegistry(t.Context(), tt.ref, tt.platform)
		if !errors.Is(err, tt.want) || err == nil && public != tt.public {
			t.Errorf("an image %s: public %v, %v", tt.name, public, err)
		}
	}
	logIn("YWRhOng=")
	if err := LookToPush(hidden); err == nil || !strings.Contains(err.Error(), "docker login") {
		t.Errorf("with a wrong login: %v", err)
	}
	logIn("YWRhOnB3")
	if err := LookToPush(hidden); err != nil {
		t.Errorf("with the right one: %v", err)
	}
	if _, err := AtRegistry(t.Context(), hidden+"x", ocitest.AMD64); !errors.Is(err, ErrMissing) {
		t.Errorf("after a look the registry has it: %v", err)
	}
}
