package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"handler/function/local/process"
)

// TestGuideCloudInit reads what a new server is given.
func TestGuideCloudInit(t *testing.T) {
	t.Parallel()

	source := read(t, "../docs/deploy/cloud-init.yaml")
	if !strings.HasPrefix(source, "#cloud-config\n") {
		t.Error("its first line is not the one that cloud-init knows it by")
	}
	var config struct {
		PackageUpdate  bool `yaml:"package_update"`
		PackageUpgrade bool `yaml:"package_upgrade"`
		Packages       []string
		Runcmd         []string
	}
	decoder := yaml.NewDecoder(strings.NewReader(source))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		t.Fatal(err)
	}
	closed, installed := slices.Index(config.Runcmd, "ufw --force enable"), -1
	for i, line := range config.Runcmd {
		if out, err := exec.Command("sh", "-n", "-c", line).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", line, out)
		}
		if strings.Contains(line, "install.sh") {
			installed = i
		}
		if program, _, _ := strings.Cut(line, " "); (program == "ufw" || program == "git") && !slices.Contains(config.Packages, program) {
			t.Errorf("%s is not installed", program)
		}
		if strings.HasPrefix(line, "ufw allow ") && !slices.Contains([]string{"ufw allow OpenSSH", "ufw allow 80/tcp", "ufw allow 443/tcp", "ufw allow in on openfaas0"}, line) {
			t.Errorf("%s: what for?", line)
		}
	}
	if !slices.Contains(config.Runcmd, "ufw default deny incoming") || closed < 0 || closed > installed {
		t.Errorf("the firewall is closed by line %d, and faasd installed by line %d", closed, installed)
	}
}

// faasdCompose is laid out as faasd's docker-compose.yaml, with the lines that matter here.
const faasdCompose = `version: "3.7"
services:
  nats:
    image: docker.io/library/nats-streaming:0.25.6
    command:
      - "--store=file"

  gateway:
    image: ghcr.io/openfaas/gateway:0.27.13
    environment:
      - basic_auth=true
    depends_on:
      - nats
    ports:
       - "8080:8080"

  queue-worker:
    image: ghcr.io/openfaas/queue-worker:0.14.2
    environment:
      - ack_wait=5m5s
      - write_debug=false
    cap_add:
      - CAP_NET_RAW
    depends_on:
      - nats
`

// faasdService is one of faasd's, as far as it is looked at here.
type faasdService struct {
	Image              string
	Environment, Ports []string
	DependsOn          []string `yaml:"depends_on"`
}

func TestGuideCompose(t *testing.T) {
	t.Parallel()

	setup := func(t *testing.T, source string) (file string, run func() (string, error)) {
		file = filepath.Join(t.TempDir(), "docker-compose.yaml")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		return file, func() (string, error) {
			out, err := exec.CommandContext(t.Context(), "sh", "../docs/deploy/compose.sh", file).CombinedOutput()
			return string(out), err
		}
	}

	t.Run("cures the queue, keeps the gateway to the server, and adds the timer", func(t *testing.T) {
		t.Parallel()

		file, run := setup(t, faasdCompose)
		if out, err := run(); err != nil || !strings.Contains(out, "is changed") {
			t.Fatalf("%v %s", err, out)
		}
		changed := read(t, file)
		var compose struct{ Services map[string]faasdService }
		if err := yaml.Unmarshal([]byte(changed), &compose); err != nil {
			t.Fatal(err)
		}
		worker, gateway, timer := compose.Services["queue-worker"], compose.Services["gateway"], compose.Services["cron-connector"]
		if !slices.Equal(worker.Environment, []string{"ack_wait=5m5s", "write_debug=true"}) || !slices.Contains(worker.DependsOn, "gateway") || !slices.Contains(worker.DependsOn, "nats") {
			t.Errorf("the queue worker is %+v", worker)
		}
		if !slices.Equal(gateway.Ports, []string{"127.0.0.1:8080:8080"}) || !slices.Equal(gateway.DependsOn, []string{"nats"}) {
			t.Errorf("the gateway is %+v", gateway)
		}
		if !slices.Contains(timer.Environment, "async_invocation=false") || !slices.Equal(timer.DependsOn, []string{"gateway"}) {
			t.Errorf("the timer is %+v", timer)
		}
		if before := read(t, file+".before"); before != faasdCompose {
			t.Error("what it was is not kept")
		}
		if out, err := run(); err != nil || !strings.Contains(out, "is as it should be") || read(t, file) != changed {
			t.Errorf("a second time it says %v %s", err, out)
		}
	})

	for _, line := range []string{"write_debug=false", `"8080:8080"`, "depends_on:\n      - nats\n", "  queue-worker:"} {
		t.Run("leaves a file alone that has no "+line, func(t *testing.T) {
			t.Parallel()

			i := strings.LastIndex(faasdCompose, line)
			source := faasdCompose[:i] + "x" + faasdCompose[i+len(line):]
			file, run := setup(t, source)
			if out, err := run(); err == nil || !strings.Contains(out, "✗") || read(t, file) != source {
				t.Errorf("it says %v %s", err, out)
			}
			if left, _ := filepath.Glob(file + ".*"); left != nil {
				t.Errorf("it leaves %v", left)
			}
		})
	}
}

// TestGuideCaddyfile runs the real Caddy before a gateway.
func TestGuideCaddyfile(t *testing.T) {
	t.Parallel()

	caddy, err := exec.LookPath("caddy")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("Caddy is not installed (apt-get install caddy)")
	}
	var begun sync.Map // when a call with a query began
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun.Store(r.URL.RawQuery, time.Now())
		body, err := io.ReadAll(r.Body)
		if r.URL.RawQuery != "" && err == nil {
			t.Errorf("the gateway takes %s for whole", r.URL.RawQuery)
		}
		_, _ = io.WriteString(w, r.Method+" "+r.URL.EscapedPath()+r.Header.Get("Hmac")+string(body))
	}))
	defer gateway.Close()
	address := startCaddy(t, caddy, gateway.Listener.Addr().String())

	const hook, events, signature = "POST /function/stripe-webhook", "POST /function/send-email", "X-Twilio-Email-Event-Webhook-Signature"
	for _, c := range []struct {
		name, method, path string
		passed             string
		header             string
	}{
		{"the webhook", "POST", "/function/stripe-webhook", hook, ""},
		{"the webhook, with a way through another function", "POST", "/function/send-email/../stripe-webhook", hook, ""},
		{"the webhook, with a slash too many", "POST", "/function//stripe-webhook", hook, ""},
		{"a look at the webhook", "GET", "/function/stripe-webhook", "", ""},
		{"below the webhook", "POST", "/function/stripe-webhook/x", "", ""},
		{"out of the webhook", "POST", "/function/stripe-webhook/../send-email", "", ""},
		{"the other function", "POST", "/function/send-email", "", ""},
		{"SendGrid's events", "POST", "/function/send-email", events, signature},
		{"a look at the other function, as SendGrid", "GET", "/function/send-email", "", signature},
		{"below the other function, as SendGrid", "POST", "/function/send-email/x", "", signature},
		{"the queue, as SendGrid", "POST", "/async-function/send-email", "", signature},
		{"the gateway's API, as SendGrid", "POST", "/system/functions", "", signature},
		{"the queue", "POST", "/async-function/stripe-webhook", "", ""},
		{"the gateway's API", "GET", "/system/functions", "", ""},
		{"the UI", "GET", "/ui/", "", ""},
		{"the metrics", "GET", "/metrics", "", ""},
		{"nothing", "GET", "/", "", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+address+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Hmac", "!") // which goes no further
		if c.header != "" {
			req.Header.Set(c.header, "MEU=")
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		want := http.StatusOK
		if c.passed == "" {
			want = http.StatusNotFound
		}
		if res.StatusCode != want || string(body) != c.passed {
			t.Errorf("%s: %d %q", c.name, res.StatusCode, body)
		}
	}
	t.Run("a body of the greatest size", func(t *testing.T) {
		body := strings.Repeat("x", 1<<20)
		for _, sent := range []io.Reader{strings.NewReader(body), io.MultiReader(strings.NewReader(body))} { // the second is chunked
			res, err := http.Post("http://"+address+"/function/stripe-webhook", "application/json", sent)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(got) != hook+body {
				t.Errorf("%d, %d bytes, %v", res.StatusCode, len(got), err)
			}
		}
	})

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
			// Stripe may not take a sale for stored that came too slowly.
			if res.StatusCode != http.StatusGatewayTimeout || !res.Close {
				t.Errorf("after %v: %s, close %v", time.Since(sent), res.Status, res.Close)
			}
			// As it gives up, Caddy passes on what it has, and breaks off.
			if began, ok := begun.Load(query); ok && began.(time.Time).Sub(sent) < 4*time.Second {
				t.Errorf("the gateway has it after %v", began.(time.Time).Sub(sent))
			}
		})
	}
}

// startCaddy runs Caddy with the guide's file before a gateway, and gives its address. Another may take the free
// port before Caddy does.
func startCaddy(t *testing.T, caddy, gateway string) (address string) {
	t.Helper()
	var err error
	for range 5 {
		address = freeAddress(t)
		source := read(t, "../docs/deploy/Caddyfile")
		for old, now := range map[string]string{"\n{\n": "\n{\n\tadmin off\n", "\nshop.example.com {": "\nhttp://" + address + " {", "127.0.0.1:8080": gateway} {
			if !strings.Contains(source, old) {
				t.Fatalf("it does not have %q", old)
			}
			source = strings.ReplaceAll(source, old, now)
		}
		file := filepath.Join(t.TempDir(), "Caddyfile")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		var p *process.Process
		p, err = process.Start(process.Command{Path: caddy, Args: []string{"run", "--adapter", "caddyfile", "--config", file}, Env: append(os.Environ(), "HOME="+t.TempDir())})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop(t.Context()) })
		if err = p.WaitListening(t.Context(), address); err == nil {
			return address
		}
	}
	t.Fatal(err)
	return ""
}
