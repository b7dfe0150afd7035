package stripe

import (
	"fmt"
	"net/http"

	"handler/function/local/fault"
)

const (
	invalidRequest = "invalid_request_error"
	serverError    = "api_error"
)

// apiError is Stripe's error object and the status that it comes with.
type apiError struct {
	Status  int    `json:"-"`
	Code    string `json:"code,omitempty"`
	DocURL  string `json:"doc_url,omitempty"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
	Type    string `json:"type"`
}

func refuse(w http.ResponseWriter, err *apiError) {
	respond(w, err.Status, map[string]*apiError{"error": err})
}

func badParameter(code, param, format string, args ...any) *apiError {
	return &apiError{Status: http.StatusBadRequest, Type: invalidRequest, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
}

func noSuchSession(id string) *apiError {
	return &apiError{
		Status: http.StatusNotFound, Type: invalidRequest, Code: "resource_missing", Param: "session",
		DocURL:  "https://stripe.com/docs/error-codes/resource-missing",
		Message: fmt.Sprintf("No such checkout.session: '%s'", id),
	}
}

func unknownURL(r *http.Request) *apiError {
	return &apiError{Status: http.StatusNotFound, Type: invalidRequest, Message: fmt.Sprintf(
		"Unrecognized request URL (%s: %s). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
		r.Method, r.URL.Path)}
}

// answerFault answers in the form in which Stripe fails.
func answerFault(w http.ResponseWriter, _ *http.Request, f fault.Fault) {
	switch {
	case f.Status == http.StatusTooManyRequests:
		refuse(w, &apiError{Status: f.Status, Type: invalidRequest, Code: "rate_limit",
			DocURL:  "https://stripe.com/docs/error-codes/rate-limit",
			Message: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."})
	case f.Status >= 500:
		refuse(w, &apiError{Status: f.Status, Type: serverError,
			Message: "An error occurred internally with Stripe, as the laptop was told to answer."})
	default:
		refuse(w, &apiError{Status: f.Status, Type: invalidRequest,
			Message: fmt.Sprintf("The request was refused with %d, as the laptop was told to answer.", f.Status)})
	}
}
