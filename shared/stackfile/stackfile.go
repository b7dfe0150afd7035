// Package stackfile reads stack.yml as faas-cli does.
package stackfile

import (
	"fmt"
	"maps"
	"path/filepath"

	"github.com/openfaas/go-sdk/stack"
)

// Read reads a stack.yml, with the settings files that its functions name, which lie beside it,
// laid over their own environment.
func Read(file string) (*stack.Services, error) {
	services, err := Parse(file)
	if err != nil {
		return nil, err
	}
	return WithSettings(services)
}

// Parse reads a stack.yml alone. The paths of its settings files lead there from the working
// folder.
func Parse(file string) (*stack.Services, error) {
	services, err := stack.ParseYAMLFile(file, "", "", true)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	for name, f := range services.Functions {
		for i, settings := range f.EnvironmentFile {
			f.EnvironmentFile[i] = filepath.Join(filepath.Dir(file), settings)
		}
		f.Name = name
		services.Functions[name] = f
	}
	return services, nil
}

// WithSettings gives what was parsed, with the settings files as they are now laid over the
// functions' environment. Its error has a line for each mistake: file:line: what.
func WithSettings(parsed *stack.Services) (*stack.Services, error) {
	services := *parsed
	services.Functions = maps.Clone(parsed.Functions)
	for name, f := range services.Functions {
		environment := map[string]string{}
		maps.Copy(environment, f.Environment)
		for _, file := range f.EnvironmentFile {
			settings, err := readSettings(file)
			if err != nil {
				return nil, err
			}
			maps.Copy(environment, settings)
		}
		f.Environment = environment
		services.Functions[name] = f
	}
	return &services, nil
}

// Settings are what the functions' settings files say, without what stack.yml itself says.
func Settings(services *stack.Services) (map[string]string, error) {
	all := map[string]string{}
	for _, f := range services.Functions {
		for _, file := range f.EnvironmentFile {
			settings, err := readSettings(file)
			if err != nil {
				return nil, err
			}
			maps.Copy(all, settings)
		}
	}
	return all, nil
}
