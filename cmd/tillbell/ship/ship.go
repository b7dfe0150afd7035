// Package ship builds the functions as their images have them, without a container engine: images,
// and the programs alone.
package ship

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/cmd/tillbell/oci"
	"handler/function/shared/console"
	"handler/function/shared/dotenv"
	"handler/function/shared/image"
	"handler/function/shared/shopcheck"
	"handler/function/shared/stackfile"
)

// ParsePlatform reads what a function can be built for.
func ParsePlatform(text string) (v1.Platform, error) {
	p, err := v1.ParsePlatform(text)
	if err != nil || p.OS != "linux" || p.Architecture == "" || strings.Contains(text, ",") {
		return v1.Platform{}, errors.New("want a platform such as linux/amd64")
	}
	return *p, nil
}

// Run makes all images. What it needs of registries it looks at first: to build and test takes
// minutes.
func (s *Shipping) Run(ctx context.Context) error {
	if err := s.Console.Step("look at the base and the watchdog", func() error { return s.look(ctx) }); err != nil {
		return err
	}
	for _, name := range s.names() {
		if err := s.ship(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// look looks at the images that others are made of, and whether the registry takes ours.
func (s *Shipping) look(ctx context.Context) error {
	for _, p := range s.Platforms {
		if err := (oci.Recipe{Stage: s.stage, Platform: p, Base: s.Base, Watchdog: s.Watchdog}).Look(ctx); err != nil {
			return err
		}
	}
	if !s.Push {
		return nil
	}
	for _, name := range s.names() {
		if err := oci.LookToPush(s.services.Functions[name].Image); err != nil {
			return err
		}
	}
	return nil
}

// Shipping makes the images, and sends them.
type Shipping struct {
	*Building
	Console   *console.Console
	Platforms []v1.Platform
	// Base and Watchdog are images in place of those that the Dockerfile names.
	Base, Watchdog string
	// Out is the folder of the OCI image layouts.
	Out  string
	Push bool
}

// ship makes one function's image for all platforms.
func (s *Shipping) ship(ctx context.Context, name string) error {
	ref := s.services.Functions[name].Image
	dir, err := s.newContext(name)
	if err != nil {
		return err
	}
	var all []v1.Image
	for _, p := range s.Platforms {
		err := s.Console.Step(fmt.Sprintf("build and test %s for %s", name, p), func() error { return s.build(ctx, dir, p) })
		if err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
		img, err := oci.Build(ctx, oci.Recipe{Stage: s.stage, Context: dir, Platform: p, Base: s.Base, Watchdog: s.Watchdog})
		if err != nil {
			return fmt.Errorf("image of %s: %w", name, err)
		}
		all = append(all, img)
	}
	index, err := oci.Index(all)
	if err != nil {
		return err
	}
	folder := filepath.Join(s.Out, name)
	if err := oci.Write(folder, ref, index); err != nil {
		return fmt.Errorf("write %s: %w", folder, err)
	}
	if s.Push {
		if err := s.Console.Step("push "+ref, func() error { return oci.Push(ctx, ref, index) }); err != nil {
			return err
		}
	}
	return s.tell(ref, folder, index, all[0])
}

// tell says what came of it; by the digests, images can be named that never change.
func (s *Shipping) tell(ref, folder string, index v1.ImageIndex, first v1.Image) error {
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	manifest, err := first.Manifest()
	if err != nil {
		return err
	}
	s.Console.Say("  %s@%s, in %s", ref, digest, folder)
	s.Console.Say("  on %s@%s", manifest.Annotations[oci.BaseName], manifest.Annotations[oci.BaseDigest])
	return nil
}

// SetRegistry sets REGISTRY, by which stack.yml names the images, to what .env says, where the
// environment does not.
func SetRegistry(env string) error {
	file, err := dotenv.Read(env)
	if err != nil || os.Getenv("REGISTRY") != "" || file["REGISTRY"] == "" {
		return err
	}
	return os.Setenv("REGISTRY", file["REGISTRY"])
}

// Building builds functions for the platforms that are asked for, and not for this machine alone.
type Building struct {
	services *stack.Services
	steps    []image.Step
	stage    *image.Runtime
	// below has the build contexts. They are always at the same place, so that Go knows which tests
	// it has run.
	below string
}

// NewBuilding checks and reads the owner's files in the working folder. Build contexts go below a
// folder.
func NewBuilding(below string) (*Building, error) {
	if err := shopcheck.OwnersFiles(""); err != nil {
		return nil, err
	}
	services, err := stackfile.Read("stack.yml")
	if err != nil {
		return nil, err
	}
	dockerfile, err := image.Dockerfile(".")
	if err != nil {
		return nil, err
	}
	if below, err = filepath.Abs(below); err != nil {
		return nil, err
	}
	b := &Building{services: services, below: below}
	if b.steps, err = image.BuildSteps(dockerfile); err != nil {
		return nil, err
	}
	b.stage, err = image.LastStage(dockerfile)
	return b, err
}

func (b *Building) names() []string { return slices.Sorted(maps.Keys(b.services.Functions)) }

func (b *Building) newContext(name string) (string, error) {
	return image.NewContext(b.services, name, b.below)
}

func (b *Building) build(ctx context.Context, dir string, p v1.Platform) error {
	return image.RunQuietly(ctx, dir, b.steps, stepsEnv(os.Environ(), p))
}

// stepsEnv is what a container would see: the platform, and none of this machine's wishes for what
// the compiler makes.
func stepsEnv(env []string, p v1.Platform) []string {
	ours := slices.DeleteFunc(slices.Clone(env), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains([]string{"CGO_ENABLED", "GOFLAGS", "GOEXPERIMENT", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOARM", "GO386"}, name)
	})
	return append(ours, "TARGETOS="+p.OS, "TARGETARCH="+p.Architecture)
}
