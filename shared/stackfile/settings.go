package stackfile

import (
	"os"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
	"handler/function/internal/yamlfile"
)

// setting is a value and the line that it is on.
type setting struct {
	value string
	line  int
}

// settings are those under environment in a file, by their names.
type settings map[string]setting

// readSettings reads a settings file. Its error has a line for each mistake: file:line: what.
func readSettings(file string) (map[string]string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	all, wrong := parseSettings(source)
	if wrong != nil {
		return nil, typed.In(file, wrong)
	}
	values := map[string]string{}
	for name, s := range all {
		values[name] = s.value
	}
	return values, nil
}

// LineOf is the line of a settings file that has a setting, 0 where none has.
func LineOf(file, name string) int {
	source, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	all, _ := parseSettings(source)
	return all[name].line
}

const indented = "want lines such as log_level: info, each indented by two spaces under environment"

func parseSettings(source []byte) (settings, typed.Mistakes) {
	root, bad := yamlfile.Parse(source)
	switch {
	case bad != nil:
		return nil, typed.Mistakes{*bad}
	case root == nil:
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, typed.Mistakes{*typed.Mistakef(root.Line, indented)}
	}
	all, wrong := settings{}, typed.Mistakes(nil)
	for key, value := range pairs(root) {
		if key.Value != "environment" {
			wrong = append(wrong, *typed.Mistakef(key.Line, "unknown field %s: the settings are under environment", key.Value))
			continue
		}
		wrong = append(wrong, all.read(value)...)
	}
	return all, wrong
}

// read reads what is under environment.
func (all settings) read(environment *yaml.Node) typed.Mistakes {
	if environment.Tag == "!!null" {
		return nil // all are commented out
	}
	if environment.Kind != yaml.MappingNode {
		return typed.Mistakes{*typed.Mistakef(environment.Line, indented)}
	}
	var wrong typed.Mistakes
	for key, value := range pairs(environment) {
		first, twice := all[key.Value]
		switch {
		case value.Kind != yaml.ScalarNode:
			wrong = append(wrong, *typed.Mistakef(value.Line, indented))
		case twice:
			wrong = append(wrong, *typed.Mistakef(key.Line, "%s is on line %d already: write it once", key.Value, first.line))
		default:
			all[key.Value] = setting{value.Value, key.Line}
		}
	}
	return wrong
}

// pairs are the keys of a mapping with their values.
func pairs(mapping *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}
