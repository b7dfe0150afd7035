package published

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ReadLock reads the file. An empty one is that of a shop that has published nothing. Its error is a *yaml.TypeError
// with every mistake as "line N: what", in the order of the lines, or the YAML parser's.
func ReadLock(file []byte) (*Lock, error) {
	if line := conflictMark(file); line > 0 {
		return nil, mistakes{{line, "a merge has left its conflict marks here"}}.err()
	}
	l := &Lock{}
	d := yaml.NewDecoder(bytes.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(l); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return l, l.check(linesOf(file)).err()
}

// conflictMark is the line of the first mark that git leaves where two versions of the file conflict, or 0.
func conflictMark(file []byte) int {
	n := 0
	for line := range bytes.Lines(file) {
		n++
		if bytes.HasPrefix(line, []byte("<<<<<<< ")) {
			return n
		}
	}
	return 0
}

// mistake is something wrong with the file, and its line.
type mistake struct {
	line int
	what string
}

type mistakes []mistake

// err is nil where there are none.
func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	slices.SortFunc(m, func(a, b mistake) int {
		return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.what, b.what))
	})
	var all []string
	for _, one := range m {
		all = append(all, fmt.Sprintf("line %d: %s", one.line, one.what))
	}
	return &yaml.TypeError{Errors: all}
}

// check finds what the types alone do not. The lines are those of linesOf.
func (l *Lock) check(lines map[string]int) mistakes {
	var wrong mistakes
	for account, templates := range l.Accounts {
		if !ValidAccount(account) {
			wrong = append(wrong, mistake{cmp.Or(lines[account], 1), fmt.Sprintf("%q is no name for an account", account)})
		}
		seen := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(templates)) {
			t, line := templates[name], cmp.Or(lines[account+"/"+name], lines[account], 1)
			if !nameForm.MatchString(name) || !ValidID(t.ID) {
				wrong = append(wrong, mistake{line, fmt.Sprintf("account %s: %q is no template with the ID %q", account, name, t.ID)})
			}
			// Find ignores case: which of the two was sent would be chance.
			if twin, ok := seen[strings.ToLower(name)]; ok {
				wrong = append(wrong, mistake{line, fmt.Sprintf("account %s: %q and %q are one template", account, twin, name)})
			}
			seen[strings.ToLower(name)] = name
		}
	}
	return wrong
}

// linesOf are the lines of the accounts, by name, and of their templates, by account/name. What a YAML alias or a merge
// brings in has none.
func linesOf(file []byte) map[string]int {
	lines := map[string]int{}
	var root yaml.Node
	if yaml.Unmarshal(file, &root) != nil || len(root.Content) == 0 {
		return lines
	}
	for field, accounts := range entries(root.Content[0]) {
		if field.Value != "accounts" {
			continue
		}
		for account, templates := range entries(accounts) {
			lines[account.Value] = account.Line
			for name := range entries(templates) {
				lines[account.Value+"/"+name.Value] = name.Line
			}
		}
	}
	return lines
}

// entries are the keys and values of a mapping; of any other node there are none.
func entries(n *yaml.Node) map[*yaml.Node]*yaml.Node {
	all := map[*yaml.Node]*yaml.Node{}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			all[n.Content[i]] = n.Content[i+1]
		}
	}
	return all
}
