package openfaas

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Gateway calls functions through OpenFaaS's gateway.
type Gateway struct {
	// URL is the gateway's address, without a trailing slash.
	URL string
	// Key signs the calls.
	Key func() (string, error)
	// Client makes them; its timeouts are the caller's contexts.
	Client *http.Client
}

// maxIdle is how many connections to the gateway stay open after a rush; the others are closed.
const maxIdle = 64

// NewGateway makes a client for a gateway. Its connections stay open between calls.
func NewGateway(address string, key func() (string, error)) *Gateway {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = maxIdle
	transport.IdleConnTimeout = 90 * time.Second
	return &Gateway{URL: address, Key: key, Client: &http.Client{Transport: transport}}
}

// InvokeAsync puts a signed call of a function into the queue. That it was accepted means only that
// the queue has it, not that the function will ever see it.
func (g *Gateway) InvokeAsync(ctx context.Context, function string, body []byte) error {
	key, err := g.Key()
	if err != nil {
		return fmt.Errorf("invoke %s: %w", function, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.URL+"/async-function/"+function, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("invoke %s: %w", function, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, Sign(body, key))
	res, err := g.Client.Do(req)
	if err != nil {
		return fmt.Errorf("invoke %s: %w", function, err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4096)) // read it, so that the connection is used again
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("invoke %s: the gateway answered %d", function, res.StatusCode)
	}
	return nil
}
