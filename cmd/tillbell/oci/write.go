package oci

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Index is one image for all of its platforms.
func Index(images []v1.Image) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, img := range images {
		file, err := img.ConfigFile()
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        img,
			Descriptor: v1.Descriptor{Platform: file.Platform()},
		})
	}
	return index, nil
}

// Write makes an OCI image layout in a folder, in place of what is there: `tar` of it is what `ctr
// images import` and `skopeo` read. ref is the name that the image has in it.
func Write(folder, ref string, index v1.ImageIndex) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	to, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	return to.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": tag.TagStr(),
		"io.containerd.image.name":          tag.Name(), // containerd's, which holds all of the name
	}))
}

// Push sends the image to a registry, with the credentials that Docker's configuration has for it.
func Push(ctx context.Context, ref string, index v1.ImageIndex) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	return unpushed(ref, remote.WriteIndex(tag, index, registryOptions(ctx)...))
}

// LookToPush asks the registry whether it would take an image of that name, and sends none.
func LookToPush(ref string) error {
	tag, err := name.NewTag(ref)
	if err != nil {
		return err
	}
	return unpushed(ref, remote.CheckPushPermission(tag, authn.DefaultKeychain, http.DefaultTransport))
}

func unpushed(ref string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("push %s: %w; without a login, docker login gives one, and without Docker step 11 of docs/deploy.md", ref, err)
}
