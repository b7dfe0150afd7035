package main

import (
	"errors"
	"strings"
	"unicode/utf8"

	"handler/function/internal/order"
)

// checkOrder checks the ID of an order.
func checkOrder(id string) error {
	if !order.ValidID(id) {
		return usagef("%q is not the ID of an order, which begins with cs_", id)
	}
	return nil
}

// checkReason checks the flag --reason, which is required.
func checkReason(reason string) error {
	switch n := utf8.RuneCountInString(reason); {
	case strings.TrimSpace(reason) == "":
		return usagef("say why, with --reason \"…\"")
	case n > order.MaxReason:
		return usagef("--reason has %d characters; want %d at the most", n, order.MaxReason)
	}
	return nil
}

// checkMailbox checks an address that may have a name.
func checkMailbox(to string) error {
	if _, ok := order.ParseAddress(to); !ok {
		return errors.New("want " + order.AddressForm)
	}
	return nil
}

// checkEmail checks an address without a name.
func checkEmail(email string) error {
	if !order.IsAddress(email) {
		return errors.New("want an address alone, such as ada@example.com")
	}
	return nil
}
