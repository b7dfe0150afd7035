package oci

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// newLayer packs files, and the folders that they are in, as root's and without a time: the bytes
// are the files' alone.
func newLayer(files []file, kind types.MediaType) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	made := map[string]bool{"/": true}
	for _, f := range files {
		if err := makeFolders(w, path.Dir(f.name), made); err != nil {
			return nil, err
		}
		if f.folder {
			if err := makeFolders(w, f.name, made); err != nil {
				return nil, err
			}
			continue
		}
		header := tar.Header{Typeflag: tar.TypeReg, Name: f.name[1:], Size: int64(len(f.content)), Mode: 0o644, Format: tar.FormatUSTAR}
		if f.executable {
			header.Mode = 0o755
		}
		if err := w.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	return tarball.LayerFromOpener(opener, tarball.WithMediaType(kind), tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
}

// makeFolders adds a folder and those that it is in, each once.
func makeFolders(w *tar.Writer, folder string, made map[string]bool) error {
	if made[folder] {
		return nil
	}
	made[folder] = true
	if err := makeFolders(w, path.Dir(folder), made); err != nil {
		return err
	}
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(folder, "/") + "/", Mode: 0o755, Format: tar.FormatUSTAR})
}
