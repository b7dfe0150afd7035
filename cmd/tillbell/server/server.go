// Package server is the owner's server without OpenFaaS, by ssh: what is on it, and a small script
// for each platform that changes it. What is sent there goes through standard input, and secrets
// are in no command line.
package server

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"handler/function/cmd/tillbell/target"
)

// Home is the folder on the server in which all is.
const Home = "/opt/tillbell"

var (
	//go:embed compose.sh
	composeScript string
	//go:embed systemd.sh
	systemdScript string
)

// Server runs a platform's script on a server.
type Server struct {
	destination, script string
	// changed are the secrets that were written.
	changed []string
}

// New is the server of a target that has one. Nothing is called yet.
func New(t *target.Target) *Server {
	script := composeScript
	if t.Platform == target.Systemd {
		script = systemdScript
	}
	return &Server{destination: t.Server, script: script}
}

var (
	// ErrNoSSH: there is no ssh on this machine.
	ErrNoSSH = errors.New("there is no ssh on this machine")
	// ErrUnreachable: ssh does not get to the server, or is refused there.
	ErrUnreachable = errors.New("ssh does not get to the server")
)

// sshFailed is ssh's exit code where the command on the other side is not to blame.
const sshFailed = 255

// options have ssh ask nothing, and give up on a server that is away or that goes away.
var options = []string{"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15", "--"}

// run runs a command of the script, and gives what it prints.
func (s *Server) run(ctx context.Context, stdin io.Reader, words ...string) (string, error) {
	command := "sh -c " + quote(s.script) + " tillbell"
	for _, word := range words {
		command += " " + quote(word)
	}
	cmd := exec.CommandContext(ctx, "ssh", append(slices.Clone(options), s.destination, command)...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out.String(), nil
	case errors.Is(err, exec.ErrNotFound):
		return "", ErrNoSSH
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &exit) && exit.ExitCode() == sshFailed:
		return "", fmt.Errorf("%w: %s", ErrUnreachable, ending(said.String()))
	}
	if reason := ending(said.String()); reason != "" {
		return "", fmt.Errorf("on the server, %s: %s (%w)", words[0], reason, err)
	}
	return "", fmt.Errorf("on the server, %s: %w", words[0], err)
}

// quote is a word for the shell on the server.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// ending is the end of what a program has said, where the reason is.
func ending(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	const most = 5
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}

// tag is what Docker takes for one. It is the name of a folder on the server as well.
var tag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// CheckTag refuses what cannot name a version.
func CheckTag(t string) error {
	if !tag.MatchString(t) {
		return fmt.Errorf("TAG is %q: want letters, digits, dots and dashes, such as v1", t)
	}
	return nil
}

// Receive brings a version to the server. What runs is not touched.
func (s *Server) Receive(ctx context.Context, tag string, files []File) error {
	return s.send(ctx, files, "receive", tag)
}

// Switch makes a version that was received the one that starts from now on. No function is
// restarted.
func (s *Server) Switch(ctx context.Context, tag string) error {
	_, err := s.run(ctx, nil, "switch", tag)
	return err
}

// Back undoes Switch.
func (s *Server) Back(ctx context.Context) error {
	_, err := s.run(ctx, nil, "back")
	return err
}

// Restart restarts a function, as the version that starts from now on.
func (s *Server) Restart(ctx context.Context, function string) error {
	_, err := s.run(ctx, nil, "restart", function)
	return err
}

var secretName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// CreateSecret writes a secret's file.
func (s *Server) CreateSecret(ctx context.Context, name, value string) error {
	switch {
	case !secretName.MatchString(name):
		return fmt.Errorf("%q is no name of a secret", name)
	case strings.TrimSpace(value) == "":
		return fmt.Errorf("secret %s is empty", name)
	}
	if _, err := s.run(ctx, strings.NewReader(value), "secret", name); err != nil {
		return err
	}
	s.changed = append(s.changed, name)
	return nil
}

// UpdateSecret replaces one.
func (s *Server) UpdateSecret(ctx context.Context, name, value string) error {
	return s.CreateSecret(ctx, name, value)
}

// Changed are the names of the secrets that were written.
func (s *Server) Changed() []string { return s.changed }
