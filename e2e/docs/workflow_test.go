package docs

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// workflow is GitHub's, as far as it is looked at here; the form of the rest is actionlint's to
// check.
type workflow struct {
	Permissions map[string]string
	Concurrency struct{ Group string }
	Jobs        map[string]struct {
		If          string
		Needs       string
		Permissions map[string]string
		Steps       []struct{ Uses, Run string }
	}
}

func TestWorkflow(t *testing.T) {
	t.Parallel()

	source := read(t, "../../.github/workflows/tillbell.yml")
	var w workflow
	if err := yaml.Unmarshal([]byte(source), &w); err != nil {
		t.Fatal(err)
	}
	makefile := read(t, "../../Makefile")
	var runs strings.Builder
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			runs.WriteString(step.Run + "\n")
			if step.Uses != "" && !regexp.MustCompile(`^[a-z-]+/[a-z-]+@[0-9a-f]{40}$`).MatchString(step.Uses) {
				t.Errorf("%s is not pinned to a commit", step.Uses)
			}
		}
	}

	t.Run("makes only what the Makefile has, and runs what is there", func(t *testing.T) {
		t.Parallel()

		targets := regexp.MustCompile(`\bmake ([a-z-]+)`).FindAllStringSubmatch(runs.String(), -1)
		if len(targets) == 0 {
			t.Error("it makes nothing")
		}
		for _, target := range targets {
			if !strings.Contains(makefile, "\n"+target[1]+":") {
				t.Errorf("the Makefile has no target %s", target[1])
			}
		}
		if info, err := os.Stat("../../.ci/run"); err != nil || info.Mode()&0o100 == 0 || !strings.Contains(runs.String(), ".ci/run") {
			t.Errorf("the tests of .ci/run are not run: %v", err)
		}
	})

	t.Run("looks for every secret that stack.yml names, before it deploys", func(t *testing.T) {
		t.Parallel()

		var stack struct {
			Functions map[string]struct{ Secrets []string }
		}
		readYAML(t, "../../stack.yml", &stack)
		looks, _, found := strings.Cut(runs.String(), "faas-cli deploy")
		for _, f := range stack.Functions {
			for _, name := range f.Secrets {
				if !found || !strings.Contains(looks, name) {
					t.Errorf("it does not look for %s", name)
				}
			}
		}
	})

	t.Run("names at its head every secret that it takes", func(t *testing.T) {
		t.Parallel()

		head, body, _ := strings.Cut(source, "\nname:")
		taken := regexp.MustCompile(`secrets\.([A-Z_]+)`).FindAllStringSubmatch(body, -1)
		if len(taken) != 4 {
			t.Errorf("it takes %v", taken)
		}
		for _, s := range taken {
			if !strings.Contains(head, s[1]) {
				t.Errorf("%s is not named", s[1])
			}
		}
	})

	t.Run("has the Dockerfile's Go", func(t *testing.T) {
		t.Parallel()

		base := regexp.MustCompile(`golang:([0-9.]+)-`).FindStringSubmatch(read(t, "../../template/golang-http/Dockerfile"))
		set := regexp.MustCompile(`go-version: "(\S+)".*\n\s+check-latest: true\n`).FindAllStringSubmatch(source, -1)
		if jobs := strings.Count(source, "actions/setup-go@"); base == nil || len(set) != jobs {
			t.Fatalf("the Dockerfile has Go %v; %d of %d jobs take the newest patch release", base, len(set), jobs)
		}
		for _, have := range set {
			if have[1] != base[1] {
				t.Errorf("it has Go %s, and the Dockerfile %s", have[1], base[1])
			}
		}
		if strings.Count(base[1], ".") != 1 {
			t.Errorf("Go %s gets no patch release without a commit", base[1])
		}
	})

	t.Run("may write nothing but packages, and deploys only a tag that was tested", func(t *testing.T) {
		t.Parallel()

		all := []map[string]string{w.Permissions}
		for name, job := range w.Jobs {
			all = append(all, job.Permissions)
			if job.Permissions["packages"] == "write" && name != "images" {
				t.Errorf("%s may write packages", name)
			}
		}
		if w.Permissions == nil {
			t.Error("it has all permissions that there are")
		}
		for _, permissions := range all {
			for what, kind := range permissions {
				if kind == "write" && what != "packages" {
					t.Errorf("it may write %s", what)
				}
			}
		}
		images, deploy := w.Jobs["images"], w.Jobs["deploy"]
		if images.Needs != "test" || !strings.Contains(images.If, "ref_type == 'tag'") || deploy.Needs != "images" {
			t.Errorf("images: needs %q, if %q; deploy: needs %q", images.Needs, images.If, deploy.Needs)
		}
		if w.Concurrency.Group == "" {
			t.Error("runs may cross")
		}
	})
}
