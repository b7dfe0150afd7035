package templates

import (
	"regexp"
	"strings"

	"handler/function/internal/typed"
)

// tag is a text between braces. Raymond's error for a wrong one is only an unexpected character,
// often on the last line of the file; so tags are checked first.
type tag struct {
	text string // with its braces
	line int
}

// inner is the text of a tag, without braces.
func (t tag) inner() string { return strings.TrimSpace(strings.Trim(t.text, "{}")) }

// block is the name of the block that a tag opens, or empty.
func (t tag) block() string { return wordAfter(t.inner(), "#") }

// close is the name of the block that a tag closes, or empty.
func (t tag) close() string { return wordAfter(t.inner(), "/") }

func wordAfter(inner, sign string) string {
	rest, ok := strings.CutPrefix(inner, sign)
	if words := strings.Fields(rest); ok && len(words) > 0 {
		return words[0]
	}
	return ""
}

// isElse reports whether a tag is {{else}} or {{else if x}}. Handlebars accepts every tag that
// begins with else.
func (t tag) isElse() bool { return strings.HasPrefix(t.inner(), "else") }

// scanner takes the tags out of a text.
type scanner struct {
	*problems
	path, text string
	tags       []tag
}

func (s *scanner) line(at int) int { return 1 + strings.Count(s.text[:at], "\n") }

// scan finds the tags, and malformed ones.
func (s *scanner) scan() []tag {
	at := 0
	for {
		i := strings.Index(s.text[at:], "{{")
		if i < 0 {
			s.content(at, len(s.text))
			return s.tags
		}
		s.content(at, at+i)
		at = s.tag(at + i)
	}
}

var (
	inBraces = regexp.MustCompile(`\{([^{}\n]*)\}(\}?)`)
	// tagLike is what {x}} is meant as a tag for; a style may end so as well. Of {x} less is sure.
	tagLike = regexp.MustCompile(`^(?:[#/][A-Za-z]+|> ?[a-z]).*$|^else$|^[A-Za-z_@][\w@-]*(?:\.[\w@-]+)*$`)
	sureTag = regexp.MustCompile(`^[#/][A-Za-z]+(?: .*)?$|^else$|^[a-z_]+(?:\.[a-z_]+)+$`)
)

// content looks for tags with too few braces at their beginning.
func (s *scanner) content(from, to int) {
	text := s.text[from:to]
	for _, m := range inBraces.FindAllStringSubmatchIndex(text, -1) {
		inner, two := text[m[2]:m[3]], m[4] < m[5]
		if two && tagLike.MatchString(inner) || !two && sureTag.MatchString(inner) {
			s.addf(s.path, s.line(from+m[0]), "%s has too few braces: write {{%s}}", text[m[0]:m[1]], inner)
		}
	}
}

// tag reads the tag that begins at a place, and gives the place behind it.
func (s *scanner) tag(at int) int {
	if end, ok := s.comment(at); ok {
		return end
	}
	braces := 2
	if strings.HasPrefix(s.text[at:], "{{{") {
		braces = 3
	}
	closing := strings.Repeat("}", braces)
	for i := at + braces; i < len(s.text); i++ {
		rest := s.text[i:]
		switch {
		case braces == 2 && strings.HasPrefix(rest, "}}}"):
			s.addf(s.path, s.line(at), "%s}}} has a brace too many: write %s}}, and a space before a } that is meant", short(s.text[at:i]), short(s.text[at:i]))
			return i + 3
		case strings.HasPrefix(rest, closing):
			return s.found(at, i+braces, braces)
		case strings.HasPrefix(rest, "}}"):
			s.addf(s.path, s.line(at), "%s}} needs a third brace at its end", short(s.text[at:i]))
			return i + 2
		case rest[0] == '}':
			s.addf(s.path, s.line(at), "%s} needs a second brace at its end", short(s.text[at:i]))
			return i + 1
		case strings.HasPrefix(rest, "{{"):
			s.addf(s.path, s.line(at), "%s has no }} at its end", short(s.text[at:i]))
			return i
		case rest[0] == '"' || rest[0] == '\'':
			n := quote(rest)
			if n < 0 {
				s.addf(s.path, s.line(at), "%s has a quote that does not end", short(s.text[at:i+1]))
				return s.after(i)
			}
			i += n
		case rest[0] == '[':
			if n := strings.IndexAny(rest, "]\n"); n > 0 && rest[n] == ']' {
				i += n
			}
		}
	}
	s.addf(s.path, s.line(at), "%s has no }} at its end", short(s.text[at:]))
	return len(s.text)
}

// quote is how far a text in quotes goes, or negative where it does not end: on its line, and
// within its tag.
func quote(text string) int {
	for i := 1; i < len(text) && text[i] != '\n' && !strings.HasPrefix(text[i:], "}}"); i++ {
		if text[i] == text[0] && text[i-1] != '\\' {
			return i
		}
	}
	return -1
}

// after is the place behind the next end of a tag.
func (s *scanner) after(at int) int {
	if i := strings.Index(s.text[at:], "}}"); i >= 0 {
		return at + i + 2
	}
	return len(s.text)
}

// comment reads a comment, if there is one at a place.
func (s *scanner) comment(at int) (end int, ok bool) {
	closing := "}}"
	switch {
	case !strings.HasPrefix(s.text[at:], "{{!"):
		return 0, false
	case strings.HasPrefix(s.text[at:], "{{!--"):
		closing = "--}}"
	}
	i := strings.Index(s.text[at+3:], closing)
	if i < 0 {
		s.addf(s.path, s.line(at), "this comment does not end: write %s", closing)
		return len(s.text), true
	}
	return at + 3 + i + len(closing), true
}

// found notes a tag, if what is in it can be typed.
func (s *scanner) found(at, end, braces int) int {
	t := tag{s.text[at:end], s.line(at)}
	inside := s.text[at+braces : end-braces]
	switch what, _ := typed.Odd(spaces.Replace(unquoted(inside))); {
	case strings.Trim(inside, "#/> \t\n") == "":
		s.addf(s.path, t.line, "there is no name in %s", t.text)
	case what != "":
		s.addf(s.path, t.line, "%s has %s: type it anew", short(t.text), what)
	case strings.ContainsAny(inside[:1], " \t") && strings.ContainsAny(t.inner()[:1], "#/>"):
		s.addf(s.path, t.line, "%s has a space too many: write {{%s}}", short(t.text), t.inner())
	case t.block() == "else":
		s.addf(s.path, t.line, "write {{else}} without #")
	default:
		s.tags = append(s.tags, t)
	}
	return end
}

var spaces = strings.NewReplacer(" ", "", "\t", "", "\n", "")

var quotedText = regexp.MustCompile(`"[^"]*"|'[^']*'|\[[^]]*\]`)

// unquoted is the text of a tag outside of quotes.
func unquoted(inside string) string { return quotedText.ReplaceAllString(inside, "") }

// short is the beginning of a tag, on one line.
func short(text string) string {
	first := strings.TrimSpace(text[:len(text)-len(strings.TrimLeftFunc(text, func(r rune) bool { return r != '\n' && r != '<' }))])
	if r := []rune(first); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return first
}
