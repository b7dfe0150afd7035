package main

import "context"

const orderHelp = `ops order shows all about one order: who bought what, each e-mail with what became of it, how everything went step by
step, what Stripe said, and what people had done to it.

  ops order cs_live_a1B2c3                            for you
  ops order cs_live_a1B2c3 --json                     for a program
  ops order cs_live_a1B2c3 --json | jq '.emails[] | select(.state == "failed")'

The ID is that of the Checkout Session: ops orders has it, Stripe's dashboard shows it at the payment.
` + ownerHelp

func orderVerb(ctx context.Context, args []string) error {
	set := newFlags("order", orderHelp)
	var f ownerFlags
	f.register(set)
	plain, err := parseWith(set, args, 1, 1)
	if err != nil {
		return err
	}
	if err := checkOrder(plain[0]); err != nil {
		return err
	}
	v, err := f.viewer()
	if err != nil {
		return err
	}
	return v.Order(ctx, plain[0])
}
