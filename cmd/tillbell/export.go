package main

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"handler/function/cmd/tillbell/screen"
	"handler/function/shared/owner"
)

const exportHelp = `ops export --email ADDRESS | --order ORDER gives all that the database holds of a customer, as JSON: their orders with the
items, the e-mails and their times, and what Stripe said. It changes nothing.

  (umask 077; ops export --email ada@example.com > ada.json)
` + ownerHelp

func exportVerb(ctx context.Context, args []string) error {
	set := newFlags("export", exportHelp)
	var f ownerFlags
	f.register(set)
	var wish customerFlags
	wish.register(set)
	if err := parse(set, args); err != nil {
		return err
	}
	if err := wish.check(); err != nil {
		return err
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	return export(ctx, client, f.screen(), progress(os.Stderr), wish)
}

// exported is an answer. Its orders are as they came: their numbers are not ours to round.
type exported struct {
	Email  string            `json:"email,omitempty"`
	Orders []json.RawMessage `json:"orders"`
	Next   string            `json:"next,omitempty"`
}

// export asks for it as often as it takes, and shows all of it as one document, or nothing.
func export(ctx context.Context, client *owner.Client, s screen.Screen, out io.Writer, wish customerFlags) error {
	sum := exported{Email: wish.Email, Orders: []json.RawMessage{}}
	for {
		var part exported
		if err := client.Call(ctx, "send-email", "export", wish, &part); err != nil {
			return err
		}
		if sum.Orders = append(sum.Orders, part.Orders...); part.Next == "" {
			return s.Value(sum)
		}
		wish.Before = part.Next
		goesOn(out, len(sum.Orders), part.Next)
	}
}
