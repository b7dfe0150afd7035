package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"handler/function/internal/order"
)

// checkOrder checks the ID of an order.
func checkOrder(id string) error {
	if !order.ValidID(id) {
		return fmt.Errorf("%q is not the ID of an order, which begins with cs_: %w", id, errUsage)
	}
	return nil
}

// checkReason checks the flag --reason.
func checkReason(reason string) error {
	switch n := utf8.RuneCountInString(reason); {
	case strings.TrimSpace(reason) == "":
		return fmt.Errorf("say why, with --reason \"…\": %w", errUsage)
	case n > order.MaxReason:
		return fmt.Errorf("--reason has %d characters; want %d at the most: %w", n, order.MaxReason, errUsage)
	}
	return nil
}

// checkMailbox checks the flag --to.
func checkMailbox(to string) error {
	if _, ok := order.ParseAddress(to); !ok {
		return fmt.Errorf("--to %q: want %s: %w", to, order.AddressForm, errUsage)
	}
	return nil
}

// checkEmail checks the flag --email.
func checkEmail(email string) error {
	if !order.IsAddress(email) {
		return fmt.Errorf("--email %q: want an address alone, such as ada@example.com: %w", email, errUsage)
	}
	return nil
}
