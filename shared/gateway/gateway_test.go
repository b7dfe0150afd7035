package gateway_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/shared/gateway"
	"handler/function/shared/gateway/gatewaytest"
)

// Not parallel: the login is found by the environment.
func TestLogin(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "admin" || password != "p:w" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`[{"name": "b"}, {"name": "a"}]`))
	}))
	defer server.Close()
	for _, tt := range []struct {
		name, config string
		err          error
	}{
		{"is faas-cli's for that gateway", "auths:\n- {gateway: 'http://elsewhere:8080', auth: basic, token: eDp5}\n- {gateway: '" + server.URL + "', auth: basic, token: YWRtaW46cDp3}\n", nil},
		{"is asked for where it is another's", "auths:\n- {gateway: 'http://elsewhere:8080', auth: basic, token: YWRtaW46cDp3}\n", gateway.ErrLogin},
		{"is asked for where it is wrong", "auths:\n- {gateway: '" + server.URL + "', auth: basic, token: YWRtaW46b2xk}\n", gateway.ErrLogin},
		{"is asked for where there is none", "", gateway.ErrLogin},
		{"is asked for where faas-cli's file is broken", "auths: [", gateway.ErrLogin},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("OPENFAAS_CONFIG", dir)
			if tt.config != "" {
				if err := os.WriteFile(filepath.Join(dir, "config.yml"), []byte(tt.config), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			names, err := gateway.New(server.URL).Secrets(t.Context())
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if err == nil && !cmp.Equal(names, []string{"a", "b"}) {
				t.Errorf("names %v", names)
			}
		})
	}
}

func TestCLI(t *testing.T) {
	t.Parallel()

	program := func(t *testing.T, lines string) *gateway.CLI {
		t.Helper()
		path := gatewaytest.Program(t, t.TempDir(), "faas-cli", lines)
		return &gateway.CLI{Path: path, Gateway: "http://127.0.0.1:1"}
	}

	t.Run("does not believe an exit code of 0: faas-cli's is that also where the gateway refused", func(t *testing.T) {
		t.Parallel()

		err := program(t, `echo 'unauthorized access, run "faas-cli login"'`).CreateSecret(t.Context(), "s", "v")
		if err == nil || !strings.Contains(err.Error(), "unauthorized access") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("shows nothing of a secret that faas-cli quotes", func(t *testing.T) {
		t.Parallel()

		err := program(t, `echo "cannot do with: $(cat)"; exit 1`).UpdateSecret(t.Context(), "s", "whsec_new\nwhsec_old\n")
		if err == nil || strings.Contains(err.Error(), "whsec_") || !strings.Contains(err.Error(), "cannot do with") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("says why it does not run", func(t *testing.T) {
		t.Parallel()

		err := (&gateway.CLI{Path: "/none/faas-cli"}).CreateSecret(t.Context(), "s", "v")
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("takes no empty secret", func(t *testing.T) {
		t.Parallel()

		if err := program(t, "echo Created:").CreateSecret(t.Context(), "s", " \n"); err == nil {
			t.Error("no error")
		}
	})
}

func TestUnreachable(t *testing.T) {
	t.Parallel()

	_, err := gateway.New("http://127.0.0.1:1").Info(t.Context())
	if err == nil || !strings.Contains(err.Error(), "refused") || strings.Contains(err.Error(), "http://") {
		t.Errorf("error %v", err)
	}
}
