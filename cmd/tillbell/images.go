package main

import (
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/ship"
	"handler/function/shared/console"
)

func imagesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "images [flags]",
		Short: "build the functions' images without Docker, and push them",
		Long: `Build the images of stack.yml's functions as the template's Dockerfile says, without a container
engine, and with --push send them to their registry, with Docker's credentials. The same commit
gives the same bytes.

IMAGE is a reference in a registry, a folder with an OCI image layout, a file of docker save, or
scratch. REGISTRY and TAG in the environment name the images, as stack.yml says; REGISTRY may be in
.env.`,
		Example: `  tillbell images
  REGISTRY=ghcr.io/you TAG=v1 tillbell images --push
  tillbell images --platform linux/arm64`,
		Args: takes(),
	}
	s := ship.Shipping{Console: console.New()}
	platformVar(c, &s.Platforms, []string{"linux/amd64", "linux/arm64"}, "what the images are for: a `PLATFORM`, or several with commas")
	c.Flags().BoolVar(&s.Push, "push", false, "send them to their registry")
	c.Flags().StringVar(&s.Base, "base", "", "the `IMAGE` that they begin with (default: what the Dockerfile says)")
	c.Flags().StringVar(&s.Watchdog, "watchdog", "", "the `IMAGE` of the watchdog (default: what the Dockerfile says)")
	c.Flags().StringVar(&s.Out, "out", filepath.Join("build", "images"), "the `FOLDER` of what is built, with one part for each function")
	scratch := scratchFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		if err := ship.SetRegistry(".env"); err != nil {
			return err
		}
		if s.Building, err = ship.NewBuilding(*scratch); err != nil {
			return err
		}
		return s.Run(c.Context())
	}
	return c
}

func binariesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "binaries [flags]",
		Short: "build the functions' programs alone, as the images have them",
		Long: `Build stack.yml's functions as their images have them, for a server that runs them without
containers, and print how large they are.`,
		Example: `  tillbell binaries
  tillbell binaries --platform linux/arm64`,
		Args: takes(),
	}
	var platforms []v1.Platform
	platformVar(c, &platforms, []string{"linux/amd64"}, "the `PLATFORM` that they are for")
	out := c.Flags().String("out", filepath.Join("build", "binaries"), "the `FOLDER` of what is built, with one part for each function")
	scratch := scratchFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if len(platforms) != 1 {
			return usagef("--platform: binaries are for one platform, such as linux/amd64")
		}
		b, err := ship.NewBuilding(*scratch)
		if err != nil {
			return err
		}
		return b.Binaries(c.Context(), console.New(), platforms[0], *out)
	}
	return c
}

func scratchFlag(c *cobra.Command) *string {
	return c.Flags().String("scratch", filepath.Join(".local", "images-build"), "the `FOLDER` to build in; the next build there is faster")
}

// platforms is a flag's value.
type platforms struct{ list *[]v1.Platform }

// platformVar adds --platform.
func platformVar(c *cobra.Command, p *[]v1.Platform, standard []string, usage string) {
	value := platforms{p}
	if err := value.Set(strings.Join(standard, ",")); err != nil {
		panic(err) // ours are right
	}
	c.Flags().Var(value, "platform", usage)
	complete(c, "platform", "linux/amd64", "linux/arm64")
}

func (p platforms) String() string {
	if p.list == nil {
		return ""
	}
	var names []string
	for _, platform := range *p.list {
		names = append(names, platform.String())
	}
	return strings.Join(names, ",")
}

func (p platforms) Set(text string) error {
	var all []v1.Platform
	for name := range strings.SplitSeq(text, ",") {
		platform, err := ship.ParsePlatform(name)
		if err != nil {
			return err
		}
		all = append(all, platform)
	}
	*p.list = all
	return nil
}

func (platforms) Type() string { return "platforms" }
