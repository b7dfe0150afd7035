package eventhook

import (
	"errors"
	"os"
	"regexp"
	"slices"
)

var (
	settingLine   = regexp.MustCompile(`(?m)^( +)` + Setting + `:.*$`)
	commentedLine = regexp.MustCompile(`(?m)^( +)# ` + Setting + `:.*$`)
	// environment is the line above the settings, with the indentation of the first of them.
	environment = regexp.MustCompile(`(?m)^environment:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*?( +)[A-Za-z_]+:`)
)

// WriteSetting puts the setting into a settings file: in place of its line, or of the one that is
// commented out, else above the first setting. All else in it stays as it is.
func WriteSetting(file, value string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	from, to, indentation := 0, 0, ""
	line, comment, first := settingLine.FindSubmatchIndex(text), commentedLine.FindSubmatchIndex(text), environment.FindSubmatchIndex(text)
	switch {
	case line != nil:
		from, to, indentation = line[0], line[1], string(text[line[2]:line[3]])
	case comment != nil:
		from, to, indentation = comment[0], comment[1], string(text[comment[2]:comment[3]])
	case first != nil:
		from, to, indentation = first[2], first[2], string(text[first[2]:first[3]])
		value += "\n"
	default:
		return errors.New("there are no settings below environment, among which it belongs")
	}
	out := slices.Concat(text[:from], []byte(indentation+Setting+": "+value), text[to:])
	return os.WriteFile(file, out, 0o644)
}
