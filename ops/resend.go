package main

import (
	"context"
	"fmt"

	"handler/function/ops/owner"
	"handler/function/ops/screen"
)

const resendHelp = `ops resend ORDER [KEY] --reason "…" sends an e-mail of an order once more: the one of that key, notices to the admins
too, or without a key all that went to the customer. The template is the one that the catalogue has now. What is still
to be sent, or is being sent, is refused. The reason stays in the order.

  ops resend cs_live_a1b2c3 ebook/delivery --to ada@example.com --reason "the address had a typo"
` + ownerHelp

func resendVerb(ctx context.Context, args []string) error {
	set := newFlags("resend", resendHelp)
	var f ownerFlags
	f.register(set)
	var wish resending
	set.StringVar(&wish.Reason, "reason", "", "why, in your words: up to 500 characters")
	set.StringVar(&wish.To, "to", "", "another address to send to")
	plain, err := parseWith(set, args, 1, 2)
	if err != nil {
		return err
	}
	if wish.Reason == "" {
		return fmt.Errorf("resend wants a --reason: %w", errUsage)
	}
	if wish.Order = plain[0]; len(plain) > 1 {
		wish.Key = plain[1]
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	return resend(ctx, client, f.screen(), wish)
}

// resending is what is asked of send-email.
type resending struct {
	Order  string `json:"order"`
	Key    string `json:"key,omitempty"`
	To     string `json:"to,omitempty"`
	Reason string `json:"reason"`
}

// resend asks for it, and shows what became of each e-mail. One that failed is an error.
func resend(ctx context.Context, client *owner.Client, s screen.Screen, wish resending) error {
	var answer struct {
		ID     string `json:"id"`
		Emails []struct {
			Key   string `json:"key"`
			State string `json:"state"`
		} `json:"emails"`
	}
	if err := client.Call(ctx, "send-email", "resend", wish, &answer); err != nil {
		return err
	}
	tones := map[string]screen.Tone{"sent": screen.Good, "waiting": screen.Care, "failed": screen.Bad}
	var rows [][]screen.Cell
	failed := 0
	for _, e := range answer.Emails {
		rows = append(rows, []screen.Cell{{Text: e.Key}, {Text: e.State, Tone: tones[e.State]}})
		if e.State == "failed" {
			failed++
		}
	}
	if s.JSON {
		if err := s.Value(answer); err != nil {
			return err
		}
	} else {
		s.Table([]string{"E-MAIL", "STATE"}, rows)
	}
	if failed > 0 {
		return fmt.Errorf("SendGrid refused %d of %d; ops order %s says why", failed, len(rows), wish.Order)
	}
	return nil
}
