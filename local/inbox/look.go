package inbox

import (
	"net/url"
	"slices"
)

// look is how e-mails are displayed. It is in the query of a page's address, and every link to
// another e-mail takes it along.
type look struct{ Part, Width, Colours string }

// control is one of the choices, each of them a link.
type control struct {
	Name    string
	Options []option
}

type option struct {
	Label, Href string
	Current     bool
	// Count is how many there are of it, where that is known.
	Count int
}

// The first of each is the one that needs not be said.
var looks = []struct {
	param, name string
	values      []string
	labels      []string
}{
	{"part", "Show", []string{"html", "text"}, []string{"HTML", "Text"}},
	{"width", "Width", []string{"fit", "phone", "desktop"}, []string{"Fit", "Phone", "Desktop"}},
	{"colours", "Colours", []string{"system", "light", "dark"}, []string{"System", "Light", "Dark"}},
}

func readLook(q url.Values) look {
	chosen := func(n int) string {
		if v := q.Get(looks[n].param); slices.Contains(looks[n].values, v) {
			return v
		}
		return looks[n].values[0]
	}
	return look{chosen(0), chosen(1), chosen(2)}
}

func (l look) values() []string { return []string{l.Part, l.Width, l.Colours} }

// query says what is not said by saying nothing, beside what else an address says.
func (l look) query(rest url.Values) string {
	if q := l.with(rest); len(q) > 0 {
		return "?" + q.Encode()
	}
	return ""
}

// with adds what is not the usual look to what else an address says.
func (l look) with(rest url.Values) url.Values {
	q := without(rest, "")
	for n, v := range l.values() {
		if v != looks[n].values[0] {
			q.Set(looks[n].param, v)
		}
	}
	return q
}

// controls lead to the page at path as it is now but for the one choice.
func (l look) controls(path string, rest url.Values) []control {
	var all []control
	for n, choice := range looks {
		c := control{Name: choice.name}
		for i, v := range choice.values {
			values := l.values()
			current := values[n] == v
			values[n] = v
			other := look{values[0], values[1], values[2]}
			c.Options = append(c.Options, option{Label: choice.labels[i], Href: path + other.query(rest), Current: current})
		}
		all = append(all, c)
	}
	return all
}
