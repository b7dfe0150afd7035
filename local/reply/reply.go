// Package reply writes what the laptop's servers answer.
package reply

import (
	"encoding/json"
	"net/http"
)

// JSON answers with a body, in which <, > and & stay as they are.
func JSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(body) // a caller that has gone away needs no answer
}

// Error answers with an error, as the laptop's own interfaces do: {"error": "why"}.
func Error(w http.ResponseWriter, status int, why string) {
	JSON(w, status, map[string]string{"error": why})
}
