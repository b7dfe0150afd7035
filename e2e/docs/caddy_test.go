package docs

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

const (
	hook, events   = "POST /function/stripe-webhook", "POST /function/send-email"
	health         = "GET /function/send-email"
	eventSignature = "X-Twilio-Email-Event-Webhook-Signature"
)

// throughCaddy is a call, and what reaches a function of it: "" where Caddy answers 404 itself.
type throughCaddy struct{ name, method, path, passed, header string }

// publicSurface is what the world may call, with OpenFaaS and without.
var publicSurface = []throughCaddy{
	{"the webhook", "POST", "/function/stripe-webhook", hook, ""},
	{"the webhook, with a way through another function", "POST", "/function/send-email/../stripe-webhook", hook, ""},
	{"the webhook, with a slash too many", "POST", "/function//stripe-webhook", hook, ""},
	{"a look at the webhook", "GET", "/function/stripe-webhook", "", ""},
	{"below the webhook", "POST", "/function/stripe-webhook/x", "", ""},
	{"out of the webhook", "POST", "/function/stripe-webhook/../send-email", "", ""},
	{"the other function", "POST", "/function/send-email", "", ""},
	{"SendGrid's events", "POST", "/function/send-email", events, eventSignature},
	{"SendGrid's events, with a way through the queue", "POST", "/async-function/../function/send-email", events, eventSignature},
	{"a monitor", "GET", "/function/send-email", health, ""},
	{"a monitor that wants no body", "HEAD", "/function/send-email", "a HEAD has no body", ""},
	{"a monitor, as SendGrid", "GET", "/function/send-email", health, eventSignature},
	{"below the other function, as a monitor", "GET", "/function/send-email/x", "", ""},
	{"the other function, by another method", "PUT", "/function/send-email", "", ""},
	{"below the other function, as SendGrid", "POST", "/function/send-email/x", "", eventSignature},
	{"the queue", "POST", "/async-function/stripe-webhook", "", ""},
	{"the queue, as SendGrid", "POST", "/async-function/send-email", "", eventSignature},
	{"the queue, as SendGrid, with a way through the function", "POST", "/function/send-email/../../async-function/send-email", "", eventSignature},
	{"the gateway's API", "GET", "/system/functions", "", ""},
	{"the gateway's API, as SendGrid", "POST", "/system/functions", "", eventSignature},
	{"the UI", "GET", "/ui/", "", ""},
	{"the metrics", "GET", "/metrics", "", ""},
	{"nothing", "GET", "/", "", ""},
}

// ownersSurface is what the owner may call, without OpenFaaS. The header Hmac goes along.
var ownersSurface = []throughCaddy{
	{"the webhook", "POST", "/function/stripe-webhook", hook + "!", ""},
	{"the other function", "POST", "/function/send-email", events + "!", ""},
	{"a look at the other function", "GET", "/function/send-email", health + "!", ""},
	{"an order to work on afterwards", "POST", "/async-function/send-email", "POST /async-function/send-email!", ""},
	{"the webhook, afterwards", "POST", "/async-function/stripe-webhook", "", ""},
	{"below the other function", "POST", "/function/send-email/x", "", ""},
	{"the gateway's API", "GET", "/system/functions", "", ""},
	{"nothing", "GET", "/", "", ""},
}

// TestGuideCaddyfile runs the real Caddy before a gateway.
func TestGuideCaddyfile(t *testing.T) {
	t.Parallel()

	if forms(t)[0] != "whole" && os.Getenv("CI") == "" {
		t.Skip("the file is for Caddy before 2.8")
	}
	gateway := newUpstream(t, "")
	caddy := startCaddy(t, "../../docs/deploy/Caddyfile", func(site, _ string) map[string]string {
		return map[string]string{"\nshop.example.com {": "\n" + site + " {", "127.0.0.1:8080": gateway.address}
	})
	calls(t, caddy.public, publicSurface)
	largeBodies(t, caddy.public)
	slowBodies(t, caddy.public, gateway, http.StatusGatewayTimeout)
}

// TestHomeCaddyfile runs it before the functions themselves, with the words for an older Caddy and
// those for a newer.
func TestHomeCaddyfile(t *testing.T) {
	t.Parallel()

	slow := map[string]int{"whole": http.StatusGatewayTimeout, "streamed": http.StatusRequestTimeout}
	for _, bodies := range forms(t) {
		t.Run("bodies "+bodies, func(t *testing.T) {
			t.Parallel()

			webhook, sendEmail := newUpstream(t, "/function/stripe-webhook"), newUpstream(t, "/function/send-email", "/async-function/send-email")
			caddy := startHome(t, bodies, webhook.address, sendEmail.address)
			t.Run("the world", func(t *testing.T) { calls(t, caddy.public, publicSurface) })
			t.Run("the owner", func(t *testing.T) { calls(t, caddy.owner, ownersSurface) })
			t.Run("the owner's listener is on one address of the server's", func(t *testing.T) {
				if conn, err := net.Dial("tcp", strings.Replace(caddy.owner, "127.0.0.1:", "127.0.0.2:", 1)); err == nil {
					conn.Close()
					t.Error("another one is open too")
				}
			})
			largeBodies(t, caddy.public)
			slowBodies(t, caddy.public, webhook, slow[bodies])
		})
	}
}

// calls makes the calls of a table, each with the header Hmac.
func calls(t *testing.T, address string, table []throughCaddy) {
	t.Helper()
	for _, c := range table {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+address+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Hmac", "!")
		if c.header != "" {
			req.Header.Set(c.header, "MEU=")
		}
		want := http.StatusOK
		if c.passed == "" {
			want = http.StatusNotFound
		}
		if c.method == http.MethodHead {
			c.passed = ""
		}
		if status, body := answer(t, req); status != want || body != c.passed {
			t.Errorf("%s: %d %q", c.name, status, body)
		}
	}
}

// answer makes one call, without a redirect.
func answer(t *testing.T, req *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// largeBodies sends the greatest that a function takes.
func largeBodies(t *testing.T, address string) {
	t.Run("a body of the greatest size", func(t *testing.T) {
		body := strings.Repeat("x", 1<<20)
		for _, sent := range []io.Reader{strings.NewReader(body), io.MultiReader(strings.NewReader(body))} { // the second is chunked
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/function/stripe-webhook", sent)
			if err != nil {
				t.Fatal(err)
			}
			if status, got := answer(t, req); got != hook+body {
				t.Errorf("%d, %d bytes", status, len(got))
			}
		}
	})
}

// slowBodies sends bodies that never end. Stripe must not take a sale for stored that came too
// slowly.
func slowBodies(t *testing.T, address string, to *upstream, want int) {
	for query, length := range map[string]string{"announced": "Content-Length: 1000000", "chunked": "Transfer-Encoding: chunked"} {
		t.Run("a body that never ends, "+query, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			sent := time.Now()
			_, _ = io.WriteString(conn, "POST /function/stripe-webhook?"+query+" HTTP/1.1\r\nHost: "+address+"\r\n"+length+"\r\n\r\n1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n")
			_ = conn.SetReadDeadline(sent.Add(20 * time.Second))
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("after %v: %v", time.Since(sent), err)
			}
			defer res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("after %v: %s, want %d", time.Since(sent), res.Status, want)
			}
			if want != http.StatusGatewayTimeout {
				return // the function has it from the beginning
			}
			// As it gives up, Caddy passes on what it has, and breaks off.
			if !res.Close {
				t.Error("the connection is kept")
			}
			if began, ok := to.begun.Load(query); ok && began.(time.Time).Sub(sent) < 4*time.Second {
				t.Errorf("the function has it after %v", began.(time.Time).Sub(sent))
			}
		})
	}
}
