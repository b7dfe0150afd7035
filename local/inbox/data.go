package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// dataName is what problems call the template data that was typed.
const dataName = "template data"

// parseData reads template data that was typed, which is a JSON object. It gives the problem, if
// there is one.
func parseData(text string) (json.RawMessage, *problem) {
	var object map[string]json.RawMessage
	err := json.Unmarshal([]byte(text), &object)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, syntaxProblem(text, syntax)
	case err != nil || object == nil:
		return nil, &problem{Where: dataName, What: "it is a JSON object, from { to }"}
	}
	return json.RawMessage(text), nil
}

// syntaxProblem says in which line the JSON is wrong, and what is wrong there in the words of a
// person who types it.
func syntaxProblem(text string, err *json.SyntaxError) *problem {
	at := max(0, min(int(err.Offset)-1, len(text))) // the first byte that does not fit
	before := strings.TrimRight(text[:at], " \t\r\n")
	rest := text[at:]
	after, _ := utf8.DecodeRuneInString(rest)
	said := err.Error()
	switch {
	case strings.HasSuffix(said, "unexpected end of JSON input"):
		return problemAt(text, len(strings.TrimRight(text, " \t\r\n")), `it ends too early: a ", a } or a ] is missing`)
	case strings.HasSuffix(before, ",") && (after == '}' || after == ']'):
		return problemAt(text, len(before)-1, fmt.Sprintf("the comma before %c is one too many", after))
	case strings.Contains(said, "after object key:value pair"), strings.Contains(said, "after array element"):
		return problemAt(text, len(before), fmt.Sprintf("a comma is missing before %s", excerpt(rest)))
	case strings.Contains(said, "after object key"):
		return problemAt(text, at, fmt.Sprintf("a colon is missing before %s", excerpt(rest)))
	case strings.Contains(said, "after top-level value"):
		return problemAt(text, at, fmt.Sprintf("%s follows the end of the object", excerpt(rest)))
	case strings.Contains(said, "in string literal"):
		return problemAt(text, at, `a " is missing at the end of the line; a line break within text is \n`)
	case strings.Contains(said, "looking for beginning of object key"):
		return problemAt(text, at, `a name is in double quotes, as in "total"`)
	case strings.ContainsRune("“”„‘’'", after):
		return problemAt(text, at, `text is in straight double quotes: "…"`)
	}
	word := 1 + strings.LastIndexAny(text[:at], " \t\r\n,:[{")
	return problemAt(text, at, fmt.Sprintf("%s cannot stand here", excerpt(text[word:])))
}

// excerpt is the beginning of a text, up to the end of the word or the line.
func excerpt(text string) string {
	end := strings.IndexAny(text, " \t\r\n,")
	if end <= 0 {
		end = len(text)
	}
	word := []rune(text[:end])
	return string(word[:min(len(word), 20)])
}

// problemAt is in the line of a byte of the template data.
func problemAt(text string, at int, what string) *problem {
	line := 1 + strings.Count(text[:at], "\n")
	source := strings.TrimSpace(strings.Split(text, "\n")[line-1])
	return &problem{Where: fmt.Sprintf("%s:%d", dataName, line), What: what, Line: line, Source: source}
}

// dataText is template data for a person to read and to edit.
func dataText(data map[string]any) string {
	b, err := json.Marshal(data)
	if err != nil {
		return err.Error() // impossible: it is strings and numbers
	}
	return indent(b)
}
