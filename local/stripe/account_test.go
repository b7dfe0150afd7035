package stripe_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentlink"
	"github.com/stripe/stripe-go/v76/product"
	"github.com/stripe/stripe-go/v76/webhookendpoint"

	"handler/function/local/stripe"
)

func endpoints(s server) webhookendpoint.Client {
	return webhookendpoint.Client{B: client(s, 0).B, Key: testKey}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()

	const url = "https://shop.example.com/function/stripe-webhook"
	events := []*string{stripego.String("checkout.session.completed")}

	t.Run("tells the secret once, at the creation", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		made, err := endpoints(s).New(&stripego.WebhookEndpointParams{URL: stripego.String(url), EnabledEvents: events, APIVersion: stripego.String("2023-10-16")})
		if err != nil || !strings.HasPrefix(made.Secret, "whsec_") {
			t.Fatalf("%+v, error %v", made, err)
		}
		all := listEndpoints(t, s)
		if len(all) != 1 || all[0].Secret != "" {
			t.Fatalf("%+v", all)
		}
		e := all[0]
		if e.ID != made.ID || e.URL != url || e.Status != "enabled" || e.APIVersion != "2023-10-16" || !cmp.Equal(e.EnabledEvents, []string{"checkout.session.completed"}) {
			t.Errorf("%+v", e)
		}
	})

	t.Run("changes what is given and leaves the rest", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		id := s.service.AddEndpoint(stripego.WebhookEndpoint{URL: url, EnabledEvents: []string{"*"}, Status: "disabled"})
		if _, err := endpoints(s).Update(id, &stripego.WebhookEndpointParams{EnabledEvents: events}); err != nil {
			t.Fatal(err)
		}
		if e := listEndpoints(t, s)[0]; e.Status != "disabled" || e.URL != url || !cmp.Equal(e.EnabledEvents, []string{"checkout.session.completed"}) {
			t.Errorf("%+v", e)
		}
		if _, err := endpoints(s).Update(id, &stripego.WebhookEndpointParams{Disabled: stripego.Bool(false)}); err != nil {
			t.Fatal(err)
		}
		if e := listEndpoints(t, s)[0]; e.Status != "enabled" {
			t.Errorf("%+v", e)
		}
		if _, err := endpoints(s).Del(id, nil); err != nil {
			t.Fatal(err)
		}
		if all := listEndpoints(t, s); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	})

	t.Run("refuses what Stripe refuses", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		for what, p := range map[string]*stripego.WebhookEndpointParams{
			"no URL":            {EnabledEvents: events},
			"a URL without one": {URL: stripego.String("shop.example.com"), EnabledEvents: events},
			"no events":         {URL: stripego.String(url)},
			"no event type":     {URL: stripego.String(url), EnabledEvents: []*string{stripego.String("Completed!")}},
			"a version":         {URL: stripego.String(url), EnabledEvents: events, APIVersion: stripego.String("newest")},
			"what it knows not": {URL: stripego.String(url), EnabledEvents: events, Connect: stripego.Bool(true)},
		} {
			var e *stripego.Error
			if _, err := endpoints(s).New(p); !errors.As(err, &e) || e.HTTPStatusCode != http.StatusBadRequest {
				t.Errorf("%s: %v", what, err)
			}
		}
		var e *stripego.Error
		if _, err := endpoints(s).Update("we_none", &stripego.WebhookEndpointParams{EnabledEvents: events}); !errors.As(err, &e) || e.HTTPStatusCode != http.StatusNotFound {
			t.Errorf("an unknown one: %v", err)
		}
	})
}

func listEndpoints(t *testing.T, s server) []*stripego.WebhookEndpoint {
	t.Helper()
	var all []*stripego.WebhookEndpoint
	list := endpoints(s).List(&stripego.WebhookEndpointListParams{})
	for list.Next() {
		all = append(all, list.WebhookEndpoint())
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAccount(t *testing.T) {
	t.Parallel()

	account := stripe.Account{
		Products: []stripe.Object{
			{"id": "prod_1", "object": "product", "active": true, "metadata": map[string]any{}, "default_price": "price_1"},
			{"id": "prod_2", "object": "product", "active": false, "metadata": map[string]any{}},
			{"id": "prod_3", "object": "product", "active": true, "metadata": map[string]any{"series": "course"}},
		},
		PaymentLinks: []stripe.Object{{"id": "plink_1", "object": "payment_link", "active": true, "metadata": map[string]any{},
			"line_items": map[string]any{"object": "list", "data": []any{map[string]any{
				"id": "li_1", "object": "item", "price": map[string]any{"id": "price_1", "object": "price", "product": "prod_1"}}}}}},
	}

	t.Run("lists what is active, page by page", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		if err := s.service.SetAccount(account); err != nil {
			t.Fatal(err)
		}
		params := &stripego.ProductListParams{Active: stripego.Bool(true)}
		params.Limit = stripego.Int64(1)
		var ids []string
		list := product.Client{B: client(s, 0).B, Key: testKey}.List(params)
		for list.Next() {
			ids = append(ids, list.Product().ID)
		}
		if diff := cmp.Diff([]string{"prod_1", "prod_3"}, ids); diff != "" || list.Err() != nil {
			t.Error(diff, list.Err())
		}
	})

	t.Run("shows a link's line items where they are expanded", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		if err := s.service.SetAccount(account); err != nil {
			t.Fatal(err)
		}
		for _, expand := range []bool{true, false} {
			params := &stripego.PaymentLinkListParams{}
			if expand {
				params.AddExpand("data.line_items")
			}
			list := paymentlink.Client{B: client(s, 0).B, Key: testKey}.List(params)
			if !list.Next() {
				t.Fatal(list.Err())
			}
			items := list.PaymentLink().LineItems
			if (items != nil) != expand || expand && items.Data[0].Price.Product.ID != "prod_1" {
				t.Errorf("expanded %v: %+v", expand, items)
			}
		}
	})

	t.Run("lets a restricted key do what it may, and no more", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		if err := s.service.SetAccount(stripe.Account{Permissions: map[string][]string{testKey: {"webhook_read"}}}); err != nil {
			t.Fatal(err)
		}
		listEndpoints(t, s)
		_, err := endpoints(s).New(&stripego.WebhookEndpointParams{})
		var e *stripego.Error
		if !errors.As(err, &e) || e.HTTPStatusCode != http.StatusForbidden || !strings.Contains(e.Msg, "rak_webhook_write") {
			t.Errorf("write: %v", err)
		}
		list := product.Client{B: client(s, 0).B, Key: testKey}.List(&stripego.ProductListParams{})
		if list.Next() || !errors.As(list.Err(), &e) || !strings.Contains(e.Msg, "rak_product_read") {
			t.Errorf("products: %v", list.Err())
		}
	})

	t.Run("says what is wrong with what it is set to", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		status, _, text := s.do(t, "PUT", "/_local/account", `{"products": [{"id": "plink_1", "object": "product"}]}`)
		if status != http.StatusBadRequest || !strings.Contains(text, "plink_1") {
			t.Errorf("%d %s", status, text)
		}
	})
}
