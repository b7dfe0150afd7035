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

// environment has the settings of a file by their names.
type environment map[string]setting

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

const indented = "want lines such as log_level: info, each indented by two spaces under environment"

func parseSettings(source []byte) (environment, typed.Mistakes) {
	root, bad := yamlfile.Parse(source)
	switch {
	case bad != nil:
		return nil, typed.Mistakes{*bad}
	case root == nil:
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, typed.Mistakes{*typed.Mistakef(root.Line, indented)}
	}
	all, wrong := environment{}, typed.Mistakes(nil)
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
func (all environment) read(mapping *yaml.Node) typed.Mistakes {
	if mapping.Tag == "!!null" {
		return nil // all are commented out
	}
	if mapping.Kind != yaml.MappingNode {
		return typed.Mistakes{*typed.Mistakef(mapping.Line, indented)}
	}
	var wrong typed.Mistakes
	for key, value := range pairs(mapping) {
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
