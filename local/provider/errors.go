package provider

import (
	"errors"
	"net/http"
)

var (
	errNotFound = errors.New("not found")
	errExists   = errors.New("already exists")
	errInvalid  = errors.New("refused")
	errTooLarge = errors.New("too large")
	errClosed   = errors.New("the provider has been stopped")
)

// status is what the clients know an error by: faas-cli deploys anew after a 404 to its update, and
// tells of a secret that exists after a 409.
func status(err error) int {
	var tooLong *http.MaxBytesError
	switch {
	case errors.Is(err, errNotFound):
		return http.StatusNotFound
	case errors.Is(err, errExists):
		return http.StatusConflict
	case errors.Is(err, errTooLarge), errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errInvalid):
		return http.StatusBadRequest
	case errors.Is(err, errClosed):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
