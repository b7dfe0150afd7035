package stripe

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
)

// maxEndpoints is how many webhook endpoints Stripe lets an account have in test mode:
// https://docs.stripe.com/webhooks
const maxEndpoints = 16

// AddEndpoint registers a webhook endpoint as the dashboard does, and gives its ID. What is left
// out of it is as Stripe makes it: enabled, in test mode, of this API version.
func (s *Service) AddEndpoint(e stripego.WebhookEndpoint) string {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	return s.account.add(e).ID
}

func (a *account) add(e stripego.WebhookEndpoint) *stripego.WebhookEndpoint {
	e.ID, e.Object, e.Created = "we_"+rand.Text(), "webhook_endpoint", time.Now().Unix()
	if e.Status == "" {
		e.Status = "enabled"
	}
	if e.Secret == "" {
		e.Secret = "whsec_" + rand.Text()
	}
	if e.Metadata == nil {
		e.Metadata = map[string]string{}
	}
	a.endpoints = slices.Insert(a.endpoints, 0, &e) // Stripe lists the newest first
	return &e
}

// Endpoints are the webhook endpoints with their secrets, the newest first.
func (s *Service) Endpoints() []stripego.WebhookEndpoint {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var all []stripego.WebhookEndpoint
	for _, e := range s.account.endpoints {
		all = append(all, *e)
	}
	return all
}

// listDestinations are the webhook endpoints as the API of event destinations shows them:
// https://docs.stripe.com/api/v2/core/event-destinations
func (s *Service) listDestinations(*http.Request) (any, *apiError) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	all := []Object{}
	for _, e := range s.account.endpoints {
		payload := cmp.Or(e.Metadata[EventPayload], "snapshot")
		all = append(all, Object{
			"id": e.ID, "object": "v2.core.event_destination", "type": "webhook_endpoint", "status": e.Status, "livemode": e.Livemode,
			"enabled_events": e.EnabledEvents, "event_payload": payload, "webhook_endpoint": Object{"url": e.URL},
		})
	}
	return Object{"data": all, "next_page_url": nil, "previous_page_url": nil}, nil
}

// EventPayload is the key of an endpoint's metadata by which this mock makes it get thin events.
const EventPayload = "event_payload"

func (s *Service) listEndpoints(r *http.Request) (any, *apiError) {
	p, err := readListParameters(r, "")
	if err != nil {
		return nil, err
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var all []Object
	for _, e := range s.account.endpoints {
		all = append(all, withoutSecret(e))
	}
	return objects(r, p, all, "webhook_endpoint")
}

func withoutSecret(e *stripego.WebhookEndpoint) Object {
	shown := endpointObject(e)
	delete(shown, "secret")
	return shown
}

// endpointObject is an endpoint as Stripe shows it: what is not set is null.
func endpointObject(e *stripego.WebhookEndpoint) Object {
	shown := Object{
		"id": e.ID, "object": e.Object, "api_version": e.APIVersion, "application": e.Application, "created": e.Created,
		"description": e.Description, "enabled_events": e.EnabledEvents, "livemode": e.Livemode, "metadata": maps.Clone(e.Metadata),
		"secret": e.Secret, "status": e.Status, "url": e.URL,
	}
	for _, field := range []string{"api_version", "application", "description"} {
		if shown[field] == "" {
			shown[field] = nil
		}
	}
	return shown
}

func (s *Service) createEndpoint(r *http.Request) (any, *apiError) {
	form, err := readForm(r, "url", "api_version")
	switch {
	case err != nil:
		return nil, err
	case form.text["url"] == "":
		return nil, badParameter("parameter_missing", "url", "Missing required param: url.")
	case form.events == nil:
		return nil, badParameter("parameter_missing", "enabled_events", "Missing required param: enabled_events.")
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if len(s.account.endpoints) >= maxEndpoints {
		return nil, badParameter("", "", "You have reached the maximum of %d test webhook endpoints.", maxEndpoints)
	}
	e := stripego.WebhookEndpoint{APIVersion: form.text["api_version"]}
	form.fill(&e)
	return endpointObject(s.account.add(e)), nil
}

func (s *Service) updateEndpoint(r *http.Request) (any, *apiError) {
	form, err := readForm(r, "url", "disabled")
	if err != nil {
		return nil, err
	}
	return s.withEndpoint(r, func(i int) any {
		e := s.account.endpoints[i]
		form.fill(e)
		return withoutSecret(e)
	})
}

func (s *Service) deleteEndpoint(r *http.Request) (any, *apiError) {
	return s.withEndpoint(r, func(i int) any {
		id := s.account.endpoints[i].ID
		s.account.endpoints = slices.Delete(s.account.endpoints, i, i+1)
		return map[string]any{"id": id, "object": "webhook_endpoint", "deleted": true}
	})
}

// withEndpoint finds the endpoint of a request.
func (s *Service) withEndpoint(r *http.Request, do func(int) any) (any, *apiError) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	id := r.PathValue("id")
	i := slices.IndexFunc(s.account.endpoints, func(e *stripego.WebhookEndpoint) bool { return e.ID == id })
	if i < 0 {
		return nil, &apiError{Status: http.StatusNotFound, Type: invalidRequest, Code: "resource_missing", Param: "id",
			Message: fmt.Sprintf("No such webhook endpoint: '%s'", id)}
	}
	return do(i), nil
}
