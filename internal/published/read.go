package published

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
	"handler/function/internal/yamlfile"
)

// ReadLock reads the file. An empty one is that of a shop that has published nothing. Its error is
// typed.Mistakes.
func ReadLock(file []byte) (*Lock, error) {
	root, bad := yamlfile.Parse(file)
	switch {
	case bad != nil:
		return nil, typed.Mistakes{*bad}
	case root == nil:
		return &Lock{}, nil
	}
	l := &Lock{}
	d := yaml.NewDecoder(bytes.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(l); err != nil {
		return nil, misshapen(err)
	}
	return l, l.check(linesOf(root)).Err()
}

var lineNamed = regexp.MustCompile(`line (\d+): `)

// misshapen are the lines of what the YAML library cannot make a lock of. Why not is of no use to
// an owner, who does not write the file.
func misshapen(err error) typed.Mistakes {
	all := []string{err.Error()}
	if several := new(yaml.TypeError); errors.As(err, &several) {
		all = several.Errors
	}
	var wrong typed.Mistakes
	for _, one := range all {
		line := 1
		if parts := lineNamed.FindStringSubmatch(one); parts != nil {
			line, _ = strconv.Atoi(parts[1])
		}
		wrong = append(wrong, *typed.Mistakef(line, "make templates does not write such a line: take the file from git, or remove it and run make templates"))
	}
	return wrong
}

// check finds what the types alone do not. The lines are those of linesOf.
func (l *Lock) check(lines map[string]int) typed.Mistakes {
	var wrong typed.Mistakes
	for _, account := range slices.Sorted(maps.Keys(l.Accounts)) {
		templates := l.Accounts[account]
		if !ValidAccount(account) {
			wrong = append(wrong, *typed.Mistakef(cmp.Or(lines[account], 1), "%q is no name for an account", account))
		}
		seen := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(templates)) {
			t, line := templates[name], cmp.Or(lines[account+"/"+name], lines[account], 1)
			if !nameForm.MatchString(name) || !ValidID(t.ID) {
				wrong = append(wrong, *typed.Mistakef(line, "account %s: %q is no template with the ID %q", account, name, t.ID))
			}
			// Find ignores case: which of the two was sent would be chance.
			if twin, ok := seen[strings.ToLower(name)]; ok {
				wrong = append(wrong, *typed.Mistakef(line, "account %s: %q and %q are one template", account, twin, name))
			}
			seen[strings.ToLower(name)] = name
		}
	}
	return wrong
}

// linesOf are the lines of the accounts, by name, and of their templates, by account/name. What a
// YAML alias or a merge brings in has none.
func linesOf(root *yaml.Node) map[string]int {
	lines := map[string]int{}
	for field, accounts := range entries(root) {
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
