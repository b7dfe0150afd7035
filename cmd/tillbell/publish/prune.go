package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// maxVersions is how many versions SendGrid allows in an account, those of all templates
	// together: https://www.twilio.com/docs/sendgrid/api-reference/transactional-templates-versions
	maxVersions = 300
	// kept is how many versions that we made are kept of each template, the newest ones.
	kept = 5
)

// ourName is that of a version that we made: its day and its content's hash.
var ourName = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} [0-9a-f]{12}$`)

// old are the versions that are not kept, the oldest first. The active one, and those that we did
// not make, are none of them.
func (c change) old() []version {
	var ours []version
	for _, v := range c.versions {
		if ourName.MatchString(v.Name) && v.Editor != "design" {
			ours = append(ours, v)
		}
	}
	slices.SortStableFunc(ours, func(a, b version) int { return cmp.Compare(a.UpdatedAt, b.UpdatedAt) })
	keep := kept
	if !c.same() {
		keep-- // the new one is among them
	}
	return slices.DeleteFunc(ours[:max(len(ours)-keep, 0)], func(v version) bool { return v.Active == 1 })
}

// prunes says of which templates old versions are removed: of those that get a new one and, where
// the account would be full, of all that are ours.
func (p *Publisher) prunes(ctx context.Context, changes, due []change) (from []change, err error) {
	for _, c := range due {
		if !c.same() {
			from = append(from, c)
		}
	}
	if from == nil {
		return nil, nil
	}
	all, err := p.account(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		p.versions += len(t.Versions)
	}
	if p.full = p.versions+len(from) > maxVersions; p.full {
		return changes, nil
	}
	return from, nil
}

// showPrunes says what is removed.
func (p *Publisher) showPrunes(from []change) {
	if p.full {
		fmt.Fprintf(p.Out, "The account has %d versions of templates, and SendGrid allows %d: old ones are removed first.\n", p.versions, maxVersions)
	}
	for _, c := range from {
		if n := len(c.old()); n > 0 {
			fmt.Fprintf(p.Out, "%s: removes %s\n", c.name, number(n, "old version", "old versions"))
		}
	}
}

// prune removes a template's old versions. What it cannot remove stays, and what was published is
// published.
func (p *Publisher) prune(ctx context.Context, c change) {
	removed, changed := 0, 0
	for _, v := range c.old() {
		if p.cannotPrune || ctx.Err() != nil {
			break
		}
		switch ours, err := p.remove(ctx, c.id, v); {
		case err != nil:
			p.tellNotPruned(c.name, err)
		case ours:
			removed++
		default:
			changed++
		}
	}
	p.versions -= removed
	if removed > 0 {
		fmt.Fprintf(p.Out, "removed %s of %s\n", number(removed, "old version", "old versions"), c.name)
	}
	if changed > 0 {
		fmt.Fprintf(p.Out, "left %s of %s, changed at SendGrid since\n", number(changed, "old version", "old versions"), c.name)
	}
}

// remove removes a version if its content is still what its name says: otherwise it was changed by
// hand.
func (p *Publisher) remove(ctx context.Context, template string, v version) (ours bool, err error) {
	whole, err := p.client.getVersion(ctx, template, v.ID)
	if errors.Is(err, errNotFound) {
		return true, nil
	}
	if err != nil || !strings.HasSuffix(v.Name, " "+contentAt(whole).hash()) {
		return false, err
	}
	if err = p.client.deleteVersion(ctx, template, v.ID); errors.Is(err, errNotFound) {
		err = nil
	}
	return true, err
}

// tellNotPruned says why old versions stay. A key that may not remove any will not do better with
// the next.
func (p *Publisher) tellNotPruned(name string, err error) {
	var key keyError
	if p.cannotPrune = errors.As(err, &key); key.lacks != "" {
		fmt.Fprintf(p.Out, "Old versions stay: the key lacks the scope %s. SendGrid allows %d versions in an account, which has %d now.\n",
			key.lacks, maxVersions, p.versions)
		return
	}
	fmt.Fprintf(p.Out, "an old version of %s stays: %v\n", name, err)
}

// refusedVersion says why SendGrid may not take a new version.
func (p *Publisher) refusedVersion(err error) error {
	if err != nil && p.versions >= maxVersions {
		return fmt.Errorf("%w. The account has %d versions of templates, and SendGrid allows no more: remove some that were not made here, in SendGrid's editor", err, p.versions)
	}
	return err
}
