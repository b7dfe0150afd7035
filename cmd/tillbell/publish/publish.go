// Package publish makes the dynamic templates of a SendGrid account what the shop's templates are.
//
// It compares with what the account sends now, shows what would change, and asks before it changes
// anything. A changed template gets a new version, which is made the active one. The four before it
// stay at SendGrid, to go back to; older ones that this package made are removed, since an account
// may have 300 versions. What was published is recorded in the lock after each template, so that
// one that fails loses nothing of the others.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sendgrid/rest"

	"handler/function/internal/published"
	"handler/function/internal/templates"
)

// Publisher publishes. All of its fields but the last four are needed.
type Publisher struct {
	// Host and Key are those of SendGrid's API.
	Host, Key string
	// Shop is the name that the templates' titles at SendGrid begin with.
	Shop string
	// Lock is kept in LockFile; Account is the one in it that the key is of.
	Lock     *published.Lock
	LockFile string
	Account  string
	Out      io.Writer
	// Ask asks the owner. Its error is for where there is nobody to ask.
	Ask func(ctx context.Context, question string) (bool, error)

	// Laptop: the account is the laptop's own, by which nobody is sent anything.
	Laptop bool
	// Yes asks nothing, DryRun changes nothing, and Overwrite replaces also what was made in the
	// design editor.
	Yes, DryRun, Overwrite bool

	client *client
	// all are the templates of the account, once asked for.
	all *[]remote
	// newIDs: the lock has got some.
	newIDs bool
	// versions is how many the account has, once its templates were asked for; full: with the new
	// ones it would have more than SendGrid allows.
	versions int
	full     bool
	// cannotPrune: the key may not remove versions.
	cannotPrune bool
}

// Run publishes all templates of a set that SendGrid does not have as they are here.
func (p *Publisher) Run(ctx context.Context, set *templates.Set) error {
	if p.client == nil {
		p.client = &client{host: p.Host, key: p.Key, wait: wait, now: time.Now,
			http: &rest.Client{HTTPClient: &http.Client{Timeout: callTimeout}}}
	}
	changes, refused, err := p.compareAll(ctx, set)
	if err != nil {
		return err
	}
	due := changes[:0:0]
	for _, c := range changes {
		if !c.nothing() {
			due = append(due, c)
		}
	}
	p.show(due, len(changes)-len(due))
	pruned, err := p.prunes(ctx, changes, due)
	if err != nil {
		return err
	}
	p.showPrunes(pruned)
	if p.DryRun {
		return errors.Join(refused...)
	}
	if len(due) > 0 {
		if err := p.confirm(ctx, changes, due); err != nil {
			return errors.Join(append(refused, err)...)
		}
	}
	if err := p.settle(changes); err != nil {
		return errors.Join(append(refused, err)...)
	}
	if p.full { // there is no room before old versions are gone
		for _, c := range pruned {
			p.prune(ctx, c)
		}
	}
	failed, err := p.apply(ctx, due)
	p.tellWhatNext()
	return errors.Join(append(append(refused, failed...), err)...)
}

// compareAll goes on where one template cannot be compared, and ends where none can.
func (p *Publisher) compareAll(ctx context.Context, set *templates.Set) (changes []change, refused []error, err error) {
	for _, t := range set.All() {
		name := strings.TrimSuffix(t.Name+"."+t.Locale, ".")
		c, err := p.compare(ctx, name, contentOf(t.Published()))
		switch {
		case hopeless(ctx, err):
			return nil, nil, err
		case err != nil:
			refused = append(refused, fmt.Errorf("%s: %w", name, err))
		default:
			changes = append(changes, c)
		}
	}
	return changes, refused, nil
}

// hopeless reports whether an error is one that the next template would meet as well: about the
// key, or SendGrid cannot be reached at all.
func hopeless(ctx context.Context, err error) bool {
	var network *net.OpError
	return errors.As(err, new(keyError)) || ctx.Err() != nil || errors.As(err, &network) && network.Op == "dial"
}

// settle brings the lock up to date on what needs no publishing. It comes after the question, since
// the key may be another account's than the lock's.
func (p *Publisher) settle(changes []change) error {
	for _, c := range changes {
		if c.nothing() {
			if err := p.record(c.name, published.Template{ID: c.id, Version: c.version, Hash: c.to.hash()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// record keeps in the lock what a template has become.
func (p *Publisher) record(name string, t published.Template) error {
	before := p.Lock.Accounts[p.Account][name]
	if before == t {
		return nil
	}
	p.newIDs = p.newIDs || before.ID != t.ID
	p.Lock.Put(p.Account, name, t)
	if err := p.write(); err != nil {
		return fmt.Errorf("%s is published as %s, but the lock cannot be written: %w", name, t.ID, err)
	}
	return nil
}

// apply publishes one after the other, and goes on where one fails. Its second error ends it.
func (p *Publisher) apply(ctx context.Context, due []change) (failed []error, err error) {
	for _, c := range due {
		before := p.Lock.Accounts[p.Account][c.name].ID
		done, err := p.publish(ctx, c)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", c.name, err))
			if hopeless(ctx, err) {
				break
			}
			continue
		}
		if err := p.record(c.name, done); err != nil {
			return failed, err
		}
		switch {
		case c.same():
			fmt.Fprintf(p.Out, "recorded %s as %s\n", c.name, done.ID)
		case before != done.ID || p.Laptop:
			fmt.Fprintf(p.Out, "published %s as %s\n", c.name, done.ID)
		default:
			fmt.Fprintf(p.Out, "published %s: the next e-mail goes by it\n", c.name)
		}
		if !c.same() && !p.full {
			p.prune(ctx, c)
		}
	}
	return failed, nil
}

func (p *Publisher) tellWhatNext() {
	if p.newIDs && !p.Laptop {
		fmt.Fprintf(p.Out, "There are new IDs in %s: commit it and deploy, so that send-email uses them.\n", p.LockFile)
	}
}

// publish creates the template where there is none, and gives it a version unless it is as it is
// here. A template whose version fails is in no lock, since it could not be sent; it is found by
// its title the next time.
func (p *Publisher) publish(ctx context.Context, c change) (published.Template, error) {
	if c.id == "" {
		t, err := p.client.create(ctx, p.title(c.name))
		if err != nil {
			return published.Template{}, err
		}
		c.id = t.ID
	}
	hash := c.to.hash()
	if c.same() {
		return published.Template{ID: c.id, Version: c.version, Hash: hash}, nil
	}
	v, err := p.client.addVersion(ctx, c.id, newVersion{
		Name:          p.client.now().UTC().Format(time.DateOnly) + " " + hash,
		Active:        1,
		Editor:        "code",
		Subject:       strings.TrimSpace(c.to.subject),
		HTML:          c.to.html,
		Plain:         c.to.text,
		GeneratePlain: c.to.text == "",
	})
	if err == nil {
		p.versions++
	}
	return published.Template{ID: c.id, Version: v.ID, Hash: hash}, p.refusedVersion(err)
}

// write replaces the lock at once, so that nobody reads half of it.
func (p *Publisher) write() error {
	file, err := p.Lock.File()
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.LockFile+".new", file, 0o644); err != nil {
		return err
	}
	return os.Rename(p.LockFile+".new", p.LockFile)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
