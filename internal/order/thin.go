package order

import (
	"encoding/json"
	"strings"
)

// thinObject is what a thin event says it is.
const thinObject = "v2.core.event"

// Thin is the ID and the type of a thin event, which Stripe sends where a destination is set to thin
// payloads: it names an object, and says nothing of it.
// https://docs.stripe.com/event-destinations#thin-events
func Thin(payload []byte) (id, eventType string, ok bool) {
	var in struct {
		ID     string `json:"id"`
		Object string `json:"object"`
		Type   string `json:"type"`
	}
	if json.Unmarshal(payload, &in) != nil || in.Object != thinObject || !isID(in.ID, "evt_") || len(in.Type) > 250 {
		return "", "", false
	}
	return in.ID, in.Type, true
}

// HandledThin reports whether a thin event's type is that of a Handled one.
func HandledThin(eventType string) bool { return Handled(strings.TrimPrefix(eventType, "v1.")) }
