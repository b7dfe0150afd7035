package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/order"
)

// export asks for all that is held of a customer (GDPR, Art. 15).
type export struct{ whose }

// exported is what is held of a customer: their orders as the database has them, the newest first.
type exported struct {
	Email  string `json:"email,omitempty"`
	Orders []any  `json:"orders"`
	// Next is where to go on; empty at the end.
	Next string `json:"next,omitempty"`
}

func (r *export) Check() error { return r.checkAs("export") }

func (r *export) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	list, err := r.find(ctx, s, MaxExported)
	if err != nil {
		return nil, err
	}
	out := exported{Email: r.Email, Orders: []any{}, Next: list.next}
	for _, id := range list.ids {
		o, err := list.orders.Load(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnread, err)
		}
		held, err := heldOf(o, r.Email)
		if err != nil {
			return nil, err
		}
		out.Orders = append(out.Orders, held)
	}
	log.Info("orders exported", "orders", len(out.Orders))
	return out, nil
}

// heldOf is what an order holds of the customer, or of another recipient: of that one only what
// they were sent. Addresses of others are not theirs to know.
func heldOf(o *order.Order, email string) (any, error) {
	mine := o.Clone()
	theirs := email == "" || o.IsOf(email)
	for key, d := range mine.Emails {
		switch only := d.OnlyTo(email); {
		case theirs && d.Audience == order.Customer:
		case theirs, len(only.To) > 0:
			mine.Emails[key] = only
		default:
			delete(mine.Emails, key)
		}
	}
	var held any = mine
	if !theirs {
		held = bson.D{{Key: "_id", Value: o.ID}, {Key: "emails", Value: mine.Emails}}
	}
	document, err := bson.Marshal(held)
	if err != nil {
		return nil, err
	}
	var fields bson.D
	if err := bson.Unmarshal(document, &fields); err != nil {
		return nil, err
	}
	return asJSON(fields), nil
}

// asJSON is a value of the database as JSON says it. So a field that an order gets one day is in an
// export too.
func asJSON(v any) any {
	switch v := v.(type) {
	case bson.D:
		out := map[string]any{}
		for _, e := range v {
			out[e.Key] = asJSON(e.Value)
			if text, ok := e.Value.(string); ok && e.Key == "payload" && json.Valid([]byte(text)) {
				out[e.Key] = json.RawMessage(text)
			}
		}
		return out
	case bson.A:
		out := []any{}
		for _, e := range v {
			out = append(out, asJSON(e))
		}
		return out
	case bson.DateTime:
		return v.Time().UTC().Format(time.RFC3339Nano)
	}
	return v
}
