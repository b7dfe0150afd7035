package sendgrid

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const unauthorizedMessage = "The provided authorization grant is invalid, expired, or revoked"

// helpPage is where SendGrid's errors send the reader for an explanation of a field.
const helpPage = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message."

// An apiError is one of the errors in SendGrid's error body. Field and Help are null for those that
// are about no field.
type apiError struct {
	Message string  `json:"message"`
	Field   *string `json:"field"`
	Help    *string `json:"help"`
}

type errorBody struct {
	Errors []apiError `json:"errors"`
}

// fieldError is an error about the field at path, such as personalizations.0.to.0.email.
func fieldError(path, message string) apiError {
	var names []string
	for name := range strings.SplitSeq(path, ".") {
		if _, err := strconv.Atoi(name); err != nil {
			names = append(names, name)
		}
	}
	help := helpPage + strings.Join(names, ".")
	return apiError{Message: message, Field: &path, Help: &help}
}

func refuse(w http.ResponseWriter, status int, message string) {
	respond(w, status, errorBody{[]apiError{{Message: message}}})
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	// Otherwise <, > and & of a stored request would come back in another spelling.
	enc.SetEscapeHTML(false)
	// A caller who has gone away needs no answer.
	_ = enc.Encode(body)
}
