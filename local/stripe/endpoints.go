package stripe

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
)

// maxEndpoints is how many webhook endpoints Stripe lets an account have in test mode:
// https://docs.stripe.com/webhooks
const maxEndpoints = 16

// eventType is the form of the names of event types.
var eventType = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)

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

func (s *Service) listEndpoints(w http.ResponseWriter, r *http.Request) {
	p, err := readListParameters(r, "")
	if err != nil {
		refuse(w, err)
		return
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var all []Object
	for _, e := range s.account.endpoints {
		all = append(all, withoutSecret(e))
	}
	answerPage(w, r, p, all, "webhook_endpoint")
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
		"description": e.Description, "enabled_events": e.EnabledEvents, "livemode": e.Livemode, "metadata": e.Metadata,
		"secret": e.Secret, "status": e.Status, "url": e.URL,
	}
	for _, field := range []string{"api_version", "application", "description"} {
		if shown[field] == "" {
			shown[field] = nil
		}
	}
	return shown
}

func (s *Service) createEndpoint(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r)
	if failed == nil {
		failed = checkEndpoint(form, "url", "api_version")
	}
	switch {
	case failed != nil:
	case form.text["url"] == "":
		failed = badParameter("parameter_missing", "url", "Missing required param: url.")
	case form.events == nil:
		failed = badParameter("parameter_missing", "enabled_events", "Missing required param: enabled_events.")
	}
	if failed != nil {
		refuse(w, failed)
		return
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if len(s.account.endpoints) >= maxEndpoints {
		refuse(w, badParameter("", "", "You have reached the maximum of %d test webhook endpoints.", maxEndpoints))
		return
	}
	e := stripego.WebhookEndpoint{APIVersion: form.text["api_version"]}
	form.fill(&e)
	respond(w, http.StatusOK, endpointObject(s.account.add(e)))
}

func (s *Service) updateEndpoint(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r)
	if failed == nil {
		failed = checkEndpoint(form, "url", "disabled")
	}
	if failed != nil {
		refuse(w, failed)
		return
	}
	s.withEndpoint(w, r, func(i int) {
		e := s.account.endpoints[i]
		form.fill(e)
		respond(w, http.StatusOK, withoutSecret(e))
	})
}

func (s *Service) deleteEndpoint(w http.ResponseWriter, r *http.Request) {
	s.withEndpoint(w, r, func(i int) {
		id := s.account.endpoints[i].ID
		s.account.endpoints = slices.Delete(s.account.endpoints, i, i+1)
		respond(w, http.StatusOK, map[string]any{"id": id, "object": "webhook_endpoint", "deleted": true})
	})
}

// withEndpoint finds the endpoint of a request.
func (s *Service) withEndpoint(w http.ResponseWriter, r *http.Request, do func(int)) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	id := r.PathValue("id")
	i := slices.IndexFunc(s.account.endpoints, func(e *stripego.WebhookEndpoint) bool { return e.ID == id })
	if i < 0 {
		refuse(w, &apiError{Status: http.StatusNotFound, Type: invalidRequest, Code: "resource_missing", Param: "id",
			Message: fmt.Sprintf("No such webhook endpoint: '%s'", id)})
		return
	}
	do(i)
}

// form is the body of a request that makes or changes an endpoint.
type form struct {
	text     map[string]string
	events   []string
	metadata map[string]string
}

var (
	listName     = regexp.MustCompile(`^enabled_events\[\d*\]$`)
	metadataName = regexp.MustCompile(`^metadata\[([^\]]+)\]$`)
)

func readForm(r *http.Request) (form, *apiError) {
	f := form{text: map[string]string{}, metadata: map[string]string{}}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxLineItemsBody))
	if err != nil {
		return f, badParameter("", "", "The request could not be read.")
	}
	pairs, err := url.ParseQuery(string(body))
	if err != nil {
		return f, badParameter("", "", "Invalid request: the body is not a form.")
	}
	for name, values := range pairs {
		switch key := metadataName.FindStringSubmatch(name); {
		case listName.MatchString(name):
			f.events = append(f.events, values...)
		case key != nil:
			f.metadata[key[1]] = values[0]
		default:
			f.text[name] = values[0]
		}
	}
	slices.Sort(f.events)
	return f, nil
}

// checkEndpoint holds a form to the parameters that there are, and to what Stripe asks of them.
// http and this machine's own addresses are taken, which Stripe refuses: it is the laptop's own
// webhook that is registered.
func checkEndpoint(f form, known ...string) *apiError {
	for name := range f.text {
		if !slices.Contains(append(known, "description"), name) {
			return badParameter("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
	}
	for i, e := range f.events {
		if e != "*" && !eventType.MatchString(e) {
			return badParameter("", fmt.Sprintf("enabled_events[%d]", i), "Invalid enabled_events[%d]: must be one of Stripe's event types", i)
		}
	}
	if v, given := f.text["api_version"]; given && !version.MatchString(v) {
		return badParameter("", "api_version", "Invalid API version: %s", v)
	}
	if v, given := f.text["disabled"]; given && v != "true" && v != "false" {
		return badParameter("parameter_invalid_boolean", "disabled", "Invalid boolean: %s", v)
	}
	if v, given := f.text["url"]; given && checkURL(v) != nil {
		return badParameter("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	return nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(u.Scheme, "http") || u.Host == "" {
		return errors.New("no address")
	}
	return nil
}

// fill lays what was given over what is there.
func (f form) fill(e *stripego.WebhookEndpoint) {
	if v, given := f.text["url"]; given {
		e.URL = v
	}
	if v, given := f.text["description"]; given {
		e.Description = v
	}
	if f.events != nil {
		e.EnabledEvents = f.events
	}
	switch f.text["disabled"] {
	case "true":
		e.Status = "disabled"
	case "false":
		e.Status = "enabled"
	}
	for key, value := range f.metadata {
		if e.Metadata == nil {
			e.Metadata = map[string]string{}
		}
		e.Metadata[key] = value
	}
}
