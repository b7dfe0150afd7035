// Package owner calls the functions as their owner: through the gateway, with bodies signed with
// the shared key. `faas-cli invoke --sign Hmac` can do the same.
package owner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/shared/gateway"
)

// Client calls functions. The zero value of HTTP and Now is good.
type Client struct {
	// Gateway is its address, without a slash at its end.
	Gateway string
	// Key is the first line of the secret send-email-key.
	Key string
	// HTTP makes the calls; by default one with a timeout beyond the functions' own.
	HTTP *http.Client
	// Now is the clock.
	Now func() time.Time
}

// The meanings of a function's answer. Each is wrapped, with the function's own error text, if any.
var (
	// ErrKey: the function does not accept the signature.
	ErrKey = errors.New("the function refuses the signature: SEND_EMAIL_KEY is not the secret send-email-key of that gateway")
	// ErrNotFound: there is no such order, or no such function.
	ErrNotFound = errors.New("not found")
	// ErrConflict: the order's current state does not allow it, such as sending again what is being
	// sent.
	ErrConflict = errors.New("conflict")
)

// timeout is longer than a function's work on one call, and than the gateway's own timeout.
const timeout = 70 * time.Second

// maxAnswer is far above a page of orders.
const maxAnswer = 64 << 20

// Call asks a function for one thing: {command: arguments, "at": now}. The answer's JSON is read into
// answer, unless that is nil.
func (c *Client) Call(ctx context.Context, function, command string, arguments, answer any) error {
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	body, err := json.Marshal(map[string]any{command: arguments, "at": now().UTC()})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Gateway+"/function/"+function, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(openfaas.SignatureHeader, openfaas.Sign(body, c.Key))
	client := c.HTTP
	if client == nil {
		client = &http.Client{Timeout: timeout}
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s at %s: %w", function, c.Gateway, gateway.Unreachable(err))
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: its answer broke off", function)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %w", function, refusal(res.StatusCode, text))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s does not answer in JSON; is it of another version?", function)
	}
	return nil
}

// refusal is the error for an answer other than 200.
func refusal(status int, text []byte) error {
	var said struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal(text, &said) // a proxy's or the gateway's own error is no JSON
	switch {
	case status == http.StatusBadRequest && said.Error == "invalid signature":
		return ErrKey
	case status == http.StatusNotFound:
		return because(ErrNotFound, said.Error)
	case status == http.StatusConflict:
		return because(ErrConflict, said.Error)
	case said.Error != "":
		return fmt.Errorf("%s (status %d)", said.Error, status)
	}
	return fmt.Errorf("status %d", status)
}

func because(err error, why string) error {
	if why == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, why)
}
