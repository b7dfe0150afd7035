package commands

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// CheckID checks the ID of an order.
func CheckID(name, id string) error {
	if !order.ValidID(id) {
		return &openfaas.ArgumentError{Name: name, Want: "the ID of a Checkout Session, cs_…"}
	}
	return nil
}

// CheckTrue checks the argument of a command that has no others.
func CheckTrue(name string, value bool) error {
	if !value {
		return &openfaas.ArgumentError{Name: name, Want: "true"}
	}
	return nil
}

// checkReason checks why the owner asks for something.
func checkReason(name, reason string) error {
	if strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > order.MaxReason {
		return &openfaas.ArgumentError{Name: name, Want: fmt.Sprintf("why, in up to %d characters", order.MaxReason)}
	}
	return nil
}
