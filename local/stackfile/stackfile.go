// Package stackfile reads stack.yml as faas-cli does.
package stackfile

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/openfaas/go-sdk/stack"
	"go.yaml.in/yaml/v3"
)

// Read reads a stack.yml, with the settings files that its functions name, which lie beside it, laid over their
// own environment.
func Read(file string) (*stack.Services, error) {
	services, err := stack.ParseYAMLFile(file, "", "", true)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	for name, f := range services.Functions {
		environment := map[string]string{}
		maps.Copy(environment, f.Environment)
		for _, settings := range f.EnvironmentFile {
			more, err := readSettings(filepath.Join(filepath.Dir(file), settings))
			if err != nil {
				return nil, fmt.Errorf("settings of %s: %w", name, err)
			}
			maps.Copy(environment, more)
		}
		f.Environment, f.Name = environment, name
		services.Functions[name] = f
	}
	return services, nil
}

func readSettings(file string) (map[string]string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var settings stack.EnvironmentFile
	if err := yaml.Unmarshal(b, &settings); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return settings.Environment, nil
}
