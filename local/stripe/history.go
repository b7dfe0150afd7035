package stripe

import (
	"cmp"
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxTypes is how many event types can be asked for at once:
// https://docs.stripe.com/api/events/list
const maxTypes = 20

// typesName is the name of the parameter types, as a list: types[], or as stripe-go does, types[0].
var typesName = regexp.MustCompile(`^types\[\d*\]$`)

// createdFilters are the names of the filters by time.
var createdFilters = []string{"created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"}

// registerHistory serves what happened in the account: its events, and the sessions that they are
// about.
func (s *Service) registerHistory(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/events", s.permitted("event", s.listEvents))
	mux.HandleFunc("GET /v1/checkout/sessions", s.permitted("checkout_session", s.listSessions))
	mux.HandleFunc("GET /v1/checkout/sessions/{id}", s.permitted("checkout_session", s.getSession))
}

func (s *Service) listEvents(r *http.Request) (any, *apiError) {
	r, types, err := takeTypes(r)
	if err != nil {
		return nil, err
	}
	p, err := readListParameters(r, "", append(createdFilters, "type")...)
	if err != nil {
		return nil, err
	}
	if t, given := p.filters["type"]; given {
		if types != nil {
			return nil, badParameter("parameters_exclusive", "types", "You may only specify one of these parameters: type, types.")
		}
		types = []string{t}
	}
	within, err := p.createdWithin()
	if err != nil {
		return nil, err
	}
	all := s.store.eventsOf(r.Header.Get("Stripe-Account"))
	all = slices.DeleteFunc(all, func(e event) bool { return e.Created < listedSince(time.Now()) })
	return history(r, p, all, "event", func(e event) object {
		return object{e.ID, e.raw, within(e.Created) && ofType(e.Type, types)}
	})
}

// takeTypes takes the parameter types out of a request.
func takeTypes(r *http.Request) (*http.Request, []string, *apiError) {
	var types []string
	query := r.URL.Query()
	for name, given := range query {
		if typesName.MatchString(name) {
			types = append(types, given...)
			query.Del(name)
		}
	}
	for _, t := range types {
		if !eventType.MatchString(t) {
			return r, nil, badParameter("", "types", "Invalid types: must be Stripe's event types")
		}
	}
	if len(types) > maxTypes {
		return r, nil, badParameter("", "types", "Array must have at most %d elements", maxTypes)
	}
	rest := r.Clone(r.Context())
	rest.URL.RawQuery = query.Encode()
	return rest, types, nil
}

// ofType reports whether an event is of one of the types, of which * stands for any part. None asks
// for all.
func ofType(t string, types []string) bool {
	return types == nil || slices.ContainsFunc(types, func(pattern string) bool {
		ok, err := path.Match(pattern, t)
		return ok && err == nil
	})
}

func (s *Service) listSessions(r *http.Request) (any, *apiError) {
	p, err := readListParameters(r, "", append(createdFilters, "payment_link", "status")...)
	if err != nil {
		return nil, err
	}
	status, filtered := p.filters["status"]
	if filtered && !slices.Contains([]string{"complete", "expired", "open"}, status) {
		return nil, badParameter("", "status", "Invalid status: must be one of complete, expired, or open")
	}
	within, err := p.createdWithin()
	if err != nil {
		return nil, err
	}
	link, linked := p.filters["payment_link"]
	return history(r, p, s.store.sessionsOf(r.Header.Get("Stripe-Account")), "checkout.session", func(c *session) object {
		return object{c.ID, c.raw, within(c.Created) && (!filtered || c.Status == status) && (!linked || c.PaymentLink == link)}
	})
}

// object is a thing in a list, and whether the list's filters leave it there.
type object struct {
	id    string
	raw   json.RawMessage
	shown bool
}

// history is the page that was asked for. A page may begin at an object that the filters leave out.
func history[T any](r *http.Request, p listParameters, all []T, kind string, as func(T) object) (any, *apiError) {
	var objects []object
	for _, o := range all {
		if o := as(o); o.shown || o.id == p.startingAfter || o.id == p.endingBefore {
			objects = append(objects, o)
		}
	}
	return pageOf(objects, kind, r, p, func(o object) string { return o.id }, func(o object) any { return o.raw })
}

// createdWithin is the filter by time that was given.
func (p listParameters) createdWithin() (func(created int64) bool, *apiError) {
	holds := map[string]func(order int) bool{
		"": func(o int) bool { return o == 0 }, "[gt]": func(o int) bool { return o > 0 }, "[gte]": func(o int) bool { return o >= 0 },
		"[lt]": func(o int) bool { return o < 0 }, "[lte]": func(o int) bool { return o <= 0 },
	}
	bounds := map[string]int64{}
	for _, name := range createdFilters {
		text, given := p.filters[name]
		if !given {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, badParameter("parameter_invalid_integer", name, "Invalid integer: %s", text)
		}
		bounds[strings.TrimPrefix(name, "created")] = n
	}
	return func(created int64) bool {
		for relation, bound := range bounds {
			if !holds[relation](cmp.Compare(created, bound)) {
				return false
			}
		}
		return true
	}, nil
}

// getSession answers a session as its newest event says; of one whose line items alone are set, its
// ID.
func (s *Service) getSession(r *http.Request) (any, *apiError) {
	id, account := r.PathValue("id"), r.Header.Get("Stripe-Account")
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	if known, ok := s.store.session(key{id, account}); ok {
		return known.raw, nil
	}
	if _, ok := s.store.get(key{id, account}); !ok {
		return nil, noSuchSession(id)
	}
	return map[string]any{"id": id, "object": "checkout.session", "livemode": false}, nil
}
