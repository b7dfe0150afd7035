package stripe

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
)

const (
	defaultLimit  = 10
	maxLimit      = 100
	expandProduct = "data.price.product"
)

// expand parameters are named expand[], or as stripe-go does, expand[0].
var expandName = regexp.MustCompile(`^expand\[\d*\]$`)

// listParameters are those of a list in Stripe's API.
type listParameters struct {
	limit                       int
	startingAfter, endingBefore string
	// expand: the one property that can be expanded is to be.
	expand bool
	// filters are the list's own parameters that were given.
	filters map[string]string
}

// parameters answers the query, each of whose parameters must be given once and be one of known.
func parameters(r *http.Request, known ...string) (map[string]string, *apiError) {
	values := map[string]string{}
	for name, given := range r.URL.Query() {
		if !slices.Contains(known, name) {
			return nil, badParameter("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
		values[name] = given[len(given)-1]
	}
	return values, nil
}

// readListParameters reads those of a list of which one property can be expanded, and which has
// filters of its own.
func readListParameters(r *http.Request, expandable string, filters ...string) (listParameters, *apiError) {
	p := listParameters{limit: defaultLimit}
	query := r.URL.Query()
	for name, given := range query {
		if !expandName.MatchString(name) {
			continue
		}
		query.Del(name)
		for _, what := range given {
			if what != expandable {
				return p, badParameter("", "expand", "This property cannot be expanded (%s).", what)
			}
			p.expand = true
		}
	}
	rest := r.Clone(r.Context())
	rest.URL.RawQuery = query.Encode()
	values, err := parameters(rest, append(filters, "limit", "starting_after", "ending_before")...)
	if err != nil {
		return p, err
	}
	p.filters = values
	p.startingAfter, p.endingBefore = values["starting_after"], values["ending_before"]
	if p.startingAfter != "" && p.endingBefore != "" {
		return p, badParameter("parameters_exclusive", "ending_before", "You may only specify one of these parameters: starting_after, ending_before.")
	}
	if text, given := values["limit"]; given {
		n, convErr := strconv.Atoi(text)
		switch {
		case convErr != nil:
			return p, badParameter("parameter_invalid_integer", "limit", "Invalid integer: %s", text)
		case n < 1:
			return p, badParameter("parameter_invalid_integer", "limit", "This value must be greater than or equal to 1.")
		case n > maxLimit:
			return p, badParameter("parameter_invalid_integer", "limit", "This value must be less than or equal to %d (was %d).", maxLimit, n)
		}
		p.limit = n
	}
	return p, nil
}
