package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// faas runs the real faas-cli against the running system.
func (s *system) faas(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", ".local", "bin", "faas-cli"), append(args, "--gateway", s.env["GATEWAY_URL"])...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "OPENFAAS_CONFIG="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("faas-cli %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestFaasCLI(t *testing.T) {
	s := running(t)
	o := s.buy(t, "completed_paid", 2)

	has := func(t *testing.T, out string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("%q is not in:\n%s", w, out)
			}
		}
	}
	t.Run("list", func(t *testing.T) {
		has(t, s.faas(t, "", "list"), "stripe-webhook", "send-email")
	})
	t.Run("describe", func(t *testing.T) {
		has(t, s.faas(t, "", "describe", "send-email"), "Ready", "tillbell/send-email", "cron-function")
	})
	t.Run("logs", func(t *testing.T) {
		has(t, s.faas(t, "", "logs", "send-email", "--tail=false", "--lines", "100"), o.ID, `"msg":"e-mail sent"`)
	})
	t.Run("invoke, signed", func(t *testing.T) {
		body := fmt.Sprintf(`{"id":"%s"}`, o.ID)
		out := s.faas(t, body, "invoke", "send-email", "--sign", "Hmac", "--key", s.env["SEND_EMAIL_KEY"])
		has(t, out, `"sent":2`, o.ID)
	})
	t.Run("secret", func(t *testing.T) {
		s.faas(t, "one\n", "secret", "create", "e2e-secret")
		s.faas(t, "two\n", "secret", "update", "e2e-secret")
		has(t, s.faas(t, "", "secret", "list"), "e2e-secret", "send-email-key")
		s.faas(t, "", "secret", "remove", "e2e-secret")
		if out := s.faas(t, "", "secret", "list"); strings.Contains(out, "e2e-secret") {
			t.Errorf("it is there still:\n%s", out)
		}
	})
	t.Run("deploy again", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), filepath.Join(".local", "bin", "faas-cli"), "deploy", "-f", "stack.yml", "--gateway", s.env["GATEWAY_URL"])
		cmd.Dir = s.root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		s.sentOnce(t, s.buy(t, "completed_paid", 2))
	})
	t.Run("the UI's numbers", func(t *testing.T) {
		eventually(t, func() error {
			var functions []struct {
				Name            string  `json:"name"`
				InvocationCount float64 `json:"invocationCount"`
			}
			a := call(t, "GET", s.env["GATEWAY_URL"]+"/system/functions", nil, nil)
			if err := json.Unmarshal([]byte(a.body), &functions); err != nil {
				return err
			}
			for _, f := range functions {
				if f.InvocationCount == 0 {
					return fmt.Errorf("%s was never called, it says", f.Name)
				}
			}
			if len(functions) != 2 {
				return fmt.Errorf("%d functions", len(functions))
			}
			return nil
		})
		if a := call(t, "GET", s.env["GATEWAY_URL"]+"/ui/", nil, nil); a.status != 200 || !strings.Contains(a.body, "<html") {
			t.Errorf("the UI: %d %.200s", a.status, a.body)
		}
	})
}
