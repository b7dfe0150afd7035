package oci

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// What is wrong with an image at its registry.
var (
	// ErrMissing: there is no image of that name and tag.
	ErrMissing = errors.New("the registry has no such image")
	// ErrDenied: there may be one, which this machine's login may not see.
	ErrDenied = errors.New("the registry does not show it")
	// ErrPlatform: there is one, for other platforms.
	ErrPlatform = errors.New("it is for another platform")
)

// AtRegistry looks whether a registry has an image for a platform, with the credentials that
// Docker's configuration has for it, and whether it shows the image to everybody. It fetches no
// layer. Without an architecture any platform will do.
func AtRegistry(ctx context.Context, ref string, p v1.Platform) (public bool, err error) {
	image, err := name.ParseReference(ref)
	if err != nil {
		return false, err
	}
	found, err := remote.Get(image, registryOptions(ctx)...)
	if err == nil {
		err = isFor(found, p)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", ref, lookedUp(err))
	}
	_, hidden := remote.Head(image, remote.WithContext(ctx), remote.WithAuth(authn.Anonymous))
	return hidden == nil, nil
}

// isFor is ErrPlatform for an image that has nothing for a platform.
func isFor(found *remote.Descriptor, p v1.Platform) error {
	platforms, err := platformsOf(found)
	if err != nil || p.Architecture == "" {
		return err
	}
	for _, has := range platforms {
		if has.Satisfies(p) {
			return nil
		}
	}
	return ErrPlatform
}

func platformsOf(found *remote.Descriptor) ([]v1.Platform, error) {
	if !found.MediaType.IsIndex() {
		img, err := found.Image()
		if err != nil {
			return nil, err
		}
		file, err := img.ConfigFile()
		if err != nil {
			return nil, err
		}
		return []v1.Platform{{OS: file.OS, Architecture: file.Architecture}}, nil
	}
	index, err := found.ImageIndex()
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var all []v1.Platform
	for _, m := range manifest.Manifests {
		if m.Platform != nil {
			all = append(all, *m.Platform)
		}
	}
	return all, nil
}

// lookedUp is what a registry's answer means.
func lookedUp(err error) error {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.StatusCode {
	case http.StatusNotFound:
		return ErrMissing
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrDenied
	}
	return err
}
