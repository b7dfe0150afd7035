package publish

import (
	"context"
	"errors"
	"fmt"
)

func (p *Publisher) show(due []change, same int) {
	for _, c := range due {
		switch {
		case c.id == "":
			fmt.Fprintf(p.Out, "%s: new, %s\n", c.name, c.to.summary())
		case c.same():
			fmt.Fprintf(p.Out, "%s: the same, but %s\n", c.name, c.id)
		default:
			fmt.Fprintf(p.Out, "%s: changed, %s\n", c.name, c.id)
		}
		for _, n := range c.notes {
			fmt.Fprintf(p.Out, "  %s\n", n)
		}
		if c.id != "" && !c.same() {
			fmt.Fprintln(p.Out, diff(c.name, c.from, c.to))
		}
	}
	if same > 0 {
		fmt.Fprintf(p.Out, "%s at SendGrid as here.\n", number(same, "template is", "templates are"))
	}
}

// confirm asks whether to publish.
func (p *Publisher) confirm(ctx context.Context, all, due []change) error {
	gone, known := 0, 0
	for _, c := range all {
		if _, locked := p.Lock.Accounts[p.Account][c.name]; locked {
			known++
		}
		if c.gone {
			gone++
		}
	}
	elsewhere := known > 0 && gone == known
	if elsewhere {
		fmt.Fprintf(p.Out, "\nNo template that the lock lists for the account %s is in the account of this key. Is it another one's? Then give that "+
			"a name: ACCOUNT=name make templates.\n", p.Account)
	}
	if p.Yes {
		if elsewhere {
			return errors.New("nothing was published: that is not done without asking")
		}
		return nil
	}
	yes, err := p.Ask(ctx, fmt.Sprintf("Publish %s to the SendGrid account %s? [y/N] ", number(len(due), "template", "templates"), p.Account))
	if err != nil {
		return err
	}
	if !yes {
		return errors.New("nothing was published")
	}
	return nil
}

func number(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
