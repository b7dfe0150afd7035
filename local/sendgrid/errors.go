package sendgrid

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"handler/function/local/reply"
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

// complaints are the errors of one request, at most one for each field: the first.
type complaints []apiError

// fail adds an error about the field at path, such as personalizations.0.to.0.email, or about the
// body itself when path is empty.
func (c *complaints) fail(path, format string, args ...any) {
	e := apiError{Message: fmt.Sprintf(format, args...)}
	if path != "" {
		help := helpPage + unnumbered(path)
		e.Field, e.Help = &path, &help
	}
	if !slices.Contains(fields(*c), path) {
		*c = append(*c, e)
	}
}

// fields names what was wrong, for the log, which never gets the values.
func fields(errs []apiError) []string {
	var names []string
	for _, e := range errs {
		if e.Field != nil {
			names = append(names, *e.Field)
		}
	}
	return names
}

// at is the path of a field or an element within what is at path.
func at(path string, key any) string { return fmt.Sprintf("%s.%v", path, key) }

// unnumbered is a path without the numbers of elements, and last its last part.
func unnumbered(path string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(path, "."), func(name string) bool {
		_, err := strconv.Atoi(name)
		return err == nil
	}), ".")
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// refusal is an error about no field.
func refusal(message string) errorBody { return errorBody{[]apiError{{Message: message}}} }

func badRequest(field, message string) (int, any) {
	e := apiError{Message: message}
	if field != "" {
		e.Field = &field
	}
	return http.StatusBadRequest, errorBody{[]apiError{e}}
}

// answers serves a call with a key by what handle says: a status, and a body or none.
func (s *Service) answers(handle func(*http.Request) (int, any)) http.HandlerFunc {
	return s.authorized(func(w http.ResponseWriter, r *http.Request) {
		status, body := handle(r)
		if body == nil {
			w.WriteHeader(status)
			return
		}
		reply.JSON(w, status, body)
	})
}

func refuse(w http.ResponseWriter, status int, message string) {
	reply.JSON(w, status, refusal(message))
}
