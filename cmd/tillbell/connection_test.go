package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/shared/stackfile/stackfiletest"
)

// TestConnection is about what is missing before a call can be made.
func TestConnection(t *testing.T) {
	t.Parallel()

	stack := stackfiletest.Write(t, "../..")
	for line, says := range map[string]string{
		"up --stack " + stack + " --env none --gateway http://127.0.0.1:1":      "set REGISTRY, in the environment or in .env",
		"summary --stack " + stack + " --env none --gateway http://127.0.0.1:1": "make secrets ONLY=send-email-key NEW_KEY=1",
		"summary --stack none.yml --env none --gateway http://127.0.0.1:1":      "make secrets ONLY=send-email-key NEW_KEY=1",
		"summary --stack none.yml --env none --key k":                           "there is no stack.yml here; run it in Tillbell's folder, or say --gateway",
		"doctor --stack none.yml":                                               "there is no stack.yml here; run it in Tillbell's folder",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()

			_, errs, code := typed(t, strings.Fields(line)...)
			if code != 1 || !strings.Contains(errs, says) || strings.Count(errs, "\n") != 1 {
				t.Errorf("exit code %d: %s", code, errs)
			}
		})
	}
}

// TestJSON runs each command that shows something, in a folder without stack.yml, with --json.
func TestJSON(t *testing.T) {
	t.Parallel()

	for line, answer := range map[string]string{
		"summary":                      `{}`,
		"orders --state failed":        `{"orders":[]}`,
		"order cs_1":                   `{"id":"cs_1"}`,
		"retry --failed":               `{"orders":[],"not_yet":[]}`,
		"resend cs_1 --reason x":       `{"id":"cs_1","emails":[]}`,
		"correct cs_1 --reason x --to": `{"id":"cs_1","emails":[]}`,
		"forget --order cs_1 --yes":    `{"orders":["cs_1"]}`,
		"export --email a@b.example":   `{"orders":[]}`,
		"reconcile --since 1h":         `{}`,
		"version":                      "",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()

			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(answer))
			}))
			t.Cleanup(server.Close)
			args := strings.Fields(line)
			if args[len(args)-1] == "--to" {
				args = append(args, "Ada <ada@example.com>")
			}
			args = append(args, "--json")
			if answer != "" {
				none := filepath.Join(t.TempDir(), "none")
				args = append(args, "--gateway", server.URL, "--key", "k", "--stack", none, "--env", none, "--laptop", none)
			}
			out, errs, code := typed(t, args...)
			if code != 0 || errs != "" || !json.Valid([]byte(out)) {
				t.Errorf("exit code %d: %s\n%s", code, errs, out)
			}
		})
	}
}
