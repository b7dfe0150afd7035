package sendgrid

import (
	"regexp"
	"strings"
)

// emailAddress is what SendGrid takes for one: an ASCII dot-atom, an @, and a domain name with a
// dot.
var emailAddress = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
	`@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$`)

const (
	maxLocalPart = 64
	maxDomain    = 255
)

func validEmail(s string) bool {
	local, domain, _ := strings.Cut(s, "@")
	return len(local) <= maxLocalPart && len(domain) <= maxDomain && emailAddress.MatchString(s)
}

// address wants {"email", "name"}, and answers the e-mail address, or "" when it is none.
func (c *checker) address(path string, v any) string {
	return c.addressOr(path, v, "Does not contain a valid address.")
}

func (c *checker) from(path string, v any) {
	c.addressOr(path, v, "The from email does not contain a valid address.")
}

func (c *checker) addressOr(path string, v any, invalid string) string {
	o, ok := c.object(path, v, "email", "name")
	if !ok {
		return ""
	}
	c.optional(path, o, map[string]func(string, any){"name": c.name})
	email, given := o["email"]
	if !given {
		c.fail(at(path, "email"), "The email parameter is required.")
		return ""
	}
	if !c.typed(at(path, "email"), email, "string") {
		return ""
	}
	s, _ := email.(string)
	if !validEmail(s) {
		c.fail(at(path, "email"), "%s", invalid)
		return ""
	}
	return s
}

// recipient is an address whose name has no comma and no semicolon: SendGrid's overview of the API
// says so of to.name, cc.name and bcc.name.
func (c *checker) recipient(path string, v any) string {
	o, _ := v.(map[string]any)
	if name, _ := o["name"].(string); strings.ContainsAny(name, ",;") {
		c.fail(at(path, "name"), "The name cannot include either the ; or , characters.")
	}
	return c.address(path, v)
}

func (c *checker) name(path string, v any) {
	if s, ok := c.text(path, v, 0, 0); ok && strings.ContainsAny(s, "\r\n") {
		c.fail(path, "The name cannot contain line breaks.")
	}
}
