package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
	"handler/function/shared/owner"
)

const correctHelp = `ops correct ORDER --to ADDRESS --reason "…" gives an order another address for its customer: for all e-mails that are
still to come, follow-ups and those that are planned later too. It sends again at once what failed or bounced, and what
--resend names; nothing by itself once the money went back. An e-mail that is being sent at this moment keeps its
address. The order keeps what Stripe said, the address and the reason.

  ops correct cs_live_a1b2c3 --to ada@example.com --reason "she mistyped it"
  ops correct cs_live_a1b2c3 --to "Ada Example <ada@example.com>" --reason "it belongs to another Ada" --resend ebook/delivery
` + ownerHelp

func correctVerb(ctx context.Context, args []string) error {
	set := newFlags("correct", correctHelp)
	var f ownerFlags
	f.register(set)
	var wish correcting
	set.StringVar(&wish.To, "to", "", "the right `address`; the customer keeps the name, unless one is beside it")
	set.StringVar(&wish.Reason, "reason", "", "why, in your words: up to 500 characters")
	set.Func("resend", "the `key` of an e-mail to send again although it was sent; may be repeated", func(key string) error {
		wish.Resend = append(wish.Resend, key)
		return nil
	})
	plain, err := parseWith(set, args, 1, 1)
	if err != nil {
		return err
	}
	wish.Order = plain[0]
	if err := cmp.Or(checkOrder(wish.Order), checkMailbox(wish.To), checkReason(wish.Reason)); err != nil {
		return err
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	return correct(ctx, client, f.screen(), wish)
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
		line(s, "%s %s to %s. To send it to the new address too: ops resend %s %s --reason \"…\"", e.Key, was, recipients(e), wish.Order, e.Key)
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
