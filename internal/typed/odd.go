package typed

import (
	"fmt"
	"strings"
	"unicode"
)

const (
	quotes = "“”„‟‘’‚‛«»‹›″′`´"
	dashes = "‐‑‒–—―−"
)

// Odd says what a word has in it that looks right and is not, such as “ for " or a zero-width space, and gives the word
// without. It is empty where there is nothing odd. A word is an ID, a name, an address: no text for people.
func Odd(word string) (what, clean string) {
	var found []string
	clean = strings.Map(func(r rune) rune {
		switch name := invisible(r); {
		case name != "":
			found = append(found, name)
			return -1
		case strings.ContainsRune(quotes, r):
			found = append(found, "typographic quotes")
			return -1
		case strings.ContainsRune(dashes, r):
			found = append(found, fmt.Sprintf("a dash that is not a hyphen (U+%04X)", r))
			return '-'
		}
		return r
	}, word)
	if trimmed := strings.TrimSpace(clean); trimmed != clean {
		found, clean = append(found, "a space at its end"), trimmed
	}
	if found == nil {
		return "", word
	}
	return found[0], clean
}

// invisible names a character that is not seen, or not told from a space; it is empty for any other.
func invisible(r rune) string {
	switch {
	case r == ' ':
		return ""
	case r == '\u00a0', r == '\u202f':
		return fmt.Sprintf("a no-break space (U+%04X)", r)
	case r == '\u200b', r == '\ufeff', r == '\u2060':
		return fmt.Sprintf("a zero-width space (U+%04X)", r)
	case unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Cf), unicode.IsControl(r):
		return fmt.Sprintf("an invisible character (U+%04X)", r)
	}
	return ""
}

// Invisible names the first invisible character of a text: one that is neither seen nor an ordinary space, tab or line
// break. It is empty where there is none.
func Invisible(text string) string {
	for _, r := range text {
		if name := invisible(r); name != "" && r != '\t' && r != '\n' {
			return name
		}
	}
	return ""
}
