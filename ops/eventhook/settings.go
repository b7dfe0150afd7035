package eventhook

import (
	"errors"
	"os"
	"regexp"
)

var (
	settingLine   = regexp.MustCompile(`(?m)^  ` + Setting + `:.*$`)
	commentedLine = regexp.MustCompile(`(?m)^  # ` + Setting + `:.*$`)
)

// WriteSetting puts the setting into a settings file: in place of its line, or of the one that is commented out. All
// else in it stays as it is.
func WriteSetting(file, value string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for _, line := range []*regexp.Regexp{settingLine, commentedLine} {
		if at := line.FindIndex(text); at != nil {
			out := append([]byte(nil), text[:at[0]]...)
			out = append(out, "  "+Setting+": "+value...)
			return os.WriteFile(file, append(out, text[at[1]:]...), 0o644)
		}
	}
	return errors.New("there is no line of it, also none that is commented out")
}
