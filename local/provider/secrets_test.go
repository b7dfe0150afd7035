package provider

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/faas-provider/types"
)

func TestSecrets(t *testing.T) {
	t.Parallel()

	t.Run("are created once, updated, listed without values, and removed", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		key := types.Secret{Name: "stripe-api-key", Value: "rk_test_1"}
		code, err := f.client.UpdateSecret(t.Context(), key)
		if code != 404 || err == nil {
			t.Errorf("update before: %d %v", code, err)
		}
		if code, err = f.client.CreateSecret(t.Context(), key); code != 201 || err != nil {
			t.Errorf("create: %d %v", code, err)
		}
		if code, err = f.client.CreateSecret(t.Context(), key); code != 409 || err == nil {
			t.Errorf("create twice: %d %v", code, err)
		}
		key.Value = "rk_test_2\n"
		if code, err = f.client.UpdateSecret(t.Context(), key); code != 200 || err != nil {
			t.Errorf("update: %d %v", code, err)
		}
		if value, err := f.Secret("stripe-api-key"); err != nil || string(value) != "rk_test_2\n" {
			t.Errorf("Secret = %q, %v", value, err)
		}
		list, err := f.client.GetSecrets(t.Context(), "openfaas-fn")
		if diff := cmp.Diff([]types.Secret{{Name: "stripe-api-key", Namespace: "openfaas-fn"}}, list); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if err := f.client.DeleteSecret(t.Context(), "stripe-api-key", ""); err != nil {
			t.Error(err)
		}
		if err := f.client.DeleteSecret(t.Context(), "stripe-api-key", ""); err == nil {
			t.Error("removed twice")
		}
		if _, body := f.do("GET", "/system/secrets", ""); strings.TrimSpace(body) != "[]" {
			t.Errorf("list = %s", body)
		}
	})

	t.Run("reach a function that names them, and change under it at once", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		for _, name := range []string{"mine", "other"} {
			if err := f.SetSecret(name, []byte("old")); err != nil {
				t.Fatal(err)
			}
		}
		f.deploy("shop", nil, "mine", "mine")
		pid := f.pid("shop")
		if got := f.call("shop/secret/mine"); got != "old" {
			t.Errorf("value %q", got)
		}
		if code, _ := f.do("GET", "/function/shop/secret/other", ""); code != 404 {
			t.Errorf("a secret that it does not name: %d", code)
		}
		if _, err := f.client.UpdateSecret(t.Context(), types.Secret{Name: "mine", RawValue: []byte{0, 255}, Value: "x"}); err != nil {
			t.Fatal(err)
		}
		if got := f.call("shop/secret/mine"); got != "\x00\xff" {
			t.Errorf("value %q after the update", got)
		}
		if got := f.pid("shop"); got != pid {
			t.Error("the function was started anew")
		}
	})

	t.Run("are never seen half written", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		values := []string{strings.Repeat("a", 200_000), strings.Repeat("b", 200_000)}
		if err := f.SetSecret("long", []byte(values[0])); err != nil {
			t.Fatal(err)
		}
		var writer sync.WaitGroup
		writer.Go(func() {
			for i := range 100 {
				if err := f.SetSecret("long", []byte(values[i%2])); err != nil {
					t.Error(err)
				}
			}
		})
		for range 300 {
			value, err := f.Secret("long")
			if got := string(value); err != nil || got != values[0] && got != values[1] {
				t.Fatalf("%d bytes, %v", len(value), err)
			}
		}
		writer.Wait()
	})

	t.Run("are files that only the owner reads, and outlive the provider", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		if err := f.SetSecret("key", []byte("value")); err != nil {
			t.Fatal(err)
		}
		f.deploy("shop", nil, "key")
		err := filepath.WalkDir(f.options.Dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || path == f.options.Dir || entry.Type()&fs.ModeSymlink != 0 {
				return err
			}
			info, err := entry.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %s", path, info.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := setup(t, func(o *Options) { o.Dir = f.options.Dir })
		next.deploy("shop", nil, "key")
		if got := next.call("shop/secret/key"); got != "value" {
			t.Errorf("value %q", got)
		}
	})

	t.Run("with a bad name or value are refused, and no value comes back or is logged", func(t *testing.T) {
		t.Parallel()

		var log bytes.Buffer
		var mu sync.Mutex
		f := setup(t, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&lockedWriter{mu: &mu, w: &log}, nil)) })
		const value = "sesame"
		long := strings.Repeat("x", maxSecret+1)
		tests := []struct {
			name, body string
			want       int
		}{
			{"a way out", `{"name":"../key","value":"sesame"}`, 400},
			{"an absolute path", `{"name":"/etc/key","value":"sesame"}`, 400},
			{"a dot in front", `{"name":".key","value":"sesame"}`, 400},
			{"no name", `{"value":"sesame"}`, 400},
			{"no value", `{"name":"key"}`, 400},
			{"another namespace", `{"name":"key","namespace":"prod","value":"sesame"}`, 400},
			{"broken JSON", `{"name":1234,"value":"sesame"}`, 400},
			{"above the limit", `{"name":"key","value":"` + long + `"}`, 413},
			{"far above the limit", `{"name":"key","value":"` + strings.Repeat(long, 9) + `"}`, 413},
			{"at the limit", `{"name":"key","rawValue":"` + base64.StdEncoding.EncodeToString([]byte(long[1:])) + `"}`, 201},
			{"twice", `{"name":"key","value":"sesame"}`, 409},
		}
		for _, test := range tests {
			code, body := f.do(http.MethodPost, "/system/secrets", test.body)
			if code != test.want || strings.Contains(body, value) {
				t.Errorf("%s: %d %s, want %d", test.name, code, body, test.want)
			}
		}
		for _, query := range []string{"?namespace=prod", "?namespace=kube-system"} {
			if code, body := f.do("GET", "/system/secrets"+query, ""); code != 400 {
				t.Errorf("%s: %d %s", query, code, body)
			}
		}
		f.do(http.MethodPut, "/system/secrets", `{"name":"key","value":"sesame"}`)
		mu.Lock()
		defer mu.Unlock()
		if text := log.String(); strings.Contains(text, value) || !strings.Contains(text, "secret=key") {
			t.Errorf("log: %s", text)
		}
	})

	t.Run("that are removed are gone for the function, and its next deployment is refused", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		if err := f.SetSecret("key", []byte("value")); err != nil {
			t.Fatal(err)
		}
		f.deploy("shop", nil, "key")
		if err := f.client.DeleteSecret(t.Context(), "key", ""); err != nil {
			t.Fatal(err)
		}
		if code, _ := f.do("GET", "/function/shop/secret/key", ""); code != 404 {
			t.Errorf("the secret: %d, want 404", code)
		}
		code, body := f.do("PUT", "/system/functions", `{"service":"shop","image":"handler","secrets":["key"]}`)
		if code != 400 || !strings.Contains(body, "secret key is missing") {
			t.Errorf("update: %d %s", code, body)
		}
	})
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Fprintf(l.w, "%s", p)
}
