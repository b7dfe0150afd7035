package image

import (
	"fmt"
	"strings"
)

// instruction is one instruction of a Dockerfile, with its continued lines joined.
type instruction struct {
	line int
	name string // in capitals
	rest string
}

// split cuts a Dockerfile into instructions, as Docker does: a backslash at the end continues a
// line, and comments and empty lines count for nothing, also between continued ones.
func split(dockerfile []byte) ([]instruction, error) {
	var (
		all  []instruction
		text string
		from int
	)
	for i, line := range strings.Split(string(dockerfile), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			if strings.HasPrefix(strings.ReplaceAll(line, " ", ""), "#escape=") {
				return nil, fmt.Errorf("dockerfile line %d: another escape character is not understood", i+1)
			}
			continue
		}
		if text == "" {
			from = i + 1
		}
		if before, continued := strings.CutSuffix(line, "\\"); continued {
			text += before
			continue
		}
		name, rest, _ := strings.Cut(text+line, " ")
		all = append(all, instruction{from, strings.ToUpper(name), strings.TrimSpace(rest)})
		text = ""
	}
	if text != "" {
		return nil, fmt.Errorf("dockerfile line %d: the last line is continued", from)
	}
	return all, nil
}
