package templates

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mailgun/raymond/v2/ast"
)

// holds is whether a block shows its text, or that after its {{else}}.
func holds(helper string, args []any) bool {
	switch helper {
	case "if":
		return truthy(args[0])
	case "unless":
		return !truthy(args[0])
	case "and":
		return truthy(args[0]) && truthy(args[1])
	case "or":
		return truthy(args[0]) || truthy(args[1])
	case "equals":
		return equal(args[0], args[1])
	case "notEquals":
		return !equal(args[0], args[1])
	}
	// SendGrid's page compares numbers only; what is none is neither greater nor less.
	a, isA := number(args[0])
	b, isB := number(args[1])
	return isA && isB && (helper == "greaterThan" && a > b || helper == "lessThan" && a < b)
}

// insert is a value or its default, with or without "default=" before it: SendGrid's page shows
// both, for a value that is missing. That an empty one counts as missing is not said there; no
// template of ours relies on it.
func insert(args []any) any {
	if truthy(args[0]) || len(args) == 1 {
		return args[0]
	}
	return strings.TrimPrefix(str(args[1]), "default=")
}

// length is that of a string, in characters, or of a list, and 0 of all else.
func length(v any) any {
	n := 0
	switch v := v.(type) {
	case string:
		n = utf8.RuneCountInString(v)
	case []any:
		n = len(v)
	}
	return json.Number(strconv.Itoa(n))
}

func literal(n ast.Node) any {
	switch n := n.(type) {
	case *ast.StringLiteral:
		return n.Value
	case *ast.NumberLiteral:
		return json.Number(n.Canonical())
	case *ast.BooleanLiteral:
		return n.Value
	}
	return nil
}
