//go:build !laptop

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"handler/function/cmd/tillbell/oci"
	"handler/function/local/content"
)

// sizePlatform is what the figures are for; those of others differ by little.
var sizePlatform = v1.Platform{OS: "linux", Architecture: "amd64"}

func sizeCommand(ctx context.Context, args []string) error {
	f, err := parseFolders(flag.NewFlagSet("local size", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	b, err := newBuilding(f)
	if err != nil {
		return err
	}
	c := newConsole()
	for _, name := range b.names() {
		var s size
		err := c.step("build "+name, func() (err error) { s, err = b.measure(ctx, name); return err })
		if err != nil {
			return err
		}
		if err := s.print(c.out, name); err != nil {
			return err
		}
	}
	return nil
}

// size is how large a function is.
type size struct {
	// program is what runs, and layers what the image's compressed layers of ours come to, in
	// bytes.
	program, layers int64
	parts           []content.Part
}

// measure builds a function twice: as it is in the image, and with the symbols that say what is in
// it.
func (b *building) measure(ctx context.Context, name string) (size, error) {
	var s size
	dir, err := b.newContext(name)
	if err != nil {
		return s, err
	}
	if err := b.build(ctx, dir, sizePlatform); err != nil {
		return s, err
	}
	info, err := os.Stat(filepath.Join(dir, "handler"))
	if err != nil {
		return s, err
	}
	s.program = info.Size()
	if s.layers, err = b.layers(ctx, dir); err != nil {
		return s, err
	}
	s.parts, err = b.parts(ctx, dir)
	return s, err
}

// layers is of what comes from the build context: the watchdog and the base are not ours.
func (b *building) layers(ctx context.Context, dir string) (int64, error) {
	recipe := oci.Recipe{Stage: b.stage, Context: dir, Platform: sizePlatform}
	var all int64
	for _, c := range b.stage.Copies {
		if c.From.Image != "" {
			continue
		}
		layer, err := recipe.Layer(ctx, c, types.OCILayer)
		if err != nil {
			return 0, err
		}
		n, err := layer.Size()
		if err != nil {
			return 0, err
		}
		all += n
	}
	return all, nil
}

// parts are read from a program with symbols, which is the same one otherwise.
func (b *building) parts(ctx context.Context, dir string) ([]content.Part, error) {
	program := filepath.Join(dir, "handler.symbols")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-w", "-o", program, ".")
	cmd.Dir = dir
	cmd.Env = append(stepsEnv(os.Environ(), sizePlatform), "CGO_ENABLED=0", "GOWORK=off", "GOOS="+sizePlatform.OS, "GOARCH="+sizePlatform.Architecture)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build with symbols: %w\n%s", err, out)
	}
	return content.Read(program)
}

// print shows the parts that come to a percent at least, and the rest as one.
func (s size) print(out io.Writer, name string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "%s for %s: program %s, its image's compressed layers of ours %s\n", name, sizePlatform, megabytes(s.program), megabytes(s.layers))
	row := func(bytes int64, what string) {
		fmt.Fprintf(w, "%s\t%.1f%%\t  %s\n", megabytes(bytes), 100*float64(bytes)/float64(s.program), what)
	}
	rest, few := s.program, 0
	for _, p := range s.parts {
		if p.Bytes*100 < s.program {
			few++
			continue
		}
		rest -= p.Bytes
		row(p.Bytes, strings.TrimSpace(p.Name+" "+p.Version))
	}
	row(rest, fmt.Sprintf("%d smaller ones, and the file's headers", few))
	return w.Flush()
}

func megabytes(n int64) string { return fmt.Sprintf("%.2f MB", float64(n)/1e6) }
