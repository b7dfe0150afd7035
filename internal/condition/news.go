package condition

import "strings"

// Ref names the news in a delivery: its phase, its kind, and what it is about.
func (n News) Ref() string {
	return strings.TrimSpace(string(n.Phase) + " " + string(n.Kind) + " " + n.About)
}

// ParseRef reads what Ref wrote. Of a kind that this version does not have, nothing can be said.
func ParseRef(ref string) (n News, ok bool) {
	phase, rest, _ := strings.Cut(ref, " ")
	kind, about, _ := strings.Cut(rest, " ")
	n = News{Phase(phase), Condition{Kind: Kind(kind), About: about}}
	_, known := texts[n.Kind]
	return n, known && (n.Phase == Begun || n.Phase == Lasts || n.Phase == Over)
}

// Title is the news in a few words.
func (n News) Title() string {
	switch n.Phase {
	case Over:
		return "Over: " + n.Kind.Title()
	case Lasts:
		return "Still: " + n.Kind.Title()
	}
	return n.Kind.Title()
}

// Text is the news with what the owner does about it.
func (n News) Text() string {
	about := n.About
	if about != "" {
		about = " (" + about + ")"
	}
	if n.Phase == Over {
		return n.Kind.Title() + about + ": this is over. Tillbell goes on by itself."
	}
	return n.Kind.Text() + about + "\nWhat to do: " + n.Kind.Remedy() + "."
}
