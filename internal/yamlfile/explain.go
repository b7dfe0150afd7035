package yamlfile

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
)

// words are those for an owner, by those of the YAML library.
var words = []struct{ problem, words string }{
	{"unexpected end of stream", "a quote that begins in this line does not end"},
	{"expected ',' or ']'", "the list in brackets is wrong here: it needs a comma between two entries, and a ] at its end"},
	{"expected ',' or '}'", "what is in braces is wrong here: it needs a comma between two fields, and a } at its end"},
	{"expected node content", "a bracket or brace that begins in this line does not end"},
	{"could not find expected ':'", "a field's name needs a colon after it, and a space after that"},
	{"unknown anchor", "a text that begins with * needs quotes around it"},
	{"alphabetic or numeric character", "a text that begins with & or * needs quotes around it"},
	{"cannot start any token", "a text that begins with this character needs quotes around it"},
	{"comment or line break", "a text that begins with | or > needs quotes around it"},
	{"mapping values are not allowed", "a field cannot stand here: check the indentation, and put quotes around a text with a colon in it"},
}

// exact are the problems with which the library names the right line, if it names one.
var exact = regexp.MustCompile(`token|mapping values|expected ':'`)

var libraryError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// explain says in an owner's words what the YAML library says about a text, and where it is wrong.
func explain(text string, err error) *typed.Mistake {
	line, problem := parsed(err)
	lines := strings.Split(text, "\n")
	if line == 0 || !exact.MatchString(problem) {
		line = offending(lines, problem, line)
	}
	if strings.Contains(problem, "mapping values") {
		line = cmp.Or(missingColon(lines[:line]), line)
	}
	if i := slices.IndexFunc(lines[:line], oddlyIndented); i >= 0 {
		line = i + 1
	}
	return typed.Mistakef(line, "%s", inWords(problem, lines[line-1]))
}

// parsed is what the library's error says; the line is 0 where it names none.
func parsed(err error) (line int, problem string) {
	parts := libraryError.FindStringSubmatch(err.Error())
	if parts == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(parts[1])
	return line, parts[2]
}

func inWords(problem, line string) string {
	indentation := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	if strings.Contains(indentation, "\t") {
		return "this line is indented by a tab: indent by spaces"
	}
	if oddlyIndented(line) {
		return "this line is indented by " + typed.Invisible(line) + ": indent by spaces"
	}
	if wordAlone.MatchString(line) {
		return "there is no colon after " + strings.TrimSpace(line)
	}
	for _, w := range words {
		if strings.Contains(problem, w.problem) {
			return w.words
		}
	}
	if strings.Contains(problem, "expected key") || strings.Contains(problem, "'-' indicator") {
		return fmt.Sprintf("check the indentation: by %d, this line fits nothing above it", len(indentation))
	}
	return "this is not YAML: " + problem
}

// oddlyIndented reports whether a line is indented by what only looks like spaces.
func oddlyIndented(line string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, " \t"))
	return typed.Invisible(string(first)) != ""
}

// maxLines is how long a file may be for a search that parses it once for each line.
const maxLines = 1000

// offending is the line on which a problem begins: without it and all that follow, there is no such
// problem. For a very long file it is the line that the library names.
func offending(lines []string, problem string, named int) int {
	n := len(lines)
	if n > maxLines {
		return min(max(named, 1), n)
	}
	for n > 1 && hasProblem(strings.Join(lines[:n-1], "\n"), problem) {
		n--
	}
	return n
}

func hasProblem(text, problem string) bool {
	err := yaml.Unmarshal([]byte(text), new(yaml.Node))
	if err == nil {
		return false
	}
	_, found := parsed(err)
	return found == problem
}

var wordAlone = regexp.MustCompile(`^ *[a-z_]+ *$`)

// missingColon is the line above the last one that has a field's name and no colon, such as admins
// above
// - ada@example.com; it is 0 where there is none.
func missingColon(lines []string) int {
	found := 0
	for i := len(lines) - 2; i >= 0 && !strings.Contains(lines[i], ":"); i-- {
		if wordAlone.MatchString(lines[i]) && depth(lines[i+1]) >= depth(lines[i]) {
			found = i + 1
		}
	}
	return found
}

// depth is how far the text of a line is from the left; the hyphen of a list is no part of it.
func depth(line string) int { return len(line) - len(strings.TrimLeft(line, "- ")) }
