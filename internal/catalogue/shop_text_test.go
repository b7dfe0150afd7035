package catalogue

import (
	"fmt"
	"strings"
)

// YAML values: a scalar as it is written, a list, or an object whose keys keep their order.
type (
	yamlList   []any
	yamlObject []yamlField
	yamlField  struct {
		key   string
		value any
	}
)

// text is how the owner wrote a value.
func (m *maker) text(v any) string {
	var b strings.Builder
	m.block(&b, "", v)
	text := b.String()
	for range 16 {
		if m.slips() {
			text = m.slipOfTheKeyboard(text)
		}
	}
	return text
}

// block writes a value's lines; what is below a key may be written in one line.
func (m *maker) block(b *strings.Builder, indent string, v any) {
	below := func(v any) {
		_, scalar := v.(string)
		if scalar || m.yes(3) {
			fmt.Fprintf(b, " %s\n", m.flow(v))
			return
		}
		b.WriteString("\n")
		m.block(b, indent+"  ", v)
	}
	switch v := v.(type) {
	case string:
		fmt.Fprintf(b, "%s%s\n", indent, v)
	case yamlObject:
		for _, f := range v {
			if m.yes(16) {
				b.WriteString(m.one([]string{"\n", "# a comment\n", "   # another\n"}))
			}
			fmt.Fprintf(b, "%s%s:", indent, f.key)
			below(f.value)
		}
	case yamlList:
		if len(v) == 0 {
			fmt.Fprintf(b, "%s[]\n", indent)
		}
		for _, e := range v {
			b.WriteString(indent + "-")
			below(e)
		}
	}
}

// flow is a value on one line.
func (m *maker) flow(v any) string {
	var parts []string
	switch v := v.(type) {
	case yamlObject:
		for _, f := range v {
			parts = append(parts, f.key+": "+m.flow(f.value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yamlList:
		for _, e := range v {
			parts = append(parts, m.flow(e))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return v.(string)
}

// slipOfTheKeyboard is a text after one.
func (m *maker) slipOfTheKeyboard(text string) string {
	lines := strings.SplitAfter(text, "\n")
	i := (m.below(256)*256 + m.below(256)) % len(lines)
	switch line := lines[i]; m.below(8) {
	case 0:
		lines[i] = ""
	case 1:
		lines[i] = line + line
	case 2:
		lines[i] = " " + line
	case 3:
		lines[i] = strings.TrimPrefix(line, " ")
	case 4:
		lines[i] = "\t" + line
	case 5:
		lines[i] = m.one([]string{"---\n", "...\n", "<<<<<<< HEAD\n", "- \n", "}\n", "x\n", "%YAML 1.1\n", "\r\n", "\u2028"}) + line
	case 6:
		at := m.below(len(line) + 1)
		lines[i] = line[:at] + m.one([]string{":", "'", `"`, "{", "]", "#", "-", "\xff", "\x00", "&a", "“", "\u00a0", "\r", "\u0085"}) + line[at:]
	case 7:
		at := m.below(len(line) + 1)
		lines[i] = line[:at] + line[min(at+1, len(line)):]
	}
	return strings.Join(lines, "")
}
