package image

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// stages are a Dockerfile's, in their order.
type stages struct{ list []*stage }

type stage struct {
	line int
	name string // "" where it has none
	// from is the image or the stage that it begins with.
	from         string
	instructions []instruction
}

func newStages(instructions []instruction) (*stages, error) {
	all := &stages{}
	for _, in := range instructions {
		switch {
		case in.name == "FROM":
			from := slices.DeleteFunc(strings.Fields(in.rest), func(word string) bool { return strings.HasPrefix(word, "--") })
			if len(from) == 0 {
				return nil, fmt.Errorf("dockerfile line %d: FROM names nothing", in.line)
			}
			all.list = append(all.list, &stage{line: in.line, name: stageOf(in.rest), from: from[0]})
		case len(all.list) > 0:
			last := all.list[len(all.list)-1]
			last.instructions = append(last.instructions, in)
		}
	}
	if len(all.list) == 0 {
		return nil, fmt.Errorf("dockerfile has no FROM")
	}
	return all, nil
}

// find is the stage of a name, or nil: then it names an image.
func (s *stages) find(name string) *stage {
	i := slices.IndexFunc(s.list, func(g *stage) bool { return name != "" && g.name == strings.ToLower(name) })
	if i < 0 {
		return nil
	}
	return s.list[i]
}

// trace follows a file to where it comes from: through the stages, to the build context or to an
// image.
func (s *stages) trace(from, file string) (Source, error) {
	g := s.find(from)
	switch {
	case g == nil && strings.Contains(from, "$"):
		return Source{}, fmt.Errorf("%s is not the name of an image", from)
	case g == nil:
		return Source{Image: from, Path: file}, nil
	case g.name == stageName && (file == g.root() || strings.HasPrefix(file, g.root()+"/")):
		return Source{Path: path.Join(".", strings.TrimPrefix(file, g.root()))}, nil
	}
	if err := g.untouched(file); err != nil {
		return Source{}, err
	}
	if origin, source, ok := g.copied(file); ok {
		return s.trace(origin, source)
	}
	return s.trace(g.from, file)
}

// root is the folder that the build stage has the context in: its first WORKDIR.
func (g *stage) root() string {
	for _, in := range g.instructions {
		if in.name == "WORKDIR" {
			return path.Clean(in.rest)
		}
	}
	return "/"
}

// untouched: no command of a stage that is not run here may make the file another one. That it may
// be executed is so in our images anyhow.
func (g *stage) untouched(file string) error {
	for _, in := range g.instructions {
		if in.name == "RUN" && strings.Contains(in.rest, file) && in.rest != "chmod 0755 "+file {
			return fmt.Errorf("%s is changed by line %d, which cannot be run without a container", file, in.line)
		}
	}
	return nil
}

// copied finds the COPY --from by which a stage has got a file.
func (g *stage) copied(file string) (from, source string, ok bool) {
	for _, in := range g.instructions {
		words := strings.Fields(in.rest)
		if in.name == "COPY" && len(words) == 3 && words[2] == file && strings.HasPrefix(words[0], "--from=") {
			return strings.TrimPrefix(words[0], "--from="), path.Clean(words[1]), true
		}
	}
	return "", "", false
}
