package docs

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long a call waits in Caddy for a function that restarts.
const patience = 3 * time.Second

// TestHomeRestart calls functions that are away. A call waits for them, if Caddy can send a body a
// second time.
func TestHomeRestart(t *testing.T) {
	t.Parallel()

	body := ""
	if len(forms(t)) == 1 { // an older Caddy can with no body
		body = strings.Repeat("x", 100_000)
	}
	for _, bodies := range forms(t) {
		t.Run("bodies "+bodies, func(t *testing.T) {
			t.Parallel()

			back, away := freeAddress(t), freeAddress(t)
			caddy := startHome(t, bodies, back, away)
			for _, address := range []string{caddy.public, caddy.owner} {
				began := time.Now()
				status, _ := answer(t, signedPost(t, "http://"+address+"/function/send-email", body))
				if took := time.Since(began); status != http.StatusBadGateway || (took >= patience) != (bodies == "streamed") {
					t.Errorf("%d after %v", status, took)
				}
			}
			if bodies == "whole" {
				return
			}
			req := signedPost(t, "http://"+caddy.public+"/function/stripe-webhook", body)
			trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { serveAt(t, back) }}
			status, got := answer(t, req.WithContext(httptrace.WithClientTrace(t.Context(), trace)))
			if status != http.StatusOK || got != body {
				t.Errorf("%d, %d bytes from a function that came back", status, len(got))
			}
		})
	}
}

// signedPost is a call as SendGrid makes it.
func signedPost(t *testing.T, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(eventSignature, "MEU=")
	return req
}

// serveAt is a function that gives back the body.
func serveAt(t *testing.T, address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})}}
	server.Start()
	t.Cleanup(server.Close)
}

// TestHomeUpstreams compares where Caddy looks for the functions with where they listen.
func TestHomeUpstreams(t *testing.T) {
	t.Parallel()

	file, caddy := read(t, "../../docs/deploy/home.Caddyfile"), readCompose(t).Services["caddy"]
	for function, variable := range map[string]string{"stripe-webhook": "STRIPE_WEBHOOK", "send-email": "SEND_EMAIL"} {
		places := map[string]int{"stripe-webhook": 2, "send-email": 3}[function] // a monitor's has its own
		address := ""
		for _, set := range readUnit(t, function)["Service"]["Environment"] {
			if a, found := strings.CutPrefix(set, "handler_address="); found {
				address = a
			}
		}
		if n := strings.Count(file, "reverse_proxy {$"+variable+":"+address+"} "); n != places {
			t.Errorf("%s is at %s with systemd, to which Caddy passes calls in %d places", function, address, n)
		}
		if got, want := caddy.Environment[variable], function+":8082"; got != want {
			t.Errorf("Caddy looks for %s at %s in the containers' network, want %s", function, got, want)
		}
	}
	for variable := range caddy.Environment {
		if !strings.Contains(file, "{$"+variable+":") {
			t.Errorf("the Caddyfile does not read %s", variable)
		}
	}
	if (caddy.Environment["BODIES"] == "streamed") != newCaddy(caddy.Image) {
		t.Errorf("%s passes bodies on %s", caddy.Image, caddy.Environment["BODIES"])
	}
	header := regexp.MustCompile(`read_header (\w+)`).FindStringSubmatch(file)
	if header == nil || duration(t, caddy.Environment["READ_BODY"]) < duration(t, header[1])+homeReadTimeout {
		t.Errorf("Caddy gives a request %s, of which its header takes up to %v, and the function %v", caddy.Environment["READ_BODY"], header, homeReadTimeout)
	}
	if !slices.Contains(caddy.Volumes, "./Caddyfile:/etc/caddy/Caddyfile:ro") || caddy.Environment["OWNER_ADDRESS"] != "0.0.0.0" {
		t.Errorf("%v, and the owner's listener is on %s", caddy.Volumes, caddy.Environment["OWNER_ADDRESS"])
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
