package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"handler/function/internal/published"
)

// change is what is to be done for one template.
type change struct {
	name     string    // with its language
	id       string    // empty where the template is to be created
	version  string    // the active one
	versions []version // those at SendGrid, without their texts
	gone     bool      // the lock knows it, and SendGrid does not
	from, to content
	notes    []string
}

// same reports whether SendGrid has it as it is here.
func (c change) same() bool { return c.id != "" && c.from == c.to }

// nothing reports whether there is nothing to ask about. A template that comes in place of one that
// is gone may be another account's.
func (c change) nothing() bool { return c.same() && !c.gone }

// errDesign: a person made it in SendGrid's own editor, whose drag and drop an HTML from here would
// end.
var errDesign = errors.New("it was made in SendGrid's design editor, which the templates here would end; OVERWRITE=1 does so, or give " +
	"the catalogue its ID instead of the name")

// compare finds what the account has of a template, by the lock's ID or by the title that we give.
func (p *Publisher) compare(ctx context.Context, name string, to content) (change, error) {
	c := change{name: name, to: to}
	known, locked := p.Lock.Accounts[p.Account][name]
	found := remote{ID: known.ID}
	if locked {
		var err error
		found, err = p.client.get(ctx, known.ID)
		switch {
		case errors.Is(err, errNotFound):
			c.gone, found = true, remote{}
			c.notes = append(c.notes, known.ID+" is gone from the account; it gets another ID, and what was planned with that one fails")
		case err != nil:
			return c, err
		}
	}
	if found.ID == "" {
		var err error
		if found, err = p.byTitle(ctx, name); err != nil {
			return c, err
		}
		if found.ID == "" {
			return c, nil
		}
		c.notes = append(c.notes, fmt.Sprintf("the account has it as %s, %q, which is taken over", found.ID, found.Name))
	}
	c.id, c.versions = found.ID, found.Versions
	return p.compareActive(ctx, c, found, known)
}

// compareActive compares with what is sent now.
func (p *Publisher) compareActive(ctx context.Context, c change, found remote, known published.Template) (change, error) {
	i := slices.IndexFunc(found.Versions, func(v version) bool { return v.Active == 1 })
	if i < 0 {
		return c, nil
	}
	v, err := p.client.getVersion(ctx, found.ID, found.Versions[i].ID)
	if err != nil {
		return c, err
	}
	c.version, c.from = v.ID, contentAt(v)
	if c.from == c.to {
		return c, nil
	}
	if v.Editor == "design" {
		if !p.Overwrite {
			return c, errDesign
		}
		c.notes = append(c.notes, "it was made in SendGrid's design editor, and is overwritten")
	} else if known.ID == found.ID && known.Hash != "" && known.Hash != c.from.hash() {
		c.notes = append(c.notes, "it was changed at SendGrid since it was published from here, and that goes")
	}
	return c, nil
}

// byTitle finds a template that was created by us and is in no lock, such as when a run was ended
// in between.
func (p *Publisher) byTitle(ctx context.Context, name string) (remote, error) {
	all, err := p.account(ctx)
	if err != nil {
		return remote{}, err
	}
	var found []remote
	for _, t := range all {
		if t.Generation == "dynamic" && t.Name == p.title(name) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return remote{}, nil
	case 1:
		return found[0], nil
	}
	return remote{}, fmt.Errorf("the account has %d templates called %q: delete or rename all but one", len(found), p.title(name))
}

// account is all templates of the account, asked for once.
func (p *Publisher) account(ctx context.Context) ([]remote, error) {
	if p.all == nil {
		all, err := p.client.list(ctx)
		if err != nil {
			return nil, err
		}
		p.all = &all
	}
	return *p.all, nil
}

// title is what a template is called at SendGrid: with the shop's name, since shops may share an
// account.
func (p *Publisher) title(name string) string {
	shop := []rune(p.Shop)
	return string(shop[:min(len(shop), 50)]) + ": " + name
}
