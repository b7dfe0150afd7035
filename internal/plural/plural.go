// Package plural writes numbers of things.
package plural

import (
	"strconv"
	"strings"
)

// Of is "1 e-mail", "2 e-mails", "3 addresses", "4 branches".
func Of(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "ch"):
		noun += "es"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
