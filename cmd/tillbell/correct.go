package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
	"handler/function/shared/owner"
)

func correctCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "correct ORDER --to ADDRESS --reason TEXT [flags]",
		Short: "give an order another address, and send again what did not arrive",
		Long: `Give an order another address for its customer: for all e-mails that are still to come, also
follow-ups and those that are planned later. What failed or bounced is sent again at once, and so are
the deliveries that --resend names. Nothing is sent by itself after the money went back. An e-mail
that is being sent at this moment keeps its address. The order keeps what Stripe said, the address
and the reason.`,
		Example: `  tillbell correct cs_live_a1b2c3 --to ada@example.com --reason "she mistyped it"
  tillbell correct cs_live_a1b2c3 --to "Ada Example <ada@example.com>" --reason "it belongs to another Ada" --resend ebook/delivery`,
		Args: takesOrder(),
	}
	var wish correcting
	textVar(c.Flags(), &wish.To, "to", "the right `ADDRESS`; the customer keeps the name, unless one is beside it (required)", checkMailbox)
	c.Flags().StringVar(&wish.Reason, "reason", "", "why, as `TEXT` of up to 500 characters (required)")
	c.Flags().StringArrayVar(&wish.Resend, "resend", nil, "a `DELIVERY` to send again although it was sent; may be repeated")
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		wish.Order = args[0]
		if wish.To == "" {
			return usagef("say the right address, with --to")
		}
		if err := checkReason(wish.Reason); err != nil {
			return err
		}
		client, err := f.client()
		if err != nil {
			return err
		}
		return correct(c.Context(), client, f.screen(c), wish)
	}
	return c
}

// correcting are the arguments of the call to send-email.
type correcting struct {
	Order  string   `json:"order"`
	To     string   `json:"to"`
	Reason string   `json:"reason"`
	Resend []string `json:"resend,omitempty"`
}

// correct asks for it, and shows where the e-mails go. One that failed is an error.
func correct(ctx context.Context, client *owner.Client, s screen.Screen, wish correcting) error {
	var answer struct {
		ID      string         `json:"id"`
		To      view.Recipient `json:"to"`
		Emails  []resentMail   `json:"emails"`
		Earlier []resentMail   `json:"earlier"`
	}
	if err := client.Call(ctx, "send-email", "correct", wish, &answer); err != nil {
		return err
	}
	if s.JSON {
		if err := s.Value(answer); err != nil {
			return err
		}
		return failure(wish.Order, answer.Emails)
	}
	line(s, "The customer's e-mails go to %s.", answer.To)
	showMails(s, answer.Emails, time.Now())
	for _, e := range answer.Earlier {
		was := map[string]string{"sent": "was sent", "sending": "is just being sent"}[e.State]
		line(s, "%s %s to %s. To send it to the new address too: tillbell resend %s %s --reason \"…\"", e.Key, was, recipients(e), wish.Order, e.Key)
	}
	return failure(wish.Order, answer.Emails)
}

// line writes one line, of which a part was typed by a customer.
func line(s screen.Screen, format string, args ...any) {
	s.Table(nil, [][]screen.Cell{{{Text: fmt.Sprintf(format, args...)}}})
}

// recipients are those of an e-mail, in one text.
func recipients(e resentMail) string {
	var to []string
	for _, r := range e.To {
		to = append(to, r.String())
	}
	return strings.Join(to, ", ")
}
