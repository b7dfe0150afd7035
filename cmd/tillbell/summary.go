package main

import "github.com/spf13/cobra"

func summaryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "summary [flags]",
		Short: "sales of today, 7 days and 30 days, and what needs you",
		Long: `Show what was sold today, in the last 7 days and in the last 30 days, by product and currency, what
became of the e-mails, and what needs you now: "failed" orders have an e-mail that failed for good,
of "bounced" orders the customer's did not arrive, and "stuck" ones mean that send-email does not work.

Days begin at midnight in the catalogue's time_zone, or else in UTC. Test orders are counted apart.
"not ours" are orders that the catalogue's "only" does not name.`,
		Example: `  tillbell summary
  tillbell summary --json | jq .now.failed   # 0 if all is well`,
		Args: takes(),
	}
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		v, err := f.viewer(c)
		if err != nil {
			return err
		}
		return v.Summary(c.Context())
	}
	return c
}
