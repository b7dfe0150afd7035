package templates

import (
	"strings"

	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plain is the text of an e-mail that brings none: roughly what SendGrid makes of the HTML. A link
// has its address behind it.
func plain(html string) string {
	w := &textWriter{}
	for z := nethtml.NewTokenizer(strings.NewReader(html)); z.Next() != nethtml.ErrorToken; {
		w.token(z.Token())
	}
	return strings.TrimSpace(w.String()) + "\n"
}

type textWriter struct {
	strings.Builder
	skip  int // how deep in what is not shown
	href  string
	label string
	space bool // owed before the next word
}

func (w *textWriter) token(t nethtml.Token) {
	switch t.Type {
	case nethtml.TextToken:
		if w.skip == 0 {
			w.words(t.Data)
		}
	case nethtml.StartTagToken:
		w.start(t)
	case nethtml.SelfClosingTagToken:
		w.breaks(t.DataAtom)
	case nethtml.EndTagToken:
		w.end(t.DataAtom)
	}
}

func (w *textWriter) start(t nethtml.Token) {
	switch t.DataAtom {
	case atom.Head, atom.Style, atom.Script:
		w.skip++
	case atom.A:
		w.href, w.label = "", ""
		for _, a := range t.Attr {
			if a.Key == "href" {
				w.href = strings.TrimPrefix(a.Val, "mailto:")
			}
		}
	}
	w.breaks(t.DataAtom)
}

func (w *textWriter) end(a atom.Atom) {
	switch a {
	case atom.Head, atom.Style, atom.Script:
		w.skip--
	case atom.A:
		if w.href != "" && w.href != strings.TrimSpace(w.label) {
			w.words(" (" + w.href + ")")
		}
		w.href = ""
	}
	w.breaks(a)
}

// breaks ends a paragraph, or a line, where the HTML does.
func (w *textWriter) breaks(a atom.Atom) {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.Table, atom.Ul, atom.Ol, atom.Div:
		w.newlines(2)
	case atom.Br, atom.Tr, atom.Li, atom.Hr:
		w.newlines(1)
	case atom.Td, atom.Th:
		w.space = true
	}
}

func (w *textWriter) newlines(n int) {
	w.space = false
	if w.Len() == 0 {
		return
	}
	written := len(w.String()) - len(strings.TrimRight(w.String(), "\n"))
	w.WriteString(strings.Repeat("\n", max(0, n-written))) // #nosec G104 -- a strings.Builder never fails
}

// words are written with one space between them, however the HTML is laid out.
func (w *textWriter) words(s string) {
	w.label += s
	words := strings.Fields(s)
	if len(words) == 0 {
		w.space = w.space || s != ""
		return
	}
	text := strings.Join(words, " ")
	if (w.space || s[0] <= ' ') && w.Len() > 0 && !strings.HasSuffix(w.String(), "\n") {
		text = " " + text
	}
	w.WriteString(text) // #nosec G104 -- a strings.Builder never fails
	w.space = s[len(s)-1] <= ' '
}
