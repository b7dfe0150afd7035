package image

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/openfaas/go-sdk/builder"
	"github.com/openfaas/go-sdk/stack"
)

// Dockerfile is the template's, in Tillbell's folder.
func Dockerfile(folder string) ([]byte, error) {
	return os.ReadFile(filepath.Join(folder, "template", "golang-http", "Dockerfile"))
}

// NewContext lays a function out below a folder as faas-cli does, and returns where.
func NewContext(services *stack.Services, name, below string) (string, error) {
	function := services.Functions[name]
	dir, err := builder.CreateBuildContext(name, function.Handler, function.Language,
		services.StackConfiguration.CopyExtraPaths, builder.WithBuildDir(below))
	if err != nil {
		return "", fmt.Errorf("build context of %s: %w", name, err)
	}
	return dir, nil
}

// RunQuietly is Run; what the steps print is in the error.
func RunQuietly(ctx context.Context, dir string, steps []Step, env []string) error {
	var out bytes.Buffer
	if err := Run(ctx, dir, steps, env, &out); err != nil {
		return fmt.Errorf("%w\n%s", err, out.String())
	}
	return nil
}
