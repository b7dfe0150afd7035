package sendgrid

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A checker collects what is wrong with one mail. Its methods take the path of a value and the
// value, and those that answer ok have complained if it is false. They are spread over the files by
// subject.
type checker struct {
	now  time.Time
	errs []apiError
}

func (c *checker) fail(path, format string, args ...any) {
	c.errs = append(c.errs, fieldError(path, fmt.Sprintf(format, args...)))
}

// at is the path of a field or an element within what is at path.
func at(path string, key any) string {
	if path == "" {
		return fmt.Sprint(key)
	}
	return fmt.Sprintf("%s.%v", path, key)
}

// kind is JSON's word for v's type.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	case []any:
		return "array"
	}
	return "object"
}

func (c *checker) typed(path string, v any, want string) bool {
	if got := kind(v); got != want {
		c.fail(path, "Invalid type. Expected: %s, given: %s.", want, got)
		return false
	}
	return true
}

// object wants an object with no other fields than these.
func (c *checker) object(path string, v any, known ...string) (map[string]any, bool) {
	if !c.typed(path, v, "object") {
		return nil, false
	}
	o, _ := v.(map[string]any)
	for _, name := range keys(o) {
		if !slices.Contains(known, name) {
			c.fail(at(path, name), "Additional property %s is not allowed", name)
		}
	}
	return o, true
}

func (c *checker) array(path string, v any) ([]any, bool) {
	if !c.typed(path, v, "array") {
		return nil, false
	}
	a, _ := v.([]any)
	return a, true
}

func (c *checker) integer(path string, v any) (int64, bool) {
	if !c.typed(path, v, "integer") {
		return 0, false
	}
	n, _ := v.(json.Number)
	i, err := n.Int64()
	if err != nil {
		c.fail(path, "The number %s is too large.", n)
		return 0, false
	}
	return i, true
}

// text wants a string of so many characters; 0 for most means any number.
func (c *checker) text(path string, v any, least, most int) (string, bool) {
	if !c.typed(path, v, "string") {
		return "", false
	}
	s, _ := v.(string)
	n := utf8.RuneCountInString(s)
	switch {
	case n < least && least == 1:
		c.fail(path, "The %s value must be a string at least one character in length.", last(path))
	case n < least:
		c.fail(path, "The %s value must be at least %d characters in length, you provided %d.", last(path), least, n)
	case most > 0 && n > most:
		c.fail(path, "The %s value must be at most %d characters in length, you provided %d.", last(path), most, n)
	default:
		return s, true
	}
	return "", false
}

// optional fields of an object, each with what its value must be.
func (c *checker) optional(path string, o map[string]any, checks map[string]func(path string, v any)) {
	for _, name := range keys(o) {
		if check, ok := checks[name]; ok {
			check(at(path, name), o[name])
		}
	}
}

func (c *checker) anyText(path string, v any)      { c.text(path, v, 0, 0) }
func (c *checker) nonEmptyText(path string, v any) { c.text(path, v, 1, 0) }
func (c *checker) boolean(path string, v any)      { c.typed(path, v, "boolean") }

// keys are sorted, so that the same mistakes give the same answer.
func keys(o map[string]any) []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
