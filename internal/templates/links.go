package templates

import (
	"regexp"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// emptyAddress is a tag up to an attribute with no address in it, or with no more than how one begins.
var emptyAddress = regexp.MustCompile(`(?i)<[a-z][^<>]*?\s(href|src)\s*=\s*(?:"\s*(?:mailto:|tel:|https?://)?\s*"|'\s*(?:mailto:|tel:|https?://)?\s*')`)

// addresses tells of each link and picture whose address some data leaves empty, and marks the branches that the data
// has rendered. What a line is warned of is likely to be the reason.
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
		for _, at := range emptyAddress.FindAllStringSubmatchIndex(out, -1) {
			what := map[string]string{"href": "link", "src": "picture"}[strings.ToLower(out[at[2]:at[3]])]
			path, line := trace.place(at[2])
			found.addf(path, line, "the address of this %s is empty where the data has no value for it: put {{#if …}} around the %[1]s%s",
				what, warned.said(path, line))
		}
	}
	return found.err()
}

// said is what is known of a line, as the end of a sentence.
func (p *problems) said(path string, line int) (said string) {
	for _, known := range p.list {
		if known.path == path && known.line == line {
			said += "; " + known.what
		}
	}
	return said
}
