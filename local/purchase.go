package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
)

// shop is a running laptop, as somebody who buys sees it.
type shop struct {
	env   map[string]string
	store *mongodb.Store
	close func()
}

func openShop(state string) (*shop, error) {
	env, err := readRunningEnv(state)
	if err != nil {
		return nil, err
	}
	client, err := mongodb.Connect(env["MONGODB_URI"], "local")
	if err != nil {
		return nil, err
	}
	return &shop{
		env:   env,
		store: mongodb.NewStore(client, env["MONGODB_DATABASE"]),
		close: func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = client.Disconnect(ctx)
		},
	}, nil
}

// purchase is an event as Stripe would send it now, for a session of its own.
type purchase struct {
	session, event string
	body           []byte
	items          []byte // Stripe's list of line items; none where nil
}

// newPurchase gives a sample event new IDs and today's date. All else stays as it is.
func newPurchase(event, items []byte, now time.Time) (purchase, error) {
	p := purchase{session: "cs_test_" + rand.Text(), event: "evt_" + rand.Text(), items: items}
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	var e map[string]any
	if err := d.Decode(&e); err != nil {
		return p, fmt.Errorf("the event is not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return p, errors.New("there is more than one JSON object in the event")
	}
	data, _ := e["data"].(map[string]any)
	object, _ := data["object"].(map[string]any)
	if object["object"] != "checkout.session" {
		return p, errors.New("the event is about no Checkout Session: want data.object.object to be checkout.session")
	}
	e["id"], e["created"] = p.event, now.Unix()
	object["id"], object["created"] = p.session, now.Unix()
	var err error
	p.body, err = json.Marshal(e)
	return p, err
}

// setItems tells the stand-in for Stripe what the session bought.
func (s *shop) setItems(ctx context.Context, p purchase) error {
	if p.items == nil {
		return nil
	}
	_, err := request(ctx, http.MethodPut, s.env["STRIPE_URL"]+"/_local/line_items/"+p.session, "", p.items)
	return err
}

// pay delivers the event as Stripe does, and gives the function's answer.
func (s *shop) pay(ctx context.Context, p purchase) (string, error) {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: p.body, Secret: s.env["WEBHOOK_SECRET"], Timestamp: time.Now(),
	})
	return request(ctx, http.MethodPost, s.env["WEBHOOK_URL"], signed.Header, p.body)
}

func request(ctx context.Context, method, url, signature string, body []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
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
		return "", fmt.Errorf("%s answers %d: %s", url, res.StatusCode, strings.TrimSpace(string(answer)))
	}
	return strings.TrimSpace(string(answer)), nil
}

// watch looks at the order until nothing is to be done about it for now, or the time is up.
func (s *shop) watch(ctx context.Context, id string, seen func(*order.Order)) (*order.Order, error) {
	for {
		o, err := s.store.Load(ctx, id)
		switch {
		case err == nil:
			seen(o)
			if !busy(o, time.Now()) {
				return o, nil
			}
		case !errors.Is(err, order.ErrNotFound):
			return nil, err
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// busy reports whether something happens in an order soon: what is scheduled for later is not waited for.
func busy(o *order.Order, now time.Time) bool {
	if _, waits := o.Unplanned(); waits {
		return true
	}
	for _, d := range o.Emails {
		if !d.Final() && (d.State != order.Planned || d.NotBefore.Before(now.Add(time.Minute))) {
			return true
		}
	}
	return false
}
