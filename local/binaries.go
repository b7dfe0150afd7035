//go:build !laptop

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const binariesUsage = `Builds stack.yml's functions as their images have them, for a server that runs them without containers.

  local binaries [--platform linux/ARCH] [--out DIR] [--state DIR]
`

func binariesCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local binaries", flag.ContinueOnError)
	text := set.String("platform", "linux/amd64", "what they are for")
	out := set.String("out", filepath.Join("build", "binaries"), "folder of the programs, one for each function")
	set.Usage = func() {
		fmt.Fprint(set.Output(), binariesUsage)
		set.PrintDefaults()
	}
	f, err := parseFolders(set, args)
	if err != nil {
		return err
	}
	platform, err := parsePlatform(*text)
	if err != nil {
		return err
	}
	b, err := newBuilding(f)
	if err != nil {
		return err
	}
	return b.binaries(ctx, newConsole(), platform, *out)
}

// binaries builds all functions into a folder.
func (b *building) binaries(ctx context.Context, c *console, p v1.Platform, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, name := range b.names() {
		dir, err := b.newContext(name)
		if err != nil {
			return err
		}
		if err := c.step(fmt.Sprintf("build and test %s for %s", name, p), func() error { return b.build(ctx, dir, p) }); err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
		if err := os.Rename(filepath.Join(dir, "handler"), filepath.Join(out, name)); err != nil {
			return err
		}
		c.say("  %s", filepath.Join(out, name))
	}
	return nil
}
