package main

import (
	"context"
	"encoding/json"
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
	var answer json.RawMessage // as it came: its numbers are not ours to round
	if err := client.Call(ctx, "send-email", "export", wish, &answer); err != nil {
		return err
	}
	return f.screen().Value(answer)
}
