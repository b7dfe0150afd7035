// Package oci makes a function's image without a container engine: it lays what was built into the
// image that the Dockerfile's last stage begins with, says in its configuration what that stage
// says, writes it as an OCI image layout and sends it to a registry.
//
// It promises that the same files on the same base give the same bytes, whenever and wherever: no
// layer holds a time, an owner or a path of the machine that made it.
package oci

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"handler/function/shared/image"
)

// Recipe says what a function's image is made of.
type Recipe struct {
	// Stage is the Dockerfile's last.
	Stage *image.Runtime
	// Context is the build context, in which the build stage's steps ran for the platform.
	Context  string
	Platform v1.Platform
	// Base takes the place of the stage's base, and Watchdog of the images that it copies from:
	// what Open takes. Empty leaves those of the Dockerfile.
	Base, Watchdog string
}

// Annotations of the manifest that say what the image stands on, by the OCI image specification.
const (
	BaseName   = "org.opencontainers.image.base.name"
	BaseDigest = "org.opencontainers.image.base.digest"
)

// Build makes the image of one platform. The base and the watchdog may come from a registry;
// nothing else is fetched.
func Build(ctx context.Context, r Recipe) (v1.Image, error) {
	base, err := r.openBase(ctx)
	if err != nil {
		return nil, err
	}
	layered, err := r.addLayers(ctx, base)
	if err != nil {
		return nil, err
	}
	configured, err := r.configure(layered)
	if err != nil {
		return nil, err
	}
	digest, err := base.Digest()
	if err != nil {
		return nil, err
	}
	said := map[string]string{BaseName: r.base(), BaseDigest: digest.String()}
	return mutate.Annotations(configured, said).(v1.Image), nil
}

// Look opens the images that Build takes something from, and reads of them only what they say of
// themselves: what is wrong with them shows before anything is built.
func (r Recipe) Look(ctx context.Context) error {
	if _, err := r.openBase(ctx); err != nil {
		return err
	}
	for _, c := range r.Stage.Copies {
		if c.From.Image == "" {
			continue
		}
		if _, err := Open(ctx, r.from(c), r.Platform); err != nil {
			return fmt.Errorf("%s: %w", c.Text, err)
		}
	}
	return nil
}

func (r Recipe) base() string { return cmp.Or(r.Base, r.Stage.Base) }

// from is the image that a COPY is from.
func (r Recipe) from(c image.Copy) string { return cmp.Or(r.Watchdog, c.From.Image) }

func (r Recipe) openBase(ctx context.Context) (v1.Image, error) {
	base, err := Open(ctx, r.base(), r.Platform)
	if err != nil {
		return nil, fmt.Errorf("base image: %w", err)
	}
	return base, nil
}

// addLayers puts one layer for each COPY on the base.
func (r Recipe) addLayers(ctx context.Context, base v1.Image) (v1.Image, error) {
	kind, err := layerType(base)
	if err != nil {
		return nil, err
	}
	var added []mutate.Addendum
	for _, c := range r.Stage.Copies {
		layer, err := r.Layer(ctx, c, kind)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Text, err)
		}
		added = append(added, mutate.Addendum{Layer: layer, History: v1.History{CreatedBy: c.Text}})
	}
	return mutate.Append(base, added...)
}

// Layer is what one COPY adds.
func (r Recipe) Layer(ctx context.Context, c image.Copy, kind types.MediaType) (v1.Layer, error) {
	files, err := r.files(ctx, c)
	if err != nil {
		return nil, err
	}
	return newLayer(files, kind)
}

// layerType is the one that goes with the base's manifest.
func layerType(base v1.Image) (types.MediaType, error) {
	kind, err := base.MediaType()
	if kind == types.DockerManifestSchema2 {
		return types.DockerLayer, err
	}
	return types.OCILayer, err
}

// configure lays what the stage says over the base's configuration, as a container engine does.
func (r Recipe) configure(base v1.Image) (v1.Image, error) {
	file, err := base.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = r.Platform.OS, r.Platform.Architecture, r.Platform.Variant
	c, says := &file.Config, r.Stage.Config
	c.Env = setEnv(c.Env, says.Env)
	c.Labels = merged(c.Labels, says.Labels)
	c.ExposedPorts = merged(c.ExposedPorts, says.ExposedPorts)
	if says.User != "" {
		c.User = says.User
	}
	if says.WorkingDir != "" {
		c.WorkingDir = says.WorkingDir
	}
	if says.Healthcheck != nil {
		c.Healthcheck = says.Healthcheck
	}
	if says.Entrypoint != nil {
		c.Entrypoint, c.Cmd = says.Entrypoint, nil // the base's words are for the base's entrypoint
	}
	if says.Cmd != nil {
		c.Cmd = says.Cmd
	}
	return mutate.ConfigFile(base, file)
}

// setEnv gives each name its last value, where it first stood.
func setEnv(base, says []string) []string {
	all := slices.Clone(base)
	for _, pair := range says {
		name, _, _ := strings.Cut(pair, "=")
		i := slices.IndexFunc(all, func(have string) bool { return strings.HasPrefix(have, name+"=") })
		if i < 0 {
			all = append(all, pair)
		} else {
			all[i] = pair
		}
	}
	return all
}

func merged[V any](base, says map[string]V) map[string]V {
	if len(says) == 0 {
		return base
	}
	all := map[string]V{}
	maps.Copy(all, base)
	maps.Copy(all, says)
	return all
}
