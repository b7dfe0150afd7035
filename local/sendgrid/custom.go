package sendgrid

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

const (
	maxDataBytes     = 10_000
	maxSubstitutions = 10_000
	maxCategories    = 10
	maxCategory      = 255
)

// reserved headers are SendGrid's to set.
func reserved(header string) bool {
	return slices.Contains([]string{
		"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
		"to", "from", "subject", "reply-to", "cc", "bcc",
	}, strings.ToLower(header))
}

func (c *checker) headers(path string, v any) {
	headers, _ := c.strings(path, v)
	for _, name := range keys(headers) {
		switch value, _ := headers[name].(string); {
		case reserved(name):
			c.fail(at(path, name), "The header %s is reserved and may not be overridden.", name)
		case !headerName(name):
			c.fail(at(path, name), "A header's name must be ASCII characters other than space and colon.")
		case strings.ContainsAny(value, "\r\n"):
			c.fail(at(path, name), "A header's value cannot contain line breaks.")
		}
	}
}

func headerName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' })
}

// customArgs counts what a personalization inherits from the message in, since both travel with its
// mails.
func (c *checker) customArgs(path string, v, inherited any) {
	args, ok := c.strings(path, v)
	if !ok {
		return
	}
	all := map[string]any{}
	if m, ok := inherited.(map[string]any); ok {
		maps.Copy(all, m)
	}
	maps.Copy(all, args)
	if n := size(all); n > maxDataBytes {
		c.fail(path, "The total size of custom_args may not exceed %d bytes, you provided %d.", maxDataBytes, n)
	}
}

func (c *checker) substitutions(path string, v any) {
	tags, ok := c.strings(path, v)
	if !ok {
		return
	}
	if len(tags) > maxSubstitutions {
		c.fail(path, "There is a limit of %d substitutions, you provided %d.", maxSubstitutions, len(tags))
	}
	if n := size(tags); n > maxDataBytes {
		c.fail(path, "The total size of substitutions may not exceed %d bytes per personalization, you provided %d.",
			maxDataBytes, n)
	}
}

// strings wants an object whose values are all strings.
func (c *checker) strings(path string, v any) (map[string]any, bool) {
	if !c.typed(path, v, "object") {
		return nil, false
	}
	o, _ := v.(map[string]any)
	all := true
	for _, name := range keys(o) {
		all = c.typed(at(path, name), o[name], "string") && all
	}
	return o, all
}

// size is that of the shortest JSON for o. SendGrid does not say how it counts; this is never less.
func size(o map[string]any) int {
	b, err := json.Marshal(o)
	if err != nil {
		return 0
	}
	return len(b)
}

func (c *checker) categories(path string, v any) {
	list, ok := c.array(path, v)
	if !ok {
		return
	}
	if len(list) > maxCategories {
		c.fail(path, "There is a limit of %d categories, you provided %d.", maxCategories, len(list))
	}
	seen := map[string]bool{}
	for i, v := range list {
		s, ok := c.text(at(path, i), v, 0, maxCategory)
		if ok && seen[s] {
			c.fail(path, "The categories must be unique.")
		}
		seen[s] = ok
	}
}
