package templates

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mailgun/raymond/v2/ast"

	"handler/function/internal/typed"
)

// key warns of an unknown key of metadata: SendGrid leaves it blank, so a typo would be invisible.
func (c *checker) key(s *source, p *ast.PathExpression, key string) {
	if slices.Contains(c.keys, key) {
		return
	}
	c.warnings.addf(s.path, p.Line, "no sample order and no metadata_keys entry has metadata.%s%s", key, typed.DidYouMean(key, c.keys))
}

// nameTokens are those of dateTokens that print names, which SendGrid has in English alone.
var nameTokens = regexp.MustCompile(`MMM|ddd|A`)

// months warns of a date with names in another language's template.
func (c *checker) months(s *source, e *ast.Expression) {
	if e.HelperName() != "formatDate" || c.locale == "" || strings.HasPrefix(strings.ToLower(c.locale), "en") {
		return
	}
	if format, ok := e.Params[1].(*ast.StringLiteral); ok && nameTokens.MatchString(format.Value) {
		c.warnings.addf(s.path, e.Line, "SendGrid writes the names of months and days, and AM and PM, in English: write numbers, such as DD.MM.YYYY")
	}
}
