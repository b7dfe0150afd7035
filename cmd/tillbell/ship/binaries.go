package ship

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"handler/function/shared/console"
)

// Binaries builds all functions into a folder, and says how large they are.
func (b *Building) Binaries(ctx context.Context, c *console.Console, p v1.Platform, out string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, name := range b.names() {
		dir, err := b.newContext(name)
		if err != nil {
			return err
		}
		if err := c.Step(fmt.Sprintf("build and test %s for %s", name, p), func() error { return b.build(ctx, dir, p) }); err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
		program := filepath.Join(out, name)
		if err := os.Rename(filepath.Join(dir, "handler"), program); err != nil {
			return err
		}
		info, err := os.Stat(program)
		if err != nil {
			return err
		}
		c.Say("  %s, %.2f MB", program, float64(info.Size())/1e6)
	}
	return nil
}
