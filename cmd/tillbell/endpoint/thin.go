package endpoint

import (
	"context"
	"net/http"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"
)

// destinationsVersion is the first API version that has event destinations:
// https://docs.stripe.com/changelog/acacia/2024-10-28/event-destinations-api
const destinationsVersion = "2024-10-28.acacia"

// destinations are Stripe's event destinations: webhook endpoints, of which the older API does not
// say whether they get snapshots or thin events.
type destinations struct {
	stripe.APIResource
	Data []struct {
		ID              string `json:"id"`
		EventPayload    string `json:"event_payload"`
		WebhookEndpoint struct {
			URL string `json:"url"`
		} `json:"webhook_endpoint"`
	} `json:"data"`
}

// Thin are the IDs of the event destinations at an address that get thin events, which hold no order.
// A key may not be allowed to read them.
func Thin(ctx context.Context, backend stripe.Backend, key, url string) (ids []string, err error) {
	query := &form.Values{}
	query.Add("limit", "100") // an account has 16 at the most
	query.Add("include[0]", "webhook_endpoint.url")
	params := &stripe.Params{Context: ctx, Headers: http.Header{"Stripe-Version": {destinationsVersion}}}
	var all destinations
	if err := backend.CallRaw(http.MethodGet, "/v2/core/event_destinations", key, query, params, &all); err != nil {
		return nil, err
	}
	for _, d := range all.Data {
		if d.EventPayload == "thin" && strings.TrimRight(d.WebhookEndpoint.URL, "/") == url {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}
