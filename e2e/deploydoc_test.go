package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"handler/function/cmd/tillbell/oci/ocitest"
	"handler/function/e2e/clone"
	"handler/function/internal/sample"
	"handler/function/local/sendgrid"
	"handler/function/local/stripe"
	"handler/function/shared/dotenv"
)

// example is a block of commands in a guide, and what it says comes out of them.
type example struct {
	line           int
	commands, says string
}

var (
	runnable = regexp.MustCompile(`(?m)^( *)<!-- run -->\n`)
	block    = regexp.MustCompile("(?s)^ *```sh\n(.*?)\n *```\n *```text\n(.*?)\n *```\n")
)

// examples are a guide's blocks that are preceded by <!-- run -->: commands as sh, then their
// output as text.
func examples(guide string) ([]example, error) {
	var all []example
	for _, at := range runnable.FindAllStringSubmatchIndex(guide, -1) {
		line := 1 + strings.Count(guide[:at[0]], "\n")
		found := block.FindStringSubmatch(guide[at[1]:])
		if found == nil {
			return nil, fmt.Errorf("line %d: <!-- run --> is not followed by a sh and a text block", line)
		}
		indent := guide[at[2]:at[3]]
		flush := func(text string) string {
			return strings.ReplaceAll(strings.TrimPrefix(text, indent), "\n"+indent, "\n")
		}
		all = append(all, example{line, flush(found[1]), flush(found[2])})
	}
	return all, nil
}

// matches compares an output with what a guide says of it: … stands for any text in a line, and
// alone for any number of lines. Spaces at the ends of lines do not count.
func matches(says, output string) bool {
	var pattern strings.Builder
	for line := range strings.Lines(says) {
		line = strings.TrimRight(line, " \t\n")
		if strings.TrimSpace(line) == "…" {
			pattern.WriteString(`(?:.*\n)*`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + `\n`)
	}
	var trimmed strings.Builder
	for line := range strings.Lines(output) {
		trimmed.WriteString(strings.TrimRight(line, " \t\n") + "\n")
	}
	return regexp.MustCompile(`^` + pattern.String() + `\n*$`).MatchString(trimmed.String())
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		name, says, output string
		want               bool
	}{
		{"the same", "a\nb", "a\nb\n", true},
		{"another word", "a\nb", "a\nc\n", false},
		{"a line more", "a", "a\nb\n", false},
		{"a line less", "a\nb", "a\n", false},
		{"any text in a line, though not over its end", "a … c", "a b c\n", true},
		{"a line's end that is not there", "a … c", "a b\nc\n", false},
		{"any lines, or none", "a\n…\nz", "a\nz\n", true},
		{"any lines, and then the right one", "a\n…\nz", "a\nb\nc\ny\n", false},
		{"any lines, though it is indented", "a\n  …\nz", "a\n  b\n  c\nz\n", true},
		{"spaces at the end", "a", "a   \n", true},
		{"a dot is a dot", "a.b", "acb\n", false},
	} {
		if got := matches(c.says, c.output); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestProveDeployGuide runs the commands of docs/deploy.md in their order, as a new user does: in a
// fresh clone, with the real faas-cli, against a gateway without functions and secrets. Stood in
// for are the accounts at Stripe and SendGrid, the person's editor, the server at the other end of
// ssh, and Docker: what it pushes, the laptop has. Then a sale goes the whole way.
func TestProveDeployGuide(t *testing.T) {
	s := running(t)
	guide, err := os.ReadFile("../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := examples(string(guide))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("docs/deploy.md has %d examples that can be run", len(all))
	}
	u := newUser(t, s)
	defer s.emptied(t)()
	for _, e := range all {
		out := u.types(t, e.commands)
		if key := u.key(t); key != "" && strings.Contains(out, key) {
			t.Fatalf("docs/deploy.md:%d: the functions' key is shown", e.line)
		}
		if !matches(e.says, out) {
			t.Fatalf("docs/deploy.md:%d: after\n%s\nit says\n%s\n\nand what comes out is\n%s", e.line, e.commands, e.says, out)
		}
	}
	signing := strings.TrimSpace(s.secret(t, "stripe-webhook-secret"))
	if signing != rolled {
		t.Errorf("the signing secret is %q, and was rolled to %q", signing, rolled)
	}
	if key := strings.TrimSpace(s.secret(t, "send-email-key")); key == "" || key != u.key(t) {
		t.Error("the functions' key is not the one in .env")
	}
	shop := *s
	shop.env = maps.Clone(s.env)
	shop.env["WEBHOOK_SECRET"], shop.env["STRIPE_URL"], shop.env["INBOX_URL"] = signing, u.stripe, u.inbox
	shop.sentOnce(t, shop.buy(t, "completed_paid", 2))
}

// rolled is the signing secret that the user types as the new one, and replaced as the old.
const rolled, replaced = "whsec_guideNew0000000000", "whsec_guideOld0000000000"

// emptied takes all secrets and functions away. What it gives brings them back, and is to be
// deferred.
func (s *system) emptied(t *testing.T) (restore func()) {
	t.Helper()
	before := map[string]string{}
	for _, name := range []string{"stripe-webhook-secret", "stripe-api-key", "mongodb-uri", "sendgrid-api-key", "send-email-key", "alert-url"} {
		before[name] = s.secret(t, name)
	}
	for _, function := range []string{"stripe-webhook", "send-email"} {
		s.faas(t, "", "remove", function)
	}
	for name := range before {
		s.faas(t, "", "secret", "remove", name)
	}
	return func() {
		there := s.faas(t, "", "secret", "list")
		for name, value := range before {
			command := "create"
			if regexp.MustCompile(`(?m)^` + name + `\b`).MatchString(there) {
				command = "update"
			}
			s.faas(t, value, "secret", command, name)
		}
		cmd := exec.CommandContext(t.Context(), filepath.Join(".local", "bin", "faas-cli"), "deploy", "-f", "stack.yml", "--gateway", s.env["GATEWAY_URL"])
		cmd.Dir = s.root // where stack.yml names its settings from
		cmd.Env = append(os.Environ(), "OPENFAAS_CONFIG="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("deploy as it was: %v\n%s", err, out)
		}
	}
}

// user is somebody with a fresh clone and a shell.
type user struct {
	clone string
	env   []string
	// stripe, sendgrid and inbox are the addresses of the accounts' APIs, and of the e-mails that
	// were sent.
	stripe, sendgrid, inbox string
}

func newUser(t *testing.T, s *system) *user {
	t.Helper()
	u := &user{clone: t.TempDir()}
	if err := clone.Into(u.clone, "..", sample.Starter()); err != nil {
		t.Fatal(err)
	}
	u.openAccounts(t, s)
	settings, err := os.OpenFile(filepath.Join(u.clone, "settings.yml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer settings.Close()
	if _, err := fmt.Fprintf(settings, "\n  stripe_api_base: %s\n  sendgrid_host: %s\n", u.stripe, u.sendgrid); err != nil {
		t.Fatal(err)
	}

	programs := t.TempDir()
	var edits strings.Builder
	for name, value := range map[string]string{
		"PUBLIC_URL": s.env["GATEWAY_URL"], "STRIPE_API_KEY": s.env["STRIPE_API_KEY"], "STRIPE_SETUP_KEY": "rk_test_setup00",
		"SENDGRID_API_KEY": s.env["SENDGRID_API_KEY"], "SENDGRID_SETUP_KEY": "SG.setup.key", "MONGODB_URI": s.env["MONGODB_URI"], "ALERT_URL": s.env["ALERT_URL"], "REGISTRY": pushedRegistry(t, filepath.Join(s.state, "images")) + "/you",
	} {
		fmt.Fprintf(&edits, "grep -q '^%s=' \"$1\" || exit 1\nsed -i 's|^%s=.*|%s=%s|' \"$1\"\n", name, name, name, value)
	}
	edits.WriteString("shift; for file; do echo '# edited' >>\"$file\"; done\n")
	for name, script := range map[string]string{
		"edit":   edits.String(),
		"ssh":    `test "$*" = "root@YOUR-HOST cat /var/lib/faasd/secrets/basic-auth-password" && echo password`,
		"docker": fmt.Sprintf(docker, filepath.Join(s.state, "images")),
	} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/usr/bin/env bash\nset -e\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains([]string{"GATEWAY_URL", "OPENFAAS_URL", "PUBLIC_URL", "REGISTRY", "TAG", "SEND_EMAIL_KEY", "SENDGRID_API_KEY", "SENDGRID_SETUP_KEY", "ALERT_URL"}, name) {
			u.env = append(u.env, v)
		}
	}
	u.env = append(u.env, "PATH="+programs+":"+os.Getenv("PATH"), "EDITOR=edit", "OPENFAAS_CONFIG="+t.TempDir(), "MAKEFLAGS=--no-print-directory",
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	u.types(t, "git init -q && git add -A && git commit -qm \"As it came\"")
	return u
}

// key is the functions' key as the user's .env has it, which nobody else may read.
func (u *user) key(t *testing.T) string {
	t.Helper()
	file := filepath.Join(u.clone, ".env")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return ""
	}
	values, err := dotenv.Read(file) // which refuses one that others may read
	if err != nil {
		t.Fatal(err)
	}
	return values["SEND_EMAIL_KEY"]
}

// docker is one whose registry is the laptop's store of images: what is pushed are the functions
// that it has built.
const docker = `
case $1 in
info | build) ;;
push)
	function=${2##*/}; function=${function%%%%:*}
	cp -r "%[1]s/image:registry.invalid%%2Ftillbell%%2F$function:latest" "%[1]s/image:${2//\//%%2F}" ;;
*) echo "docker $1?"; exit 1 ;;
esac`

// pushedRegistry is a registry that has what that docker has pushed, as far as one can see without
// a pull.
func pushedRegistry(t *testing.T, images string) (address string) {
	t.Helper()
	manifest := regexp.MustCompile(`^/v2/(.+)/manifests/([^:]+)$`)
	address = ocitest.Registry(t, func(registry http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if m := manifest.FindStringSubmatch(r.URL.Path); m != nil && r.Method != http.MethodPut {
				pushed := "image:" + url.PathEscape(address+"/"+m[1]+":"+m[2])
				if _, err := os.Stat(filepath.Join(images, pushed)); err == nil {
					r.URL.Path = "/v2/any/manifests/1"
				}
			}
			registry.ServeHTTP(w, r)
		})
	})
	ocitest.Push(t, address+"/any:1", func(p v1.Platform) v1.Image { return ocitest.Image(t, p, v1.Config{}, nil) })
	return address
}

// openAccounts makes the accounts at Stripe and at SendGrid what they are after the guide's steps:
// keys with just the permissions that it names, a product with its payment link, a sender's domain.
func (u *user) openAccounts(t *testing.T, s *system) {
	t.Helper()
	st, err := stripe.New(stripe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	product := stripe.Object{"id": "prod_ebook", "object": "product", "name": "The e-book", "active": true, "metadata": map[string]any{}}
	link := stripe.Object{"id": "plink_1", "object": "payment_link", "active": true, "url": "https://buy.stripe.com/test_1", "metadata": map[string]any{},
		"line_items": map[string]any{"object": "list", "data": []any{map[string]any{"id": "li_1", "object": "item",
			"price": map[string]any{"id": "price_1", "object": "price", "product": "prod_ebook"}}}}}
	if err := st.SetAccount(stripe.Account{
		Products: []stripe.Object{product}, PaymentLinks: []stripe.Object{link},
		Permissions: map[string][]string{
			s.env["STRIPE_API_KEY"]: {"checkout_session_read", "product_read", "event_read"},
			"rk_test_setup00":       {"webhook_read", "webhook_write", "product_read", "payment_links_read", "checkout_session_read"},
		},
	}); err != nil {
		t.Fatal(err)
	}
	sg, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sg.SetAccount(sendgrid.Account{
		Domains: map[string]bool{"example.com": true},
		Scopes: map[string][]string{
			s.env["SENDGRID_API_KEY"]: {"mail.send"},
			"SG.setup.key": {"templates.read", "templates.create", "templates.update", "templates.versions.read",
				"templates.versions.create", "templates.versions.update", "templates.versions.delete", "whitelabel.read",
				"user.webhooks.event.settings.read", "user.webhooks.event.settings.create", "user.webhooks.event.settings.update"},
		},
	})
	serve := func(h http.Handler) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return server.URL
	}
	u.stripe, u.sendgrid, u.inbox = serve(st.Handler()), serve(sg.API()), serve(sg.Inbox())
}

// types has the user type commands, in a shell that goes on from where the last one was, and gives
// what they see.
func (u *user) types(t *testing.T, commands string) string {
	t.Helper()
	const session = `set -eo pipefail
if [ -f "$0" ]; then . "$0"; fi
eval "$1"
export -p >"$0"`
	cmd := exec.CommandContext(t.Context(), "bash", "-c", session, filepath.Join(u.clone, ".git-session"), commands)
	cmd.Dir, cmd.Env, cmd.Stdin = u.clone, u.env, strings.NewReader(rolled+"\n"+replaced+"\n")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("%s\n%s(in %s)", commands, out, time.Since(began).Round(time.Millisecond))
	if err != nil {
		t.Fatalf("%s\n%v", commands, err)
	}
	return string(out)
}
