package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
	"handler/function/shared/owner"
)

const resendHelp = `ops resend ORDER [KEY] --reason "…" sends an e-mail of an order once more: the one of that key, also a notice to the
admins, or without a key all that went to the customer. It uses the template that the catalogue has now. An e-mail that
is still to be sent, or is being sent, is refused. The order keeps the reason.

  ops resend cs_live_a1b2c3 ebook/delivery --reason "it was lost"
  ops resend cs_live_a1b2c3 ebook/delivery --reason "for her boss" --to "Grace Example <grace@example.com>"

To give the order another address for all its e-mails, use ops correct.
` + ownerHelp

func resendVerb(ctx context.Context, args []string) error {
	set := newFlags("resend", resendHelp)
	var f ownerFlags
	f.register(set)
	var wish resending
	set.StringVar(&wish.Reason, "reason", "", "why, in your words: up to 500 characters")
	set.StringVar(&wish.To, "to", "", "another `address` to send to; it gets the recipient's name, unless it has its own")
	plain, err := parseWith(set, args, 1, 2)
	if err != nil {
		return err
	}
	if wish.Order = plain[0]; len(plain) > 1 {
		wish.Key = plain[1]
	}
	if err := wish.check(); err != nil {
		return err
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	return resend(ctx, client, f.screen(), wish)
}

// resending are the arguments of the call to send-email.
type resending struct {
	Order  string `json:"order"`
	Key    string `json:"key,omitempty"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason"`
}

// check checks what can be checked before a call.
func (r resending) check() error {
	var to error
	if r.To != "" {
		to = checkMailbox(r.To)
	}
	return cmp.Or(checkOrder(r.Order), to, checkReason(r.Reason))
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
	return fmt.Errorf("SendGrid refused %d of %d; ops order %s says why", failed, len(mails), order)
}
