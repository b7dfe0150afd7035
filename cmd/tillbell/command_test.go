package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handler/function/internal/view"
)

// dispatch runs a command line, and returns its error.
func dispatch(ctx context.Context, args []string) error {
	_, err := execute(ctx, args, &bytes.Buffer{}, &bytes.Buffer{})
	return err
}

// typed runs a command line, and returns what it prints and its exit code.
func typed(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, &o, &e)
	return o.String(), e.String(), code
}

// uncalled are the connection flags of a gateway that fails the test when it is called.
func uncalled(t *testing.T) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s is called", r.Method, r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return []string{"--gateway", server.URL, "--env", "none"}
}

// commandLines has, for each command, the least arguments that are right, and what is missing
// without its last arguments and flags. Commands without the latter need nothing.
var commandLines = map[string]struct {
	right []string
	// offline: it has no flag for a gateway.
	offline bool
	// incomplete is a command line that lacks something, and lacks says what.
	incomplete []string
	lacks      string
}{
	"summary":   {},
	"orders":    {},
	"order":     {right: []string{"cs_1"}, incomplete: []string{}, lacks: "order wants an argument: ORDER"},
	"retry":     {right: []string{"cs_1"}, incomplete: []string{}, lacks: "want either ORDER or --failed"},
	"resend":    {right: []string{"cs_1", "a/b", "--reason", "x"}, incomplete: []string{"--reason", "x"}, lacks: "resend wants an argument: ORDER"},
	"correct":   {right: []string{"cs_1", "--to", "a@b.example", "--reason", "x"}, incomplete: []string{"cs_1", "--reason", "x"}, lacks: "say the right address, with --to"},
	"forget":    {right: []string{"--order", "cs_1"}, incomplete: []string{}, lacks: "want either --email or --order"},
	"export":    {right: []string{"--order", "cs_1"}, incomplete: []string{}, lacks: "want either --email or --order"},
	"reconcile": {right: []string{"--since", "1h"}, incomplete: []string{}, lacks: "reconcile wants --since"},
	"doctor":    {}, "secrets": {}, "endpoint": {}, "up": {},
	"check": {offline: true}, "templates": {offline: true}, "images": {offline: true}, "binaries": {offline: true},
	"help":       {right: []string{"orders"}, offline: true, incomplete: []string{"order", "orders"}, lacks: `help takes no "orders"`},
	"completion": {right: []string{"bash"}, offline: true, incomplete: []string{}, lacks: "completion wants an argument: SHELL"},
	"version":    {offline: true},
}

func TestEachCommandIsListed(t *testing.T) {
	t.Parallel()

	out, errs, code := typed(t)
	for _, c := range newRoot().Commands() {
		if _, tested := commandLines[c.Name()]; !tested {
			t.Errorf("%s is not tested here", c.Name())
		}
		if !strings.Contains(out, "\n  "+c.Name()+" ") {
			t.Errorf("the help of tillbell has no %s", c.Name())
		}
	}
	if code != 0 || errs != "" || !strings.Contains(out, "\nSee orders:\n  ") {
		t.Errorf("exit code %d, %s\n%s", code, errs, out)
	}
	if again, _, _ := typed(t, "help"); again != out {
		t.Error("tillbell help says something else")
	}
}

// valueName is a flag with the name of its value, or without a value.
var valueName = regexp.MustCompile(`^ +(-., )?--[a-z-]+( [A-Z,]+)?   +\S`)

func TestHelpOfEachCommand(t *testing.T) {
	t.Parallel()

	for name := range commandLines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			out, errs, code := typed(t, name, "--help")
			if by, _, _ := typed(t, "help", name); by != out {
				t.Errorf("tillbell help %s says something else:\n%s", name, by)
			}
			if code != 0 || errs != "" {
				t.Errorf("exit code %d, %s", code, errs)
			}
			for _, want := range []string{"\nUsage:\n  tillbell " + name, "\nExamples:\n  ", "tillbell " + name, "\nExit codes: 0 done, 1 error, 2 wrong usage, 3 not found, 4 "} {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, "      --") && !valueName.MatchString(line) {
					t.Errorf("the value has no name: %s", line)
				}
			}
		})
	}
}

// TestWrongUsage: a mistake in the command line is one line, and another that says where the help
// is. Nothing is called.
func TestWrongUsage(t *testing.T) {
	t.Parallel()

	for name, c := range commandLines {
		connection := uncalled(t)
		if c.offline {
			connection = nil
		}
		lines := map[string][]string{
			"unknown flag: --no-such-flag":        append(slices.Clone(c.right), "--no-such-flag"),
			name + ` takes no "one-more"`:         append(slices.Clone(c.right), "one-more"),
			`--help=maybe: want no value, or tru`: append(slices.Clone(c.right), "--help=maybe"),
		}
		if c.incomplete != nil {
			lines[c.lacks] = c.incomplete
		}
		for says, args := range lines {
			t.Run(name+" "+strings.Join(args, " "), func(t *testing.T) {
				t.Parallel()

				out, errs, code := typed(t, slices.Concat([]string{name}, args, connection)...)
				wantUsage(t, out, errs, code, says, "see tillbell "+name+" --help")
			})
		}
	}
}

// wantUsage fails if a command line was not refused in two lines.
func wantUsage(t *testing.T, out, errs string, code int, says, see string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(errs, "\n"), "\n")
	if code != 2 || out != "" || len(lines) != 2 || !strings.HasPrefix(lines[0], "tillbell: "+says) || lines[1] != see {
		t.Errorf("exit code %d, stdout %q, stderr:\n%s\nwant 2, nothing, and:\ntillbell: %s…\n%s", code, out, errs, says, see)
	}
}

func TestWrongValues(t *testing.T) {
	t.Parallel()

	for line, says := range map[string]string{
		"sumary":                                      `there is no command "sumary": did you mean summary?`,
		"xyzzy":                                       `there is no command "xyzzy"`,
		"sumary --json":                               `there is no command "sumary": did you mean summary?`,
		"help sumary":                                 `there is no command "sumary": did you mean summary?`,
		"--json":                                      "unknown flag: --json",
		"orders --since yesterday":                    `--since "yesterday": want 24h, 7d, 2026-11-01 or`,
		"orders --limit 0":                            `--limit "0": want a whole number of 1 or more`,
		"orders --limit many":                         `--limit "many": want a whole number of 1 or more`,
		"orders --state lost":                         `--state "lost": want ` + strings.Join(view.StateNames(), ", "),
		"orders --email joan":                         `--email "joan": want an address alone`,
		"orders --email":                              "flag needs an argument: --email",
		"orders --gateway shop":                       `--gateway "shop": want an address such as https://shop.example.com`,
		"orders --json=maybe":                         "--json=maybe: want no value, or true or false",
		"order pi_1":                                  `"pi_1" is not the ID of an order`,
		"order cs_1 cs_2":                             `order takes no "cs_2"`,
		"reconcile --since 2999-01-01":                `--since "2999-01-01": that time is still to come`,
		"doctor --only during":                        `--only "during": want before, after`,
		"doctor --database-mb -1":                     `--database-mb "-1": want a whole number`,
		"up --url ftp://shop":                         `--url "ftp://shop": want an address`,
		"completion tcsh":                             `SHELL "tcsh": want bash, zsh, fish, powershell`,
		"help order orders":                           `help takes no "orders"`,
		"images --platform ":                          `--platform "": want a platform such as linux/amd64`,
		"images --platform linux":                     `--platform "linux": want a platform such as linux/amd64`,
		"images --platform windows/amd64":             `--platform "windows/amd64": want a platform such`,
		"images --platform linux/amd64,":              `--platform "linux/amd64,": want a platform such`,
		"images --platform a/b/c/d":                   `--platform "a/b/c/d": want a platform such`,
		"binaries --platform linux/amd64,linux/arm64": "--platform: binaries are for one platform",
		"check c.yml":                                 `check takes no "c.yml"`,
		"templates --host sendgrid":                   `--host "sendgrid": want an address`,
		"forget --order pi_1":                         `--order "pi_1": "pi_1" is not the ID of an order`,
		"resend cs_1 --reason x --to ad":              `--to "ad": want an e-mail address in ASCII`,
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()

			args := strings.Split(line, " ")
			see := "see tillbell " + args[0] + " --help"
			if strings.HasPrefix(says, "there is no command") && args[0] != "help" || args[0] == "--json" {
				see = "see tillbell --help"
			}
			out, errs, code := typed(t, args...)
			wantUsage(t, out, errs, code, says, see)
		})
	}
}

// TestOneMeaning: a flag of one name says the same in all commands that have it.
func TestOneMeaning(t *testing.T) {
	t.Parallel()

	// These say a part of what the command does, or an argument of it, which differs.
	differs := map[string]bool{"only": true, "to": true, "since": true, "email": true, "new": true, "platform": true}
	usages := map[string]string{}
	for _, c := range newRoot().Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if before, there := usages[f.Name]; there && before != f.Usage && !differs[f.Name] {
				t.Errorf("--%s is %q, and in %s %q", f.Name, before, c.Name(), f.Usage)
			}
			usages[f.Name] = f.Usage
		})
	}
	if len(usages) < 20 {
		t.Errorf("only %d flags are seen", len(usages))
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()

	short, _, code := typed(t, "--version")
	long, _, _ := typed(t, "version")
	if code != 0 || short != long || !strings.HasPrefix(short, "tillbell ") || !strings.Contains(short, "\ngo1.") {
		t.Errorf("exit code %d: %q and %q", code, short, long)
	}
	out, _, _ := typed(t, "version", "--json")
	var v version
	if err := json.Unmarshal([]byte(out), &v); err != nil || v.Go == "" {
		t.Errorf("%v: %s", err, out)
	}
	built := version{Version: "v0.1.0", Revision: "abc", Time: "2026-11-01T12:00:00Z", Go: "go1.25", Platform: "linux/amd64"}
	if got := built.String(); got != "tillbell v0.1.0\ncommit abc of 2026-11-01T12:00:00Z\ngo1.25 linux/amd64" {
		t.Errorf("got %q", got)
	}
	built.Modified = true
	if got := built.String(); !strings.Contains(got, "with changes that are not committed") {
		t.Errorf("got %q", got)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()

	t.Run("is a script that bash can read", func(t *testing.T) {
		t.Parallel()

		script, _, code := typed(t, "completion", "bash")
		cmd := exec.CommandContext(t.Context(), "bash", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil || code != 0 || !strings.Contains(script, "__start_tillbell") {
			t.Errorf("exit code %d, %v\n%s", code, err, out)
		}
	})

	for line, want := range map[string][]string{
		"orders --state ":        view.StateNames(),
		"doctor --only ":         {"before", "after"},
		"completion ":            {"bash", "zsh", "fish", "powershell"},
		"help su":                {"summary"},
		"order ":                 nil,
		"secrets --only stripe-": {"stripe-api-key", "stripe-webhook-secret"},
	} {
		t.Run("of "+line, func(t *testing.T) {
			t.Parallel()

			words := strings.Split(line, " ")
			out, _, _ := typed(t, append([]string{cobra.ShellCompRequestCmd}, words...)...)
			var got []string
			for line := range strings.Lines(out) {
				name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
				if strings.HasPrefix(name, words[len(words)-1]) && !strings.HasPrefix(name, ":") { // the shell does the same
					got = append(got, name)
				}
			}
			if !slices.Equal(got, want) || !strings.Contains(out, ":4\n") { // 4: no files
				t.Errorf("want %q\n%s", want, out)
			}
		})
	}
}
