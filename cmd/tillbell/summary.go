package main

import "context"

const summaryHelp = `ops summary says what was sold today, in the last 7 days and in the last 30, by product and currency, and what became of
the e-mails; and whether anything waits for you now: "failed" wants you to look at an order, "stuck" at send-email.

  ops summary                                         for you
  ops summary --json                                  for a program
  ops summary --json | jq .now.failed                 0, if all is well

Days begin at 00:00 UTC. Test orders are counted apart, and "not ours" is what the catalogue's only does not name.
` + ownerHelp

func summaryVerb(ctx context.Context, args []string) error {
	set := newFlags("summary", summaryHelp)
	var f ownerFlags
	f.register(set)
	if err := parse(set, args); err != nil {
		return err
	}
	v, err := f.viewer()
	if err != nil {
		return err
	}
	return v.Summary(ctx)
}
