package doctor

import (
	"context"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"handler/function/shared/gateway"
	"handler/function/shared/stackfile"
)

func (d *doctor) toolChecks() []Check {
	checks := []Check{
		{Name: "Go", Look: d.lookAtGo},
		{Name: "faas-cli", Look: d.lookAtCLI},
		{Name: "the catalogue", Look: d.lookAtCatalogue},
		{Name: "the settings", Look: d.lookAtSettings},
	}
	if d.Platform.AtHome() {
		return slices.DeleteFunc(checks, func(c Check) bool { return c.Name == "faas-cli" })
	}
	return checks
}

var goLine = regexp.MustCompile(`(?m)^go (\S+)$`)

// lookAtGo compares the Go on the PATH with the one that go.mod asks for.
func (d *doctor) lookAtGo(ctx context.Context) Finding {
	mod, err := os.ReadFile(filepath.Join(d.Folder(), "go.mod"))
	line := goLine.FindSubmatch(mod)
	if err != nil || line == nil {
		return wrong("run it in Tillbell's folder", "there is no go.mod that says which Go it needs")
	}
	want := "go" + string(line[1])
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local") // or it would go and fetch another
	out, err := cmd.Output()
	if err != nil {
		return wrong("install it from https://go.dev/dl/", "there is no Go")
	}
	have := strings.TrimSpace(string(out))
	if version.Compare(have, want) < 0 {
		return wrong("install a newer one from https://go.dev/dl/", "Go is %s, and go.mod asks for %s", have, want)
	}
	return ok("Go is %s, and go.mod asks for %s", have, want)
}

func (d *doctor) lookAtCLI(ctx context.Context) Finding {
	cli, err := gateway.FindCLI(d.options.CLI, d.Gateway)
	if err != nil {
		return wrong("make faas-cli builds it", "there is no faas-cli")
	}
	said, err := cli.Version(ctx)
	if err != nil {
		return wrong("make faas-cli builds another", "%v", err)
	}
	if said == "" {
		said = "one without a version"
	}
	return ok("faas-cli is %s, %s", cli.Path, said)
}

func (d *doctor) lookAtCatalogue(context.Context) Finding {
	if _, err := d.catalogue(); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return wrong("make check-catalogue shows all of them", "the shop's files have mistakes: %s", first)
	}
	return ok("the catalogue and the templates have no mistake")
}

// lookAtSettings looks for misspelt names, for which the functions use the default, and for values
// with which they do not start.
func (d *doctor) lookAtSettings(context.Context) Finding {
	if err := stackfile.CheckSettings(filepath.Join(d.Folder(), "settings.yml")); err != nil {
		return wrong(strings.ReplaceAll(err.Error(), "\n", "; "), "settings.yml has mistakes, and docs/settings.md explains each setting")
	}
	return ok("settings.yml has only settings and values that the functions can use")
}
