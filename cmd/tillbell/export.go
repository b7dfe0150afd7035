package main

import (
	"context"
	"encoding/json"
	"io"
	"os"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/screen"
	"handler/function/shared/owner"
)

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "export (--email ADDRESS | --order ORDER) [flags]",
		Short: "all that is stored about a customer",
		Long: `Print all that the database stores about a customer, as JSON: the orders with their items, the
e-mails with their times, and what Stripe said. It changes nothing.`,
		Example: `  (umask 077; tillbell export --email ada@example.com > ada.json)`,
		Args:    takes(),
	}
	var wish customerFlags
	wish.register(c)
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
		return export(c.Context(), client, f.screen(c), progress(os.Stderr), wish)
	}
	return c
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
