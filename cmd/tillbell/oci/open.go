package oci

import (
	"context"
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Scratch is the image with nothing in it.
const Scratch = "scratch"

// Open finds an image for a platform: Scratch, the folder of an OCI image layout, the file of a
// `docker save`, or a reference in a registry, with the credentials that Docker's configuration has
// for it. One that is of another platform is an error.
func Open(ctx context.Context, from string, p v1.Platform) (v1.Image, error) {
	if from == Scratch {
		img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
		return img, nil
	}
	img, err := find(ctx, from, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	if file.OS != p.OS || file.Architecture != p.Architecture {
		return nil, fmt.Errorf("%s is for %s/%s, and the image is for %s; name one for all platforms, or build for that one", from, file.OS, file.Architecture, p)
	}
	return img, nil
}

func find(ctx context.Context, from string, p v1.Platform) (v1.Image, error) {
	info, err := os.Stat(from)
	switch {
	case err == nil && info.IsDir():
		index, err := layout.ImageIndexFromPath(from)
		if err != nil {
			return nil, fmt.Errorf("no OCI image layout: %w", err)
		}
		return inIndex(index, p)
	case err == nil:
		return tarball.ImageFromPath(from, nil)
	}
	ref, err := name.ParseReference(from)
	if err != nil {
		return nil, fmt.Errorf("neither a file nor an image's reference: %w", err)
	}
	return remote.Image(ref, append(registryOptions(ctx), remote.WithPlatform(p))...)
}

// inIndex finds a platform's image in an index, or in an index that it holds.
func inIndex(index v1.ImageIndex, p v1.Platform) (v1.Image, error) {
	manifests, err := partial.Manifests(index)
	if err != nil {
		return nil, err
	}
	for _, m := range manifests {
		switch found := m.(type) {
		case v1.ImageIndex:
			if img, err := inIndex(found, p); err == nil {
				return img, nil
			}
		case v1.Image:
			file, err := found.ConfigFile()
			if err == nil && file.OS == p.OS && file.Architecture == p.Architecture {
				return found, nil
			}
		}
	}
	return nil, fmt.Errorf("it holds no image for %s", p)
}

func registryOptions(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}
