package server

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
)

// File is one that is sent to the server.
type File struct {
	// Name is its name there.
	Name string
	// Text is what is in it, unless Path is where it is read here.
	Text, Path string
	Mode       int64
}

// open gives a file's content and size.
func (f File) open() (io.ReadCloser, int64, error) {
	if f.Path == "" {
		return io.NopCloser(strings.NewReader(f.Text)), int64(len(f.Text)), nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// send runs a command of the script with files as a tar file, among them their checksums, which the
// script compares.
func (s *Server) send(ctx context.Context, files []File, words ...string) error {
	sums, err := checksums(files)
	if err != nil {
		return err
	}
	files = append(files[:len(files):len(files)], sums)
	read, write := io.Pipe()
	go func() { write.CloseWithError(pack(write, files)) }()
	_, err = s.run(ctx, read, words...)
	_ = read.Close() // ends pack, where the other side did not take all
	return err
}

// checksums is the file SHA256SUMS.
func checksums(files []File) (File, error) {
	var text strings.Builder
	for _, f := range files {
		content, _, err := f.open()
		if err != nil {
			return File{}, err
		}
		h := sha256.New()
		_, err = io.Copy(h, content)
		_ = content.Close()
		if err != nil {
			return File{}, err
		}
		fmt.Fprintf(&text, "%x  %s\n", h.Sum(nil), f.Name)
	}
	return File{Name: "SHA256SUMS", Text: text.String(), Mode: 0o644}, nil
}

// pack writes files as a tar file.
func pack(w io.Writer, files []File) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		if err := add(t, f); err != nil {
			return err
		}
	}
	return t.Close()
}

func add(t *tar.Writer, f File) error {
	content, size, err := f.open()
	if err != nil {
		return err
	}
	defer content.Close()
	if err := t.WriteHeader(&tar.Header{Name: f.Name, Mode: f.Mode, Size: size, Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	_, err = io.Copy(t, content)
	return err
}
