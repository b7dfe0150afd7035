package docs

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"handler/function/local/process"
)

// shortRead is the read_timeout of an upstream here.
const shortRead = time.Second

// upstream is a gateway or a function behind Caddy. It answers with what reaches it.
type upstream struct {
	address string
	begun   sync.Map // when a call with a query began
}

// newUpstream is one that gets calls of some paths and of no other; "" is any path.
func newUpstream(t *testing.T, paths ...string) *upstream {
	t.Helper()
	u := &upstream{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.begun.Store(r.URL.RawQuery, time.Now())
		body, err := io.ReadAll(r.Body)
		if r.URL.RawQuery != "" && err == nil {
			t.Errorf("the function takes %s for whole", r.URL.RawQuery)
		}
		if paths[0] != "" && !slices.Contains(paths, r.URL.Path) {
			t.Errorf("%s came to the function with %v", r.URL.Path, paths)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) { // as the template answers
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusRequestTimeout)
			return
		}
		_, _ = io.WriteString(w, r.Method+" "+r.URL.EscapedPath()+r.Header.Get("Hmac")+string(body))
	}))
	server.Config.ReadTimeout = shortRead
	server.Start()
	t.Cleanup(server.Close)
	u.address = server.Listener.Addr().String()
	return u
}

// caddy is a running Caddy: the addresses that the world and, without OpenFaaS, the owner call.
type caddy struct{ public, owner string }

// startCaddy runs a file with changes, which depend on the site and on the owner's port: in the
// text, or of the variables that it names. Other programs may take the free ports before Caddy
// does.
func startCaddy(t *testing.T, file string, changes func(site, ownerPort string) map[string]string) caddy {
	t.Helper()
	program := caddyProgram(t)
	var err error
	for range 5 {
		c := caddy{freeAddress(t), freeAddress(t)}
		_, ownerPort, _ := net.SplitHostPort(c.owner)
		changed, env := changeCaddyfile(t, file, changes("http://"+c.public, ownerPort))
		var p *process.Process
		p, err = process.Start(process.Command{Path: program, Args: []string{"run", "--adapter", "caddyfile", "--config", changed}, Env: env})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop(t.Context()) })
		if err = p.WaitListening(t.Context(), c.public); err == nil {
			return c
		}
	}
	t.Fatal(err)
	return caddy{}
}

func caddyProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("caddy")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("Caddy is not installed (apt-get install caddy)")
	}
	return program
}

// changeCaddyfile makes a copy of a file for one test, and its environment.
func changeCaddyfile(t *testing.T, file string, changes map[string]string) (changed string, env []string) {
	t.Helper()
	source, env := read(t, file), append(os.Environ(), "HOME="+t.TempDir())
	changes["\n{\n"] = "\n{\n\tadmin off\n"
	for old, now := range changes {
		switch {
		case strings.Contains(source, "{$"+old+":"):
			env = append(env, old+"="+now)
		case strings.Contains(source, old):
			source = strings.ReplaceAll(source, old, now)
		default:
			t.Fatalf("%s does not have %q", file, old)
		}
	}
	changed = filepath.Join(t.TempDir(), "Caddyfile")
	if err := os.WriteFile(changed, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return changed, env
}

// forms are how the Caddy that is installed here can pass bodies on, best first: the older one in
// both ways, a newer one only as they come.
func forms(t *testing.T) []string {
	t.Helper()
	version, err := exec.CommandContext(t.Context(), caddyProgram(t), "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if newCaddy(string(version)) {
		return []string{"streamed"}
	}
	return []string{"whole", "streamed"}
}

// newCaddy reports whether a version of Caddy, or an image of it, is 2.8 or newer.
func newCaddy(version string) bool {
	number := regexp.MustCompile(`2\.(\d+)`).FindStringSubmatch(version)
	if number == nil {
		return false
	}
	minor, _ := strconv.Atoi(number[1])
	return minor >= 8
}

// startHome runs the file for both homes without OpenFaaS before two functions.
func startHome(t *testing.T, bodies, webhook, sendEmail string) caddy {
	t.Helper()
	return startCaddy(t, "../../docs/deploy/home.Caddyfile", func(site, ownerPort string) map[string]string {
		all := map[string]string{"SHOP": site, "OWNER_PORT": ownerPort, "STRIPE_WEBHOOK": webhook, "SEND_EMAIL": sendEmail, "BODIES": bodies}
		if bodies == "streamed" {
			all["READ_BODY"] = (2 * shortRead).String() // longer than the function's, as it is on a server
		}
		return all
	})
}
