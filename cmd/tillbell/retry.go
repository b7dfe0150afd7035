package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/screen"
	"handler/function/shared/owner"
)

func retryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "retry (ORDER | --failed) [flags]",
		Short: "take up again orders that were given up",
		Long: `Take up again what was given up: an order whose line items Stripe did not return for three days, and
e-mails that failed for good. The line items are fetched anew, and each such e-mail is sent again.
Remove the cause first; what fails again notifies the admins again. E-mails to a customer whose
money went back are not sent.`,
		Example: `  tillbell retry --failed --dry-run
  tillbell retry cs_live_a1b2c3`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return takesOrder()(c, args)
		},
	}
	var wish retrying
	c.Flags().BoolVar(&wish.Failed, "failed", false, "all orders that were given up")
	c.Flags().BoolVar(&wish.DryRun, "dry-run", false, dryRunUsage)
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if wish.Failed == (len(args) == 1) {
			return usagef("want either ORDER or --failed")
		}
		wish.Order = strings.Join(args, "")
		client, err := f.client()
		if err != nil {
			return err
		}
		return retry(c.Context(), client, f.screen(c), progress(os.Stderr), wish)
	}
	return c
}

// retrying is what is asked of send-email.
type retrying struct {
	Order  string `json:"order,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	DryRun bool   `json:"dry_run,omitempty"`
	// Before is where to go on, by the answer before.
	Before string `json:"before,omitempty"`
}

// retried is its answer.
type retried struct {
	Orders []string `json:"orders"`
	NotYet []string `json:"not_yet"`
	DryRun bool     `json:"dry_run"`
	Next   string   `json:"next,omitempty"`
}

// retry asks for it as often as it takes, and shows what was done, also before an error.
func retry(ctx context.Context, client *owner.Client, s screen.Screen, out io.Writer, wish retrying) error {
	sum := retried{Orders: []string{}, NotYet: []string{}, DryRun: wish.DryRun}
	for {
		var part retried
		err := client.Call(ctx, "send-email", "retry", wish, &part)
		if err != nil && len(sum.Orders) == 0 {
			return err
		}
		sum.Orders, sum.NotYet = append(sum.Orders, part.Orders...), append(sum.NotYet, part.NotYet...)
		if sum.Next = part.Next; err != nil || sum.Next == "" {
			return showRetried(s, sum, err)
		}
		wish.Before = sum.Next
		goesOn(out, len(sum.Orders), sum.Next)
	}
}

// showRetried shows an answer. Where orders are left it is an error.
func showRetried(s screen.Screen, r retried, stopped error) error {
	switch {
	case s.JSON:
		if err := s.Value(r); err != nil {
			return err
		}
	case len(r.Orders) == 0 && len(r.NotYet) == 0:
		s.Line("Nothing was given up.")
	case r.DryRun:
		s.Line("Would be taken up again: %d", len(r.Orders))
	default:
		s.Line("Taken up again: %d; send-email does the rest within minutes", len(r.Orders))
	}
	if !s.JSON {
		list(s, r.Orders)
	}
	if stopped != nil {
		return fmt.Errorf("%w; the same again does the rest", stopped)
	}
	if len(r.NotYet) > 0 {
		return fmt.Errorf("the database did not answer for these orders; do it again in some minutes: %s", strings.Join(r.NotYet, " "))
	}
	return nil
}
