package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"handler/function/internal/plural"
	"handler/function/internal/templates"
)

// content is what a version says. The text is empty where SendGrid makes it of the HTML.
type content struct{ subject, html, text string }

func contentOf(s templates.Source) content {
	return content{plain(s.Subject), plain(s.HTML), plain(s.Text)}
}

func contentAt(v version) content {
	c := content{plain(v.Subject), plain(v.HTML), plain(v.Plain)}
	if v.GeneratePlain {
		c.text = ""
	}
	return c
}

// plain leaves out what nobody sees of a text and what an editor on the way may have changed.
func plain(s string) string {
	if s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")); s == "" {
		return ""
	}
	return s + "\n"
}

// hash tells contents apart.
func (c content) hash() string {
	sum := sha256.Sum256([]byte(c.subject + "\x00" + c.html + "\x00" + c.text))
	return hex.EncodeToString(sum[:6])
}

// parts are the files that make a content.
func (c content) parts() [3][2]string {
	return [3][2]string{{"subject.hbs", c.subject}, {"body.html.hbs", c.html}, {"body.txt.hbs", c.text}}
}

// diff is what changes from one to another, file by file.
func diff(name string, from, to content) string {
	var out strings.Builder
	old := from.parts()
	for i, p := range to.parts() {
		file := name + "/" + p[0]
		out.WriteString(udiff.Unified("SendGrid: "+file, "here:     "+file, old[i][1], p[1]))
	}
	return out.String()
}

// summary is a content in a line.
func (c content) summary() string {
	text := "text made by SendGrid"
	if c.text != "" {
		text = "text of " + plural.Of(strings.Count(c.text, "\n"), "line")
	}
	return fmt.Sprintf("%q, HTML of %s, %s", strings.TrimSpace(c.subject), plural.Of(strings.Count(c.html, "\n"), "line"), text)
}
