// Package image builds a function as its image would be built, without a container.
//
// It takes the commands from the template's Dockerfile itself and runs them in a build context on
// this machine. So the laptop and the tests build what production builds, and detect a broken
// Dockerfile without Docker. An instruction that cannot run this way is an error; it is never
// skipped silently.
package image

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// stageName is the stage whose commands build the function. The stages before it only prepare the
// image that it runs in (packages, the watchdog), which this machine stands for.
const stageName = "build"

// Step is one RUN of the build stage.
type Step struct {
	Line    int      // of the Dockerfile, where the RUN begins
	Dir     string   // the folder it runs in, relative to the build context; "." is the context
	Command string   // one command line for sh -c
	Args    []string // NAME=value: defaults of ARG, for what the environment does not set
	Env     []string // NAME=value: set by ENV, overrides the environment
}

// BuildSteps gives the RUN commands of the stage "build", in order. The first WORKDIR of that stage
// is where the context is, and its one COPY must be `COPY . .` there.
func BuildSteps(dockerfile []byte) ([]Step, error) {
	instructions, err := split(dockerfile)
	if err != nil {
		return nil, err
	}

	p := parser{}
	inStage, found := false, false
	for _, in := range instructions {
		if in.name == "FROM" {
			inStage = stageOf(in.rest) == stageName
			found = found || inStage
			continue
		}
		if !inStage {
			continue
		}
		if err := p.take(in); err != nil {
			return nil, fmt.Errorf("dockerfile line %d: %s %s: %w", in.line, in.name, in.rest, err)
		}
	}
	switch {
	case !found:
		return nil, fmt.Errorf("dockerfile has no stage named %q", stageName)
	case len(p.steps) == 0:
		return nil, fmt.Errorf("dockerfile's stage %q runs nothing", stageName)
	case !p.copied:
		return nil, fmt.Errorf("dockerfile's stage %q does not COPY the context", stageName)
	}
	return p.steps, nil
}

// WithoutTests are the steps without those that are go test alone, which change nothing in the
// context.
func WithoutTests(steps []Step) []Step {
	return slices.DeleteFunc(slices.Clone(steps), func(s Step) bool {
		return strings.HasPrefix(s.Command, "go test ") && !strings.ContainsAny(s.Command, "&|;><$`\n")
	})
}

// stageOf is the name that a FROM gives its stage, or "".
func stageOf(from string) string {
	words := strings.Fields(from)
	if n := len(words); n >= 3 && strings.EqualFold(words[n-2], "AS") {
		return strings.ToLower(words[n-1])
	}
	return ""
}

// parser collects the steps of the build stage.
type parser struct {
	root, dir string // as in the image
	copied    bool
	args, env []string
	steps     []Step
}

func (p *parser) take(in instruction) error {
	switch in.name {
	case "WORKDIR":
		return p.workdir(in.rest)
	case "ARG":
		return p.arg(in.rest)
	case "ENV":
		return p.setenv(in.rest)
	case "COPY":
		return p.copy(in.rest)
	case "RUN":
		return p.run(in)
	}
	return fmt.Errorf("cannot be done without a container, it belongs in another stage")
}

func (p *parser) workdir(dir string) error {
	if !path.IsAbs(dir) {
		dir = path.Join(p.dir, dir)
	}
	dir = path.Clean(dir)
	if p.root == "" {
		p.root = dir
	}
	if dir != p.root && !strings.HasPrefix(dir, p.root+"/") {
		return fmt.Errorf("is outside of %s, where the context is", p.root)
	}
	p.dir = dir
	return nil
}

func (p *parser) arg(rest string) error {
	name, value, hasDefault := strings.Cut(rest, "=")
	if !hasDefault {
		return nil // the builder's argument for the image's platform; empty is this machine's
	}
	value, err := literal(value)
	if err != nil {
		return err
	}
	p.args = append(p.args, name+"="+value)
	return nil
}

func (p *parser) setenv(rest string) error {
	pair, err := assignment(rest)
	if err != nil {
		return err
	}
	p.env = append(p.env, pair)
	return nil
}

// copy accepts the one COPY that is already done: the context is where the commands will run.
func (p *parser) copy(rest string) error {
	if rest != ". ." || p.dir == "" || p.dir != p.root {
		return fmt.Errorf("only COPY . . into the first WORKDIR can be done without a container")
	}
	if len(p.steps) > 0 {
		return fmt.Errorf("comes after a RUN, which would see the context too early here")
	}
	p.copied = true
	return nil
}

func (p *parser) run(in instruction) error {
	switch {
	case p.root == "":
		return fmt.Errorf("comes before the first WORKDIR")
	case strings.HasPrefix(in.rest, "[") || strings.HasPrefix(in.rest, "--"):
		return fmt.Errorf("only a plain command line can be run without a container")
	case strings.Contains(in.rest, "<<"):
		return fmt.Errorf("here-documents are not understood")
	case strings.Contains(in.rest, p.root):
		return fmt.Errorf("names %s, which is another folder on this machine", p.root)
	}
	p.steps = append(p.steps, Step{
		Line:    in.line,
		Dir:     path.Join(".", strings.TrimPrefix(p.dir, p.root)),
		Command: in.rest,
		Args:    slices.Clone(p.args),
		Env:     slices.Clone(p.env),
	})
	return nil
}

// literal takes the quotes off a value. A value made of others would have to be worked out.
func literal(value string) (string, error) {
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	} else if strings.ContainsAny(value, " \t") {
		return "", fmt.Errorf("want one NAME=value, with a value of more than one word in quotes")
	}
	if strings.ContainsAny(value, "$\\\"") {
		return "", fmt.Errorf("only a literal value is understood")
	}
	return value, nil
}
