package sendgrid

import (
	"encoding/base64"
	"slices"
	"strings"
)

// contents are needed unless a template brings them.
func (c *checker) contents(m map[string]any, template string) {
	const path = "content"
	v, given := m[path]
	if !given && template != "" {
		return
	}
	list, ok := []any(nil), true
	if given {
		list, ok = c.array(path, v)
	}
	if ok && len(list) == 0 {
		c.fail(path, "Unless a valid template_id is provided, the content parameter is required. There must be "+
			"at least one defined content block. We typically suggest both text/plain and text/html blocks are "+
			"included, but only one block is required.")
	}
	var types []string
	for i, v := range list {
		types = append(types, c.content(at(path, i), v))
	}
	c.order(path, types)
}

func (c *checker) content(path string, v any) string {
	o, ok := c.object(path, v, "type", "value")
	if !ok {
		return ""
	}
	c.required(path, o, "value")
	if s, ok := c.required(path, o, "type"); ok {
		c.mimeType(at(path, "type"), s)
		return s
	}
	return ""
}

// order wants text/plain first, text/html next, and each once: mail programs show the last part
// they can.
func (c *checker) order(path string, types []string) {
	plain, html := slices.Index(types, "text/plain"), slices.Index(types, "text/html")
	if plain > 0 || html > 1 || html == 1 && plain != 0 {
		c.fail(path, "If present, text/plain and text/html may only be provided in this order and first: "+
			"text/plain, text/html, then any other type.")
	}
	for _, t := range []string{"text/plain", "text/html"} {
		if i := slices.Index(types, t); i >= 0 && slices.Contains(types[i+1:], t) {
			c.fail(path, "If present, text/plain and text/html may only be provided once.")
		}
	}
}

func (c *checker) attachments(path string, v any) {
	list, _ := c.array(path, v)
	for i, v := range list {
		c.attachment(at(path, i), v)
	}
}

func (c *checker) attachment(path string, v any) {
	o, ok := c.object(path, v, "content", "type", "filename", "disposition", "content_id")
	if !ok {
		return
	}
	if s, ok := c.required(path, o, "content"); ok {
		// Strict refuses bits that are left over; line breaks are refused too, which the decoder
		// skips.
		if _, err := base64.StdEncoding.Strict().DecodeString(s); err != nil || strings.ContainsAny(s, "\r\n") {
			c.fail(at(path, "content"), "The attachment content must be base64 encoded.")
		}
	}
	if s, ok := c.required(path, o, "filename"); ok && strings.ContainsAny(s, "\r\n;") {
		c.fail(at(path, "filename"), "The attachment filename cannot contain CR, LF or ;.")
	}
	c.optional(path, o, map[string]func(string, any){
		"type": func(path string, v any) {
			if s, ok := c.text(path, v, 1, 0); ok {
				c.mimeType(path, s)
			}
		},
		"disposition": func(path string, v any) {
			if s, ok := c.text(path, v, 0, 0); ok && s != "inline" && s != "attachment" {
				c.fail(path, "The disposition of your attachment can be either \"attachment\" or \"inline\", you provided '%s'.", s)
			}
		},
		"content_id": c.nonEmptyText,
	})
}

// required wants a field that is a string of at least one character.
func (c *checker) required(path string, o map[string]any, field string) (string, bool) {
	v, given := o[field]
	if !given {
		c.fail(at(path, field), "The %s parameter is required.", field)
		return "", false
	}
	return c.text(at(path, field), v, 1, 0)
}

func (c *checker) mimeType(path, s string) {
	if kind, sub, ok := strings.Cut(s, "/"); !ok || kind == "" || sub == "" || strings.ContainsAny(s, "\r\n; ") {
		c.fail(path, "The type must be a MIME type without CR, LF or ;, you provided '%s'.", s)
	}
}
