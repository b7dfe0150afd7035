package templates

import (
	"sort"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// trace records how a template's own files are rendered. The published form, with its partials
// inlined, has other lines than the owner's files.
type trace struct {
	// rendered are the branches of blocks, and whole files, that were rendered.
	rendered map[*ast.Program]bool
	// texts say where each text of the output stands in the files, in the order of the output.
	texts []tracedText
}

// tracedText is a text that begins at a place of the output.
type tracedText struct {
	at     int
	source *source
	pos    int // in the source
}

// text notes that a content comes next. Raymond has cut the line of a block from the content beside
// it.
func (t *trace) text(at int, s *source, n *ast.ContentStatement) {
	t.texts = append(t.texts, tracedText{at, s, n.Pos + strings.Index(n.Original, n.Value)})
}

// place is the file and line of a place of the output.
func (t *trace) place(at int) (path string, line int) {
	i := sort.Search(len(t.texts), func(i int) bool { return t.texts[i].at > at }) - 1
	if i < 0 {
		return "", 0
	}
	from := t.texts[i]
	pos := min(from.pos+at-from.at, len(from.source.text))
	return from.source.path, 1 + strings.Count(from.source.text[:pos], "\n")
}

// trace renders a part from its own files. The result is the output, but for white space around
// partials.
func (p *part) trace(k kind, data any, rendered map[*ast.Program]bool) (string, *trace) {
	r := &renderer{escape: k == html, source: p.source, partials: p.partials, trace: &trace{rendered: rendered}}
	r.program(p.program, &scope{this: data})
	return r.out.String(), r.trace
}
