// Package servertest stands in for an owner's server without OpenFaaS. Its ssh runs commands on
// this machine, with a folder in place of the server's root; systemctl, docker and the like are
// scripts that check what they are given, and write it down.
package servertest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"handler/function/shared/gateway/gatewaytest"
)

// Destination is where its ssh leads.
const Destination = "root@shop.example.com"

// Server is one that answers.
type Server struct {
	t *testing.T
	// Root is the folder in place of the root folder.
	Root string
	// Bin are the owner's programs, among them ssh, and bin the server's.
	Bin, bin string
}

// New has ssh on the PATH lead to a new server. The test cannot be parallel.
func New(t *testing.T) *Server {
	t.Helper()
	s := At(t, t.TempDir())
	t.Setenv("PATH", s.Bin+":"+os.Getenv("PATH"))
	return s
}

// At is a server with a root that is there. Its ssh is in Bin.
func At(t *testing.T, root string) *Server {
	t.Helper()
	s := &Server{t, root, t.TempDir(), t.TempDir()}
	for _, dir := range []string{"etc/systemd/system", "running", "log"} {
		if err := os.MkdirAll(filepath.Join(s.Root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	place := strings.NewReplacer("ROOT", s.Root, "BIN", s.bin, "DESTINATION", Destination, "PATH0", os.Getenv("PATH")).Replace
	gatewaytest.Program(t, s.Bin, "ssh", place(ssh))
	for name, lines := range map[string]string{"systemctl": systemctl, "docker": docker, "id": "echo 0", "uname": "echo x86_64", "chown": chown} {
		gatewaytest.Program(t, s.bin, name, place(lines))
	}
	return s
}

// Podman has Podman be there in place of Docker.
func (s *Server) Podman() {
	s.t.Helper()
	if err := os.Rename(filepath.Join(s.bin, "docker"), filepath.Join(s.bin, "podman")); err != nil {
		s.t.Fatal(err)
	}
	s.Program("docker", "exit 127")
}

// ssh has nothing of the owner's environment on the other side. Files in the root have it fail, or
// spoil what is sent.
const ssh = `set -e
printf '%s\n' "$*" >>ROOT/log/ssh
if [ $# -ne 9 ] || [ "$1 $2 $3 $4 $5 $6 $7 $8" != "-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 -- DESTINATION" ]; then
	echo "ssh $1 $2 $3 $4 $5 $6 $7 $8?" >&2
	exit 255
fi
if [ -e ROOT/unreachable ]; then
	echo "ssh: connect to host shop.example.com port 22: Connection refused" >&2
	exit 255
fi
command=$(printf '%s' "$9" | sed 's|/opt/tillbell|ROOT/opt/tillbell|g; s|/etc/systemd|ROOT/etc/systemd|g')
if [ -e ROOT/changed ]; then
	sed 's/v2/v9/' | env -i PATH=BIN:PATH0 sh -c "$command"
elif [ -e ROOT/cut ]; then
	head -c 2500 | env -i PATH=BIN:PATH0 sh -c "$command"
else
	exec env -i PATH=BIN:PATH0 sh -c "$command"
fi`

// systemctl starts a unit as systemd does: with the program that the current release has, and with
// copies of the credentials.
const systemctl = `set -e
echo "$*" >>ROOT/log/systemctl
unit=ROOT/etc/systemd/system/${2:-}.service name=${2#tillbell-}
case "$*" in
daemon-reload) ;;
"--quiet enable tillbell-"*) test -e "ROOT/etc/systemd/system/$3.service" ;;
"--quiet is-active tillbell-"*) test -e "ROOT/running/${3#tillbell-}" ;;
"restart tillbell-"*)
	program=$(sed -n 's/^ExecStart=//p' "$unit" | sed 's|/opt/tillbell|ROOT/opt/tillbell|')
	test -x "$program"
	mkdir -p "ROOT/credentials/$name"
	sed -n 's/^LoadCredential=//p' "$unit" | while IFS=: read -r id file; do
		cp "ROOT$file" "ROOT/credentials/$name/$id" || exit 1
	done
	cp "$(sed -n 's/^EnvironmentFile=//p' "$unit" | sed 's|/opt/tillbell|ROOT/opt/tillbell|')" "ROOT/credentials/$name/settings.env"
	cp "$program" "ROOT/running/$name" ;;
*) echo "systemctl $*?" >&2; exit 1 ;;
esac`

// docker starts what compose.yaml says where the files are there that it names. A container's ID is
// how often its service was started.
const docker = `set -e
echo "$*" >>"ROOT/log/${0##*/}"
case "$*" in
"compose version") test ! -e ROOT/no-docker ;;
"compose pull")
	test ! -e ROOT/no-image || { echo "manifest unknown" >&2; exit 1; }
	test -s compose.yaml && test -s .env && test -s settings.env && grep -q '^REGISTRY=.' .env ;;
"compose up -d --no-deps --force-recreate caddy" | "compose up -d --no-deps caddy")
	test -s Caddyfile
	echo >>ROOT/log/started-caddy
	cp Caddyfile ROOT/running/caddy ;;
"compose up -d --no-deps --force-recreate send-email" | "compose up -d --no-deps --force-recreate stripe-webhook")
	for secret in mongodb-uri stripe-api-key send-email-key; do test -s secrets/$secret || exit 1; done
	if [ -e ROOT/quiet ]; then echo "Error: no space left" >&2; exit 0; fi
	echo >>"ROOT/log/started-$6"
	sed -n 's/^TAG=//p' .env >"ROOT/running/$6" ;;
"ps --quiet --filter label=com.docker.compose.project=tillbell --filter label=com.docker.compose.service="*" --filter status=running")
	name=${6#label=com.docker.compose.service=}
	if [ -e "ROOT/running/$name" ]; then { echo; cat "ROOT/log/started-$name" 2>/dev/null; } | wc -l; fi ;;
*) echo "docker $*?" >&2; exit 1 ;;
esac`

// chown changes no owner, which takes root.
const chown = `set -e
echo "$*" >>ROOT/log/chown
test "$1" = 65532:65532 && test -e "$2"`

// Path is a file's on the server.
func (s *Server) Path(name string) string { return filepath.Join(s.Root, name) }

// Read is a file on the server, or nothing.
func (s *Server) Read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.Path(name))
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	return string(text)
}

// Write writes a file on the server.
func (s *Server) Write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.Path(name)), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.Path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// Remove removes a file on the server.
func (s *Server) Remove(name string) {
	s.t.Helper()
	if err := os.Remove(s.Path(name)); err != nil {
		s.t.Fatal(err)
	}
}

// Program has the server have another program.
func (s *Server) Program(name, lines string) {
	s.t.Helper()
	gatewaytest.Program(s.t, s.bin, name, lines)
}

// Log gives the lines that a program was called with, and forgets them.
func (s *Server) Log(program string) []string {
	s.t.Helper()
	text := strings.TrimSpace(s.Read("log/" + program))
	s.Write("log/"+program, "")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// Running is what a function was started from: its program's content, or its image's tag.
func (s *Server) Running(function string) string {
	return strings.TrimSpace(s.Read("running/" + function))
}

// Tunnel is the owner's way to the functions, as Caddy has it: one that was started from something
// named broken does not work. asked gives the bodies of the signed calls so far, and forgets them.
func (s *Server) Tunnel() (address string, asked func() []string) {
	s.t.Helper()
	var mu sync.Mutex
	var bodies []string
	tunnel := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		function := strings.TrimPrefix(r.URL.Path, "/function/")
		switch running := s.Running(function); {
		case running == "":
			w.WriteHeader(http.StatusBadGateway)
		case strings.Contains(running, "broken-"+function):
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"error": "it is broken"}`)
		case r.Header.Get("Hmac") != "":
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			defer mu.Unlock()
			bodies = append(bodies, string(body))
			fmt.Fprint(w, `{"idle": true}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	s.t.Cleanup(tunnel.Close)
	return tunnel.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		all := bodies
		bodies = nil
		return all
	}
}
