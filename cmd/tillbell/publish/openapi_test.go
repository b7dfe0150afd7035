package publish

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"handler/function/local/sendgrid/description"
)

// TestCallsFitTheDescription holds what a publisher sends, and what the stand-in answers, against
// SendGrid's own description of its templates API.
func TestCallsFitTheDescription(t *testing.T) {
	t.Parallel()

	doc := description.Templates()
	doc.Servers = nil
	for _, name := range []string{"TransactionalTemplate", "TransactionalTemplatesTemplateLean"} {
		// The description knows the IDs of legacy templates only: a dynamic one's is d- and 32
		// digits.
		id := doc.Components.Schemas[name].Value.Properties["id"].Value
		id.MinLength, id.MaxLength, id.Format = 34, nil, ""
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t)
	var seen []string
	b.each = func(req *http.Request, body []byte, res *http.Response, answer []byte) {
		route, params, err := router.FindRoute(req)
		if err != nil {
			t.Errorf("%s %s: %v", req.Method, req.URL, err)
			return
		}
		seen = append(seen, req.Method+" "+route.Path)
		again := req.Clone(t.Context())
		again.Body = http.NoBody
		if body != nil {
			again.Body = readCloser{bytes.NewReader(body)}
		}
		in := &openapi3filter.RequestValidationInput{Request: again, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s %s %s: %v", req.Method, req.URL, body, err)
		}
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: res.StatusCode, Header: res.Header,
			Body: readCloser{bytes.NewReader(answer)}, Options: in.Options}
		if res.StatusCode == http.StatusNotFound { // which it does not speak of
			return
		}
		if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
			t.Errorf("%s %s answered %s: %v", req.Method, req.URL, answer, err)
		}
	}
	b.mustPublish()
	for _, subject := range []string{"1", "2", "3", "4", "5"} {
		b.put("receipt/subject.hbs", subject)
		b.mustPublish()
	}
	b.put("receipt/subject.hbs", "Your bill")
	b.call("DELETE", "/v3/templates/"+b.locked("sale").ID, nil)
	b.mustPublish()

	slices.Sort(seen)
	want := []string{"DELETE /v3/templates/{template_id}/versions/{version_id}", "GET /v3/templates", "GET /v3/templates/{template_id}", "GET /v3/templates/{template_id}/versions/{version_id}",
		"POST /v3/templates", "POST /v3/templates/{template_id}/versions"}
	if got := slices.Compact(seen); !slices.Equal(got, want) {
		t.Errorf("called %v, want %v", got, want)
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
