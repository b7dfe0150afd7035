package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
	"handler/function/shared/owner"
)

func resendCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "resend ORDER [DELIVERY] --reason TEXT [flags]",
		Short: "send an order's e-mails again, also to another address",
		Long: `Send an e-mail of an order again: the one that DELIVERY names, which may be a notice to the admins,
or without DELIVERY all that went to the customer. tillbell order ORDER lists the deliveries. The
e-mail gets the template that the catalogue names now. An e-mail that is still to be sent, or is
being sent, is refused. The order keeps the reason.

To give the order another address for all its e-mails, use tillbell correct.`,
		Example: `  tillbell resend cs_live_a1b2c3 ebook/delivery --reason "it was lost"
  tillbell resend cs_live_a1b2c3 ebook/delivery --reason "for her boss" --to "Grace Example <grace@example.com>"`,
		Args: takesOrder("[DELIVERY]"),
	}
	var wish resending
	c.Flags().StringVar(&wish.Reason, "reason", "", "why, as `TEXT` of up to 500 characters (required)")
	textVar(c.Flags(), &wish.To, "to", "another `ADDRESS` to send to; it gets the recipient's name, unless it has its own", checkMailbox)
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if wish.Order = args[0]; len(args) > 1 {
			wish.Key = args[1]
		}
		if err := checkReason(wish.Reason); err != nil {
			return err
		}
		client, err := f.client()
		if err != nil {
			return err
		}
		return resend(c.Context(), client, f.screen(c), wish)
	}
	return c
}

// resending are the arguments of the call to send-email.
type resending struct {
	Order  string `json:"order"`
	Key    string `json:"key,omitempty"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason"`
}

// resentMail is an e-mail that was sent again.
type resentMail struct {
	Key   string           `json:"key"`
	State string           `json:"state"`
	To    []view.Recipient `json:"to"`
	DueAt *time.Time       `json:"due_at,omitempty"`
}

// resend asks for it, and shows what became of each e-mail. One that failed is an error.
func resend(ctx context.Context, client *owner.Client, s screen.Screen, wish resending) error {
	var answer struct {
		ID     string       `json:"id"`
		Emails []resentMail `json:"emails"`
	}
	if err := client.Call(ctx, "send-email", "resend", wish, &answer); err != nil {
		return err
	}
	if s.JSON {
		if err := s.Value(answer); err != nil {
			return err
		}
	} else {
		showMails(s, answer.Emails, time.Now())
	}
	return failure(wish.Order, answer.Emails)
}

// showMails shows each e-mail with its state, to whom it goes, and when.
func showMails(s screen.Screen, mails []resentMail, now time.Time) {
	tones := map[string]screen.Tone{"sent": screen.Good, "waiting": screen.Care, "sending": screen.Care, "failed": screen.Bad}
	var rows [][]screen.Cell
	for _, e := range mails {
		due := ""
		if e.DueAt != nil {
			due = "due " + screen.Ago(*e.DueAt, now)
		}
		rows = append(rows, []screen.Cell{{Text: e.Key}, {Text: e.State, Tone: tones[e.State]}, {Text: "to " + recipients(e)}, {Text: due}})
	}
	s.Table(nil, rows)
}

// failure is an error where SendGrid refused an e-mail.
func failure(order string, mails []resentMail) error {
	failed := 0
	for _, e := range mails {
		if e.State == "failed" {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("SendGrid refused %d of %d; tillbell order %s says why", failed, len(mails), order)
}
