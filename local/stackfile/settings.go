package stackfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
	"handler/function/internal/yamlfile"
)

// readSettings reads the settings that are under environment in a file.
func readSettings(file string) (map[string]string, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if _, bad := yamlfile.Parse(source); bad != nil {
		return nil, typed.In(file, typed.Mistakes{*bad})
	}
	var settings struct {
		Environment map[string]string `yaml:"environment"`
	}
	d := yaml.NewDecoder(bytes.NewReader(source))
	d.KnownFields(true)
	if err := d.Decode(&settings); err != nil && !errors.Is(err, io.EOF) {
		return nil, located(file, err)
	}
	return settings.Environment, nil
}

// located puts the file and the line before each mistake.
func located(file string, err error) error {
	lines := []string{err.Error()}
	if several := new(yaml.TypeError); errors.As(err, &several) {
		lines = several.Errors
	}
	var out []error
	for _, text := range lines {
		line, what := "1", text
		if parts := yamlLine.FindStringSubmatch(text); parts != nil {
			line, what = parts[1], parts[2]
		}
		out = append(out, fmt.Errorf("%s:%s: %s", file, line, plain(what)))
	}
	return errors.Join(out...)
}

var (
	yamlLine     = regexp.MustCompile(`(?s)^(?:yaml: )?line (\d+): (.*)$`)
	unknownField = regexp.MustCompile(`^field (.+) not found in type .*$`)
	wrongKind    = regexp.MustCompile(`^cannot unmarshal .* into .*$`)
	twice        = regexp.MustCompile(`^mapping key "(.+)" already defined at line (\d+)$`)
)

// plain turns what the YAML library says to programmers into words for an owner.
func plain(what string) string {
	what = unknownField.ReplaceAllString(what, "unknown field $1: the settings are under environment")
	what = twice.ReplaceAllString(what, "$1 is on line $2 already: write it once")
	return wrongKind.ReplaceAllString(what, "want lines such as log_level: info, each indented by two spaces under environment")
}

// LineOf is the line of a settings file that has a setting, 0 where none has.
func LineOf(file, setting string) int {
	source, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	var settings struct {
		Environment map[string]yaml.Node `yaml:"environment"`
	}
	if err := yaml.Unmarshal(source, &settings); err != nil {
		return 0
	}
	value := settings.Environment[setting]
	return value.Line
}
