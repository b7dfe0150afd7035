//go:build !laptop

package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/cmd/tillbell/oci"
	"handler/function/shared/dotenv"
	"handler/function/shared/image"
)

const imagesUsage = `Builds the images of stack.yml's functions without a container engine, by the template's Dockerfile.

  local images [--push] [--platforms LIST] [--base IMAGE] [--watchdog IMAGE] [--out DIR] [--state DIR]

IMAGE is a reference in a registry, a folder with an OCI image layout, a file of docker save, or scratch.
REGISTRY and TAG in the environment name the images, as stack.yml says; REGISTRY may be in .env.
`

func imagesCommand(ctx context.Context, args []string) error {
	s := shipping{console: newConsole()}
	set := flag.NewFlagSet("local images", flag.ContinueOnError)
	set.BoolVar(&s.push, "push", false, "send them to their registry, with Docker's credentials")
	platforms := set.String("platforms", "linux/amd64,linux/arm64", "what the images are for")
	set.StringVar(&s.base, "base", "", "what they begin with (default: what the Dockerfile says)")
	set.StringVar(&s.watchdog, "watchdog", "", "image of the watchdog (default: what the Dockerfile says)")
	set.StringVar(&s.out, "out", filepath.Join("build", "images"), "folder of the OCI image layouts, one for each function")
	set.Usage = func() {
		fmt.Fprint(set.Output(), imagesUsage)
		set.PrintDefaults()
	}
	f, err := parseFolders(set, args)
	if err != nil {
		return err
	}
	for _, text := range strings.Split(*platforms, ",") {
		p, err := parsePlatform(text)
		if err != nil {
			return fmt.Errorf("%w, or several with commas", err)
		}
		s.platforms = append(s.platforms, p)
	}
	if err := registryOf(".env"); err != nil {
		return err
	}
	if s.building, err = newBuilding(f); err != nil {
		return err
	}
	return s.run(ctx)
}

// parsePlatform reads what a function can be built for.
func parsePlatform(text string) (v1.Platform, error) {
	p, err := v1.ParsePlatform(text)
	if err != nil || p.OS != "linux" || p.Architecture == "" || strings.Contains(text, ",") {
		return v1.Platform{}, fmt.Errorf("PLATFORMS: %q is none; want linux/amd64", text)
	}
	return *p, nil
}

// run makes all images. What it needs of registries it looks at first: to build and test takes
// minutes.
func (s *shipping) run(ctx context.Context) error {
	if err := s.console.step("look at the base and the watchdog", func() error { return s.look(ctx) }); err != nil {
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
func (s *shipping) look(ctx context.Context) error {
	for _, p := range s.platforms {
		if err := (oci.Recipe{Stage: s.stage, Platform: p, Base: s.base, Watchdog: s.watchdog}).Look(ctx); err != nil {
			return err
		}
	}
	if !s.push {
		return nil
	}
	for _, name := range s.names() {
		if err := oci.LookToPush(s.services.Functions[name].Image); err != nil {
			return err
		}
	}
	return nil
}

// shipping makes the images, and sends them.
type shipping struct {
	*building
	console        *console
	platforms      []v1.Platform
	base, watchdog string
	out            string
	push           bool
}

// ship makes one function's image for all platforms.
func (s *shipping) ship(ctx context.Context, name string) error {
	ref := s.services.Functions[name].Image
	dir, err := s.newContext(name)
	if err != nil {
		return err
	}
	var all []v1.Image
	for _, p := range s.platforms {
		err := s.console.step(fmt.Sprintf("build and test %s for %s", name, p), func() error { return s.build(ctx, dir, p) })
		if err != nil {
			return fmt.Errorf("build %s: %w", name, err)
		}
		img, err := oci.Build(ctx, oci.Recipe{Stage: s.stage, Context: dir, Platform: p, Base: s.base, Watchdog: s.watchdog})
		if err != nil {
			return fmt.Errorf("image of %s: %w", name, err)
		}
		all = append(all, img)
	}
	index, err := oci.Index(all)
	if err != nil {
		return err
	}
	folder := filepath.Join(s.out, name)
	if err := oci.Write(folder, ref, index); err != nil {
		return fmt.Errorf("write %s: %w", folder, err)
	}
	if s.push {
		if err := s.console.step("push "+ref, func() error { return oci.Push(ctx, ref, index) }); err != nil {
			return err
		}
	}
	return s.tell(ref, folder, index, all[0])
}

// tell says what came of it; by the digests, images can be named that never change.
func (s *shipping) tell(ref, folder string, index v1.ImageIndex, first v1.Image) error {
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	manifest, err := first.Manifest()
	if err != nil {
		return err
	}
	s.console.say("  %s@%s, in %s", ref, digest, folder)
	s.console.say("  on %s@%s", manifest.Annotations[oci.BaseName], manifest.Annotations[oci.BaseDigest])
	return nil
}

// registryOf sets REGISTRY, by which stack.yml names the images, to what .env says, where the
// environment does not.
func registryOf(env string) error {
	file, err := dotenv.Read(env)
	if err != nil || os.Getenv("REGISTRY") != "" || file["REGISTRY"] == "" {
		return err
	}
	return os.Setenv("REGISTRY", file["REGISTRY"])
}

// building builds functions for the platforms that are asked for, and not for this machine alone.
type building struct {
	services *stack.Services
	steps    []image.Step
	stage    *image.Runtime
	// below has the build contexts. They are always at the same place, so that Go knows which tests
	// it has run.
	below string
}

func newBuilding(f folders) (*building, error) {
	if err := checkOwnersFiles(""); err != nil {
		return nil, err
	}
	services, err := readStack()
	if err != nil {
		return nil, err
	}
	dockerfile, err := readDockerfile()
	if err != nil {
		return nil, err
	}
	b := &building{services: services, below: filepath.Join(f.state, "images-build")}
	if b.steps, err = image.BuildSteps(dockerfile); err != nil {
		return nil, err
	}
	b.stage, err = image.LastStage(dockerfile)
	return b, err
}

func (b *building) names() []string { return slices.Sorted(maps.Keys(b.services.Functions)) }

func (b *building) newContext(name string) (string, error) {
	return newContext(b.services, name, b.below)
}

func (b *building) build(ctx context.Context, dir string, p v1.Platform) error {
	return runSteps(ctx, dir, b.steps, stepsEnv(os.Environ(), p))
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
