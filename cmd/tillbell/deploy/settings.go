package deploy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// ofThePlatform are the settings that compose.yaml and the units set, whatever settings.yml says.
var ofThePlatform = []string{"fprocess", "gateway_url", "handler_address", "secret_mount_path"}

// settingsFile is settings.env: the settings as NAME=value lines, which Compose and systemd read
// alike.
func settingsFile(settings map[string]string) (string, error) {
	var text strings.Builder
	text.WriteString("# Written by make up from settings.yml.\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if slices.Contains(ofThePlatform, name) {
			continue
		}
		line, err := envLine(name, settings[name])
		if err != nil {
			return "", err
		}
		text.WriteString(line)
	}
	return text.String(), nil
}

// plain is a value in which nothing has a meaning for Compose or systemd.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,=-]*$`)

// envLine is one line of such a file. In single quotes both take all but the quote itself as it is.
func envLine(name, value string) (string, error) {
	switch {
	case strings.ContainsAny(value, "'\r\n\x00"):
		return "", fmt.Errorf("%s has a single quote or a line break in it, which a file of settings cannot have", name)
	case plain.MatchString(value):
		return name + "=" + value + "\n", nil
	}
	return name + "='" + value + "'\n", nil
}
