// Package endpoint is the webhook endpoint in the Stripe account: what it should be, what is wrong
// with it, and how it gets right.
package endpoint

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhookendpoint"

	"handler/function/internal/order"
)

// List are all webhook endpoints of the account, in the key's mode.
func List(ctx context.Context, backend stripe.Backend, key string) ([]*stripe.WebhookEndpoint, error) {
	params := &stripe.WebhookEndpointListParams{}
	params.Context, params.Limit = ctx, stripe.Int64(100)
	var all []*stripe.WebhookEndpoint
	list := webhookendpoint.Client{B: backend, Key: key}.List(params)
	for list.Next() {
		all = append(all, list.WebhookEndpoint())
	}
	return all, list.Err()
}

// At are the endpoints at an address, the newest first.
func At(all []*stripe.WebhookEndpoint, url string) []*stripe.WebhookEndpoint {
	at := slices.DeleteFunc(slices.Clone(all), func(e *stripe.WebhookEndpoint) bool { return strings.TrimRight(e.URL, "/") != url })
	slices.SortStableFunc(at, func(a, b *stripe.WebhookEndpoint) int { return int(b.Created - a.Created) })
	return at
}

// Faults are what is wrong with an endpoint of ours, in words that follow its name.
func Faults(e *stripe.WebhookEndpoint) (faults []string) {
	if e.Status != "enabled" {
		faults = append(faults, "is "+e.Status)
	}
	lacks, extra := difference(order.HandledTypes(), e.EnabledEvents), difference(e.EnabledEvents, order.HandledTypes())
	if slices.Contains(e.EnabledEvents, "*") {
		return append(faults, "gets every event there is, not just ours")
	}
	if lacks != nil {
		faults = append(faults, "does not get "+strings.Join(lacks, ", "))
	}
	if extra != nil {
		faults = append(faults, "gets what we do not handle, "+strings.Join(extra, ", "))
	}
	return faults
}

// difference is what is in a and not in b.
func difference(a, b []string) (only []string) {
	for _, x := range a {
		if !slices.Contains(b, x) {
			only = append(only, x)
		}
	}
	return only
}

// describe says what an endpoint is.
func describe(e *stripe.WebhookEndpoint) string {
	version := ""
	if e.APIVersion != "" {
		version = ", API " + e.APIVersion
	}
	return fmt.Sprintf("%s (%s%s)", e.ID, e.Status, version)
}
