// Package shop plays purchases on a running laptop, with Stripe's events, and reads the orders and
// the inbox.
package shop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/internal/mongodb"
)

// Shop is a running laptop. Make it with Open, and Close it.
type Shop struct {
	// Env is the content of the laptop's run.env.
	Env   map[string]string
	Store *mongodb.Store

	client *mongo.Client
}

// requestTimeout ends a request; one that stripe-webhook answers takes ten seconds at the most.
const requestTimeout = 15 * time.Second

// Open makes a shop of a laptop's run.env. It makes no call yet.
func Open(env map[string]string) (*Shop, error) {
	client, err := mongodb.Connect(env["MONGODB_URI"], "local")
	if err != nil {
		return nil, err
	}
	return &Shop{Env: env, Store: mongodb.NewStore(client, env["MONGODB_DATABASE"]), client: client}, nil
}

// Close ends the connections to the database.
func (s *Shop) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.client.Disconnect(ctx)
}

// SetItems sets the session's line items at the mock of Stripe.
func (s *Shop) SetItems(ctx context.Context, p Purchase) error {
	if p.Items == nil {
		return nil
	}
	_, err := Request(ctx, http.MethodPut, s.Env["STRIPE_URL"]+"/_local/line_items/"+p.Session, "", p.Items)
	return err
}

// Happen adds the event to the mock of Stripe, which lists it from then on with the session.
func (s *Shop) Happen(ctx context.Context, p Purchase) error {
	_, err := Request(ctx, http.MethodPut, s.Env["STRIPE_URL"]+"/_local/events", "", p.Body)
	return err
}

// Pay delivers the event as Stripe does, and returns the function's answer.
func (s *Shop) Pay(ctx context.Context, p Purchase) (string, error) {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: p.Body, Secret: s.Env["WEBHOOK_SECRET"], Timestamp: time.Now(),
	})
	return Request(ctx, http.MethodPost, s.Env["WEBHOOK_URL"], signed.Header, p.Body)
}

// Buy plays one purchase: an event with its line items, which may be nil, as of now. It gives the
// session. That the webhook ignores the event is an error.
func (s *Shop) Buy(ctx context.Context, event, items []byte) (string, error) {
	p, err := s.Miss(ctx, event, items)
	if err != nil {
		return "", err
	}
	answer, err := s.Pay(ctx, p)
	if err == nil && Ignored(answer) {
		err = fmt.Errorf("%s answers %s", s.Env["WEBHOOK_URL"], answer)
	}
	return p.Session, err
}

// Ignored reports whether the webhook answered that it stored nothing.
func Ignored(answer string) bool { return strings.HasPrefix(answer, `{"ignored":`) }

// Miss plays a purchase without a webhook call, as if the endpoint were deleted.
func (s *Shop) Miss(ctx context.Context, event, items []byte) (Purchase, error) {
	p, err := NewPurchase(event, items, time.Now())
	if err != nil {
		return p, err
	}
	return p, s.AtStripe(ctx, p)
}

// AtStripe adds a purchase to the mock of Stripe: the line items and the event.
func (s *Shop) AtStripe(ctx context.Context, p Purchase) error {
	return errors.Join(s.SetItems(ctx, p), s.Happen(ctx, p))
}

// Refusal is an answer other than 2xx.
type Refusal struct {
	URL    string
	Status int
	Answer string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s answers %d: %s", r.URL, r.Status, r.Answer) }

// Request makes one HTTP request, and returns the answer's body for a status 2xx; a *Refusal for
// another.
func Request(ctx context.Context, method, url, signature string, body []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	if signature != "" {
		req.Header.Set("Stripe-Signature", signature)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode/100 != 2 {
		return "", &Refusal{url, res.StatusCode, strings.TrimSpace(string(answer))}
	}
	return strings.TrimSpace(string(answer)), nil
}
