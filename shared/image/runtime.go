package image

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Runtime is what the Dockerfile's last stage says: what a function's image begins with, what is
// laid into it, and how it is started.
type Runtime struct {
	// Base is the reference of the image that it begins with, as the Dockerfile has it.
	Base string
	// Copies are in the Dockerfile's order; each of them is a layer.
	Copies []Copy
	// Config is what the stage sets beyond the base's own.
	Config v1.Config
}

// Copy is one COPY --from.
type Copy struct {
	// Text is the instruction.
	Text string
	From Source
	// To is absolute. A folder's content goes into it; a file takes its name, or, where it is a
	// Folder, goes into it under its own name.
	To     string
	Folder bool
}

// Source is where a file or a folder comes from.
type Source struct {
	// Image is the reference of the image that it is in; "" is the build context, after its steps
	// ran.
	Image string
	// Path is absolute in an image, and relative in the build context.
	Path string
}

// LastStage reads a Dockerfile's last stage. Where that copies from other stages, it follows the
// files to the build context or to the image that they come from.
func LastStage(dockerfile []byte) (*Runtime, error) {
	instructions, err := split(dockerfile)
	if err != nil {
		return nil, err
	}
	all, err := newStages(instructions)
	if err != nil {
		return nil, err
	}
	last := all.list[len(all.list)-1]
	if all.find(last.from) != nil || strings.Contains(last.from, "$") {
		return nil, fmt.Errorf("dockerfile line %d: the last stage must begin with an image, named in full", last.line)
	}
	r := runtime{Runtime: Runtime{Base: last.from}, stages: all, dir: "/"}
	for _, in := range last.instructions {
		if err := r.take(in); err != nil {
			return nil, fmt.Errorf("dockerfile line %d: %s %s: %w", in.line, in.name, in.rest, err)
		}
	}
	return &r.Runtime, nil
}

// runtime collects what the last stage says.
type runtime struct {
	Runtime
	stages *stages
	dir    string
}

func (r *runtime) take(in instruction) error {
	c := &r.Config
	var err error
	switch in.name {
	case "WORKDIR":
		r.dir = absolute(r.dir, in.rest)
		c.WorkingDir = r.dir
	case "COPY":
		return r.copy(in.rest)
	case "USER":
		c.User = in.rest
	case "EXPOSE":
		return r.expose(in.rest)
	case "ENV":
		var pair string
		pair, err = assignment(in.rest)
		c.Env = append(c.Env, pair)
	case "LABEL":
		return r.label(in.rest)
	case "HEALTHCHECK":
		c.Healthcheck, err = healthcheck(in.rest)
	case "CMD":
		c.Cmd, err = execForm(in.rest)
	case "ENTRYPOINT":
		c.Entrypoint, err = execForm(in.rest)
	default:
		return fmt.Errorf("cannot be done without a container, it belongs in another stage")
	}
	return err
}

func (r *runtime) copy(rest string) error {
	words := strings.Fields(rest)
	if len(words) != 3 || !strings.HasPrefix(words[0], "--from=") {
		return fmt.Errorf("only COPY --from=STAGE SOURCE TARGET is understood")
	}
	from, err := r.stages.trace(strings.TrimPrefix(words[0], "--from="), path.Clean(words[1]))
	if err != nil {
		return err
	}
	to := words[2]
	r.Copies = append(r.Copies, Copy{
		Text:   "COPY " + strings.Join(words, " "),
		From:   from,
		To:     absolute(r.dir, to),
		Folder: to == "." || strings.HasSuffix(to, "/"),
	})
	return nil
}

func (r *runtime) expose(rest string) error {
	if rest == "" || strings.ContainsAny(rest, " $/-") {
		return fmt.Errorf("only one TCP port is understood")
	}
	if r.Config.ExposedPorts == nil {
		r.Config.ExposedPorts = map[string]struct{}{}
	}
	r.Config.ExposedPorts[rest+"/tcp"] = struct{}{}
	return nil
}

func (r *runtime) label(rest string) error {
	pair, err := assignment(rest)
	if err != nil {
		return err
	}
	if r.Config.Labels == nil {
		r.Config.Labels = map[string]string{}
	}
	name, value, _ := strings.Cut(pair, "=")
	r.Config.Labels[name] = value
	return nil
}

// healthcheck reads [--interval=…] [--timeout=…] CMD [...].
func healthcheck(rest string) (*v1.HealthConfig, error) {
	options, command, ok := strings.Cut(rest, "CMD ")
	if !ok {
		return nil, fmt.Errorf("want CMD with a list of words")
	}
	var h v1.HealthConfig
	for _, option := range strings.Fields(options) {
		name, value, _ := strings.Cut(option, "=")
		d, err := time.ParseDuration(value)
		if err != nil {
			return nil, err
		}
		switch name {
		case "--interval":
			h.Interval = d
		case "--timeout":
			h.Timeout = d
		default:
			return nil, fmt.Errorf("%s is not understood", name)
		}
	}
	words, err := execForm(command)
	h.Test = append([]string{"CMD"}, words...)
	return &h, err
}

// execForm reads a command as a list of words; one for a shell needs one in the image.
func execForm(text string) ([]string, error) {
	var words []string
	if err := json.Unmarshal([]byte(strings.TrimSpace(text)), &words); err != nil || len(words) == 0 {
		return nil, fmt.Errorf(`want a list of words, ["like", "this"]: there is no shell in the image`)
	}
	return words, nil
}

// assignment reads one NAME=value, with or without quotes.
func assignment(rest string) (string, error) {
	name, value, ok := strings.Cut(rest, "=")
	if !ok {
		return "", fmt.Errorf("want NAME=value")
	}
	value, err := literal(value)
	return name + "=" + value, err
}

func absolute(dir, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}
