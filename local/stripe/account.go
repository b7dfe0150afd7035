package stripe

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	stripego "github.com/stripe/stripe-go/v76"
)

// Account is what the mock's account sells, and what keys may do in it. It is kept in memory only.
type Account struct {
	// Products and PaymentLinks are objects of Stripe's, as it shows them. A link's line_items, a
	// list, are shown only where they are expanded.
	Products     []Object `json:"products"`
	PaymentLinks []Object `json:"payment_links"`
	// Permissions of restricted keys, such as checkout_session_read and webhook_write. An unlisted
	// key may do everything.
	Permissions map[string][]string `json:"permissions"`
}

// Object is one of Stripe's.
type Object map[string]any

func (o Object) text(field string) string {
	s, _ := o[field].(string)
	return s
}

// account is the Account with its webhook endpoints.
type account struct {
	mu sync.Mutex
	Account
	endpoints []*stripego.WebhookEndpoint
}

// SetAccount replaces all but the webhook endpoints. An error says all that is wrong with it.
func (s *Service) SetAccount(a Account) error {
	wrong := slices.Concat(
		checkObjects(a.Products, "prod_", "product"),
		checkObjects(a.PaymentLinks, "plink_", "payment_link"))
	if wrong != nil {
		return errors.Join(wrong...)
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	s.account.Account = a
	return nil
}

// checkObjects holds objects to what every one of their kind has.
func checkObjects(all []Object, prefix, kind string) (wrong []error) {
	for _, o := range all {
		_, active := o["active"].(bool)
		_, metadata := o["metadata"].(map[string]any)
		if !strings.HasPrefix(o.text("id"), prefix) || o.text("object") != kind || !active || !metadata {
			wrong = append(wrong, fmt.Errorf("%q is no %s: want an id that starts with %s, object %s, active and metadata", o.text("id"), kind, prefix, kind))
		}
	}
	return wrong
}

// registerAccount serves what the owner's command asks for.
func (s *Service) registerAccount(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/products", s.permitted("product", s.listProducts))
	mux.HandleFunc("GET /v1/payment_links", s.permitted("payment_links", s.listPaymentLinks))
	mux.HandleFunc("GET /v1/webhook_endpoints", s.permitted("webhook", s.listEndpoints))
	mux.HandleFunc("GET /v2/core/event_destinations", s.permitted("webhook", s.listDestinations))
	mux.HandleFunc("POST /v1/webhook_endpoints", s.permitted("webhook", s.createEndpoint))
	mux.HandleFunc("POST /v1/webhook_endpoints/{id}", s.permitted("webhook", s.updateEndpoint))
	mux.HandleFunc("DELETE /v1/webhook_endpoints/{id}", s.permitted("webhook", s.deleteEndpoint))
}

// permitted lets through a key that may read or write a resource, and answers others as Stripe
// does: 403, with the permission that is missing.
func (s *Service) permitted(resource string, next handler) http.HandlerFunc {
	return answers(func(r *http.Request) (any, *apiError) {
		want := resource + "_read"
		if r.Method != http.MethodGet {
			want = resource + "_write"
		}
		_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		s.account.mu.Lock()
		granted, restricted := s.account.Permissions[key]
		s.account.mu.Unlock()
		writer := slices.Contains(granted, resource+"_write") // which may read as well
		if restricted && !writer && !slices.Contains(granted, want) {
			return nil, &apiError{Status: http.StatusForbidden, Type: invalidRequest, Message: fmt.Sprintf(
				"The provided key does not have the required permissions for this endpoint on account 'acct_laptop'. "+
					"Having the 'rak_%s' permission would allow this request to continue.", want)}
		}
		return next(r)
	})
}

func (s *Service) listProducts(r *http.Request) (any, *apiError) {
	p, err := readListParameters(r, "", "active")
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return objects(r, p, shown(s.account.Products, p), "product")
}

func (s *Service) listPaymentLinks(r *http.Request) (any, *apiError) {
	p, err := readListParameters(r, "data.line_items", "active")
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	links := shown(s.account.PaymentLinks, p)
	if !p.expand {
		for i, l := range links {
			links[i] = maps.Clone(l)
			delete(links[i], "line_items")
		}
	}
	return objects(r, p, links, "payment_link")
}

// shown are the objects that the filter active leaves.
func shown(all []Object, p listParameters) []Object {
	want, filtered := p.filters["active"]
	return slices.DeleteFunc(slices.Clone(all), func(o Object) bool { return filtered && want != fmt.Sprint(o["active"]) })
}

// objects is the page of a list that was asked for.
func objects(r *http.Request, p listParameters, all []Object, kind string) (any, *apiError) {
	return pageOf(all, kind, r, p, func(o Object) string { return o.text("id") }, func(o Object) any { return o })
}
