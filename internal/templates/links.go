package templates

import (
	"regexp"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// emptyAddress matches a tag up to an attribute with no address, or with only the beginning of one.
var emptyAddress = regexp.MustCompile(`(?i)<[a-z][^<>]*?\s(href|src)\s*=\s*(?:"\s*(?:mailto:|tel:|https?://)?\s*"|'\s*(?:mailto:|tel:|https?://)?\s*')`)

// brokenAddresses are attributes that are broken for any data, with the correct form.
var brokenAddresses = []struct {
	form       *regexp.Regexp
	correction string
}{
	{regexp.MustCompile(`(?i)<[a-z][^<>]*?\s(href|src)\s*=\s*[“”„«»‘’‚]`), "has typographic quotes around it: write straight ones"},
	{regexp.MustCompile(`(?i)<[a-z][^<>]*?\s(href|src)\s*=\s*["']?\s*www\.`), "begins with www., which leads nowhere in an e-mail: write https:// before it"},
}

// addresses reports each link and picture whose address is broken, or empty for some data, and
// marks the rendered branches. A warning of the same line is probably the reason.
func (t *Template) addresses(data any, rendered map[*ast.Program]bool, warned *problems) error {
	found := &problems{}
	for k, p := range t.parts {
		if p == nil {
			continue
		}
		out, trace := p.trace(kind(k), data, rendered)
		if kind(k) != html {
			continue
		}
		for _, at := range attributes(out, emptyAddress) {
			path, line := trace.place(at[2])
			found.addf(path, line, "the address of this %s is empty where the data has no value for it: put {{#if …}} around the %[1]s%s",
				attribute(out, at), warned.said(path, line))
		}
		for _, broken := range brokenAddresses {
			for _, at := range attributes(out, broken.form) {
				path, line := trace.place(at[2])
				found.addf(path, line, "the address of this %s %s", attribute(out, at), broken.correction)
			}
		}
	}
	return found.err()
}

// attributes are what form.FindAllStringSubmatchIndex gives, for a form that begins with < and has
// no other < or > in it. It looks at each tag alone, because most tags have no address.
func attributes(out string, form *regexp.Regexp) [][]int {
	var all [][]int
	for start := strings.IndexByte(out, '<'); start >= 0; {
		end := len(out)
		if next := strings.IndexAny(out[start+1:], "<>"); next >= 0 {
			end = start + 1 + next
		}
		if tag := out[start:end]; mayHaveAddress(strings.ToLower(tag)) {
			if at := form.FindStringSubmatchIndex(tag); at != nil {
				for i := range at {
					at[i] += start
				}
				all = append(all, at)
			}
		}
		next := strings.IndexByte(out[end:], '<')
		if next < 0 {
			break
		}
		start = end + next
	}
	return all
}

func mayHaveAddress(tag string) bool {
	return strings.Contains(tag, "href") || strings.Contains(tag, "src")
}

// attribute is what has the address whose attribute was found at a place.
func attribute(out string, at []int) string {
	return map[string]string{"href": "link", "src": "picture"}[strings.ToLower(out[at[2]:at[3]])]
}

// said is the warning of a line, as the end of a sentence.
func (p *problems) said(path string, line int) (said string) {
	for _, known := range p.list {
		if known.path == path && known.line == line {
			said += "; " + known.what
		}
	}
	return said
}
