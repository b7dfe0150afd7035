package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/plural"
	"handler/function/shared/owner"
	"handler/function/shared/terminal"
)

// stillHeld is what this command cannot reach.
const stillHeld = `
What others still hold of the customer, and where it is erased:
  Stripe    the payment, and the customer if there is one: by a redaction job (https://docs.stripe.com/privacy/redaction),
            90 days after the payment at the earliest; what is redacted can't be refunded, and loses a dispute
  SendGrid  activity, for up to 30 days; suppressions, and contacts if you keep any: by its API, POST /v3/recipients/erasejob,
            or in its dashboard under Suppressions and Marketing
  mailboxes the e-mails themselves, the admins' among them
  backups   of the database, until they are replaced`

// customerFlags say whose orders are meant.
type customerFlags struct {
	Email string `json:"email,omitempty"`
	Order string `json:"order,omitempty"`
	// Before is where to go on, by the answer before.
	Before string `json:"before,omitempty"`
}

func (f *customerFlags) register(c *cobra.Command) {
	textVar(c.Flags(), &f.Email, "email", "the orders of this `ADDRESS`, in any case", checkEmail)
	textVar(c.Flags(), &f.Order, "order", "the `ORDER` with this ID, cs_…", checkOrder)
}

// check wants one of the two.
func (f *customerFlags) check() error {
	if (f.Email == "") == (f.Order == "") {
		return usagef("want either --email or --order")
	}
	return nil
}

func forgetCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "forget (--email ADDRESS | --order ORDER) [flags]",
		Short: "remove a customer's personal data from the orders",
		Long: `Remove from the orders what they hold of a customer: names, addresses, metadata, and what Stripe
said beyond the plain facts of the sale. Amounts, products, states and times stay. E-mails that are
still to be sent are cancelled. It says first what it would do, and asks. It cannot be undone.`,
		Example: `  tillbell forget --email ada@example.com --dry-run
  tillbell forget --email ada@example.com`,
		Args: takes(),
	}
	var wish forgetting
	wish.register(c)
	dryRun := c.Flags().Bool("dry-run", false, dryRunUsage)
	yes := c.Flags().Bool("yes", false, yesUsage)
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := wish.check(); err != nil {
			return err
		}
		client, err := f.client()
		if err != nil {
			return err
		}
		person := terminal.Terminal{In: os.Stdin, Out: os.Stderr} // a program may read the output
		confirm := person.Confirm
		switch {
		case *dryRun:
			confirm = nil
		case *yes:
			confirm = func(context.Context, string) (bool, error) { return true, nil }
		}
		return forget(c.Context(), client, f.screen(c), progress(os.Stderr), wish, confirm)
	}
	return c
}

// progress is where a person sees how far it is with what takes long: a terminal, if there is one.
func progress(file *os.File) io.Writer {
	if term.IsTerminal(int(file.Fd())) {
		return file
	}
	return io.Discard
}

// goesOn tells of the orders that were found so far, and where it goes on among all that there are,
// the newest first.
func goesOn(out io.Writer, found int, next string) {
	made, _, _ := strings.Cut(next, "/")
	fmt.Fprintf(out, "  %d found; looking at the orders made until %s\n", found, made)
}

// forgetting is what is asked of send-email.
type forgetting struct {
	customerFlags
	DryRun bool `json:"dry_run,omitempty"`
}

// forgotten is its answer.
type forgotten struct {
	Orders  []string `json:"orders"`
	Already []string `json:"already"`
	NotYet  []string `json:"not_yet"`
	DryRun  bool     `json:"dry_run"`
	Next    string   `json:"next,omitempty"`
}

func (f *forgotten) add(more forgotten) {
	f.Orders = append(f.Orders, more.Orders...)
	f.Already = append(f.Already, more.Already...)
	f.NotYet = append(f.NotYet, more.NotYet...)
	f.Next = more.Next
}

// count is how many orders were found.
func (f *forgotten) count() int { return len(f.Orders) + len(f.Already) + len(f.NotYet) }

// forgetAll asks for it as often as it takes. Beside an error it gives what was done before.
func forgetAll(ctx context.Context, client *owner.Client, out io.Writer, wish forgetting) (forgotten, error) {
	sum := forgotten{Orders: []string{}, Already: []string{}, NotYet: []string{}, DryRun: wish.DryRun}
	for {
		var part forgotten
		if err := client.Call(ctx, "send-email", "forget", wish, &part); err != nil {
			return sum, err
		}
		if sum.add(part); sum.Next == "" {
			return sum, nil
		}
		wish.Before = sum.Next
		goesOn(out, sum.count(), sum.Next)
	}
}

// forget says what would be done, asks, and does it; where there is no asking, it only says so.
func forget(ctx context.Context, client *owner.Client, s screen.Screen, out io.Writer, wish forgetting, confirm func(context.Context, string) (bool, error)) error {
	wish.DryRun = true
	would, err := forgetAll(ctx, client, out, wish)
	if err != nil {
		return err
	}
	if would.count() == 0 {
		return fmt.Errorf("%w: no order is of that address", owner.ErrNotFound)
	}
	if confirm == nil || len(would.Orders) == 0 {
		return showForgotten(s, would)
	}
	if !s.JSON {
		s.Line("To be forgotten:")
		list(s, would.Orders)
	}
	ok, err := confirm(ctx, fmt.Sprintf("Forget the customer of %s? It cannot be undone. [y/N] ", plural.Of(len(would.Orders), "order")))
	switch {
	case errors.Is(err, terminal.ErrNone):
		return fmt.Errorf("%w: say --yes, or --dry-run", err)
	case err != nil:
		return err
	case !ok:
		return errors.New("nothing was changed")
	}
	wish.DryRun = false
	done, err := forgetAll(ctx, client, out, wish)
	if err != nil && done.count() > 0 {
		return errors.Join(showForgotten(s, done), fmt.Errorf("%w; the same again does the rest", err))
	}
	if err != nil {
		return err
	}
	return showForgotten(s, done)
}

// showForgotten shows an answer. Where orders are left it is an error.
func showForgotten(s screen.Screen, f forgotten) error {
	if s.JSON {
		if err := s.Value(f); err != nil {
			return err
		}
	} else {
		head := "Forgotten"
		if f.DryRun {
			head = "Would be forgotten"
		}
		s.Line("%s: %d", head, len(f.Orders))
		list(s, f.Orders)
		if len(f.Already) > 0 {
			s.Line("Forgotten before: %d", len(f.Already))
			list(s, f.Already)
		}
		if !f.DryRun && len(f.Orders)+len(f.Already) > 0 {
			s.Line("%s", stillHeld)
		}
	}
	if len(f.NotYet) > 0 {
		return fmt.Errorf("%w: an e-mail of these orders is being sent, or the database was too slow, and they are left whole; do it again in some minutes: %s",
			owner.ErrConflict, strings.Join(f.NotYet, " "))
	}
	return nil
}

func list(s screen.Screen, ids []string) {
	for _, id := range ids {
		s.Line("  %s", id)
	}
}
