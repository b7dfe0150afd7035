package deploy_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/shared/gateway"
	"handler/function/shared/stackfile"
	"handler/function/shared/stackfile/stackfiletest"
)

func TestNewPlan(t *testing.T) {
	t.Parallel()

	cli := &gateway.CLI{Path: "faas-cli", Gateway: "http://g:8080"}
	apart := []string{"faas-cli deploy -f stack.yml --gateway http://g:8080 --filter send-email", "faas-cli deploy -f stack.yml --gateway http://g:8080 --filter stripe-webhook"}
	for name, tt := range map[string]struct {
		machine deploy.Machine
		build   []string
	}{
		"a laptop deploys what it has built": {deploy.Machine{Laptop: true, Docker: true}, nil},
		"Docker is faas-cli's business":      {deploy.Machine{Docker: true, Images: true}, []string{"faas-cli build -f stack.yml", "faas-cli push -f stack.yml"}},
		"what is built is built no more":     {deploy.Machine{Built: true, Docker: true, Images: true}, nil},
		"without Docker, make images builds": {deploy.Machine{Images: true}, []string{"make images PUSH=1"}},
	} {
		plan, err := deploy.NewPlan(tt.machine, cli, "some/stack.yml", []string{"stripe-webhook", "send-email"})
		if diff := cmp.Diff([][]string{tt.build, apart}, [][]string{texts(plan.Build), texts(plan.Deploy)}); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
	if _, err := deploy.NewPlan(deploy.Machine{}, cli, "stack.yml", nil); !errors.Is(err, deploy.ErrNoBuilder) {
		t.Errorf("with nothing to build by: %v", err)
	}
}

func texts(steps []deploy.Step) (all []string) {
	for _, s := range steps {
		all = append(all, s.String())
	}
	return all
}

func TestCheckRegistry(t *testing.T) {
	file := stackfiletest.Write(t, "../../..")
	services, err := stackfile.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := deploy.CheckRegistry(services, ""); !errors.Is(err, deploy.ErrNoRegistry) {
		t.Errorf("without a registry: %v", err)
	}
	if err := deploy.CheckRegistry(services, "ghcr.io/shop"); err != nil {
		t.Errorf("with one in .env: %v", err)
	}
	t.Setenv("REGISTRY", "ghcr.io/shop")
	if services, err = stackfile.Read(file); err != nil {
		t.Fatal(err)
	}
	if err := deploy.CheckRegistry(services, ""); err != nil {
		t.Errorf("with images that are named: %v", err)
	}
}

// Not parallel: stack.yml names its images by the environment.
func TestImages(t *testing.T) {
	t.Setenv("TAG", "v7")
	for _, where := range []string{"the environment", ".env"} {
		registry := "ghcr.io/shop"
		if where == "the environment" {
			t.Setenv("REGISTRY", registry)
			registry = "ghcr.io/other"
		} else {
			t.Setenv("REGISTRY", "")
		}
		services, err := stackfile.Read("../../../stack.yml")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"ghcr.io/shop/send-email:v7", "ghcr.io/shop/stripe-webhook:v7"}, deploy.Images(services, registry)); diff != "" {
			t.Errorf("by %s: %s", where, diff)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	var out bytes.Buffer
	err := deploy.Runner{Out: &out, Folder: folder, Registry: "ghcr.io/shop"}.Run(t.Context(), []deploy.Step{
		{What: "do one", Args: []string{"sh", "-c", "touch one; echo done for $REGISTRY"}}, {What: "fail", Args: []string{"sh", "-c", "exit 2"}}, {What: "do three", Args: []string{"touch", "three"}},
	})
	if err == nil || !strings.Contains(err.Error(), "fail: exit status 2") || !strings.Contains(out.String(), "done for ghcr.io/shop\n") {
		t.Errorf("error %v, output %q", err, out.String())
	}
	if _, err := os.Stat(filepath.Join(folder, "one")); err != nil {
		t.Error("the first was not done in the folder")
	}
	if _, err := os.Stat(filepath.Join(folder, "three")); err == nil {
		t.Error("the third was done after the second failed")
	}
}
