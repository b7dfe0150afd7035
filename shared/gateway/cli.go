package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// CLI is faas-cli, speaking to one gateway.
type CLI struct {
	// Path is the program.
	Path string
	// Gateway is the gateway's address.
	Gateway string
}

// ErrNoCLI: there is no faas-cli.
var ErrNoCLI = errors.New("there is no faas-cli: make faas-cli builds it")

// FindCLI finds faas-cli: the program at a path, or else the one on the PATH.
func FindCLI(path, gateway string) (*CLI, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
		path, err = filepath.Abs(path)
		return &CLI{path, gateway}, err
	}
	path, err := exec.LookPath("faas-cli")
	if err != nil {
		return nil, ErrNoCLI
	}
	return &CLI{path, gateway}, nil
}

// Version is its own version text.
func (c *CLI) Version(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, c.Path, "version", "--short-version", "--warn-update=false").Output()
	if err != nil {
		return "", fmt.Errorf("%s does not run: %w", c.Path, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// CreateSecret creates a secret at the gateway, and UpdateSecret replaces one. The value goes
// through a pipe, so it is never in the list of processes, in a file or in the shell's history.
func (c *CLI) CreateSecret(ctx context.Context, name, value string) error {
	return c.secret(ctx, "create", "Created:", name, value)
}

// UpdateSecret replaces a secret.
func (c *CLI) UpdateSecret(ctx context.Context, name, value string) error {
	return c.secret(ctx, "update", "Updated:", name, value)
}

// secret runs faas-cli, whose exit code is 0 even if the gateway refused: only its output shows
// that.
func (c *CLI) secret(ctx context.Context, command, done, name, value string) error {
	if strings.TrimSpace(value) == "" {
		return fmt.Errorf("secret %s is empty", name)
	}
	cmd := exec.CommandContext(ctx, c.Path, "secret", command, name, "--gateway", c.Gateway)
	cmd.Stdin = strings.NewReader(value)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err == nil && strings.Contains(out.String(), done) {
		return nil
	}
	said := without(value, strings.TrimSpace(out.String()))
	if err != nil {
		return fmt.Errorf("faas-cli secret %s %s: %w: %s", command, name, err, said)
	}
	return fmt.Errorf("faas-cli secret %s %s: %s", command, name, said)
}

// without removes a secret from a text that may quote it.
func without(secret, text string) string {
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); line != "" {
			text = strings.ReplaceAll(text, line, "…")
		}
	}
	return text
}
