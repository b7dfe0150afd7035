// Package eventhook is the Event Webhook in the SendGrid account, by which send-email knows what
// arrived: what it should be, what is wrong with it, and how it gets right.
package eventhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"handler/function/shared/gateway"
)

// Setting is the one that holds the webhook's public key, in settings.yml.
const Setting = "sendgrid_webhook_key"

// kinds are what send-email keeps, by the names that the webhook's settings have for them.
var kinds = []string{"processed", "deferred", "delivered", "open", "bounce", "dropped", "spam_report"}

// others are those that it does not keep.
var others = []string{"click", "unsubscribe", "group_unsubscribe", "group_resubscribe"}

// ErrPermission: the key may not do that.
var ErrPermission = errors.New("the key may not do that")

// Account is a SendGrid account, as far as its Event Webhooks go.
type Account struct {
	API, Key string
	HTTP     *http.Client
}

// Hook is an Event Webhook.
type Hook struct {
	ID        string
	URL       string
	Enabled   bool
	PublicKey string
	Kinds     []string
}

// UnmarshalJSON reads it as SendGrid shows it, with a field for each kind.
func (h *Hook) UnmarshalJSON(b []byte) error {
	var o map[string]any
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	*h = Hook{}
	h.ID, _ = o["id"].(string)
	h.URL, _ = o["url"].(string)
	h.Enabled, _ = o["enabled"].(bool)
	h.PublicKey, _ = o["public_key"].(string)
	for _, k := range slices.Concat(kinds, others) {
		if on, _ := o[k].(bool); on {
			h.Kinds = append(h.Kinds, k)
		}
	}
	return nil
}

// At is the webhook at an address, if there is one; an account may have others, which are not ours.
func (a Account) At(ctx context.Context, url string) (*Hook, error) {
	var all struct{ Webhooks []Hook }
	if err := a.ask(ctx, http.MethodGet, "/all", nil, &all); err != nil {
		return nil, err
	}
	for _, h := range all.Webhooks {
		if strings.TrimRight(h.URL, "/") == url {
			return &h, nil
		}
	}
	return nil, nil
}

// Faults are what is wrong with a webhook of ours, in words that follow its name.
func Faults(h *Hook) (faults []string) {
	if !h.Enabled {
		faults = append(faults, "is disabled")
	}
	var lacks []string
	for _, k := range kinds {
		if !slices.Contains(h.Kinds, k) {
			lacks = append(lacks, k)
		}
	}
	if lacks != nil {
		faults = append(faults, "is not told of "+strings.Join(lacks, ", "))
	}
	if h.PublicKey == "" {
		faults = append(faults, "is not signed")
	}
	return faults
}

// ask makes one call about the settings.
func (a Account) ask(ctx context.Context, method, path string, body, into any) error {
	var text io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		text = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.API+"/v3/user/webhooks/event/settings"+path, text)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := a.HTTP.Do(req)
	if err != nil {
		return gateway.Unreachable(err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		return ErrPermission
	case res.StatusCode/100 != 2:
		return fmt.Errorf("SendGrid answers %d", res.StatusCode)
	}
	const most = 1 << 20
	return json.NewDecoder(io.LimitReader(res.Body, most)).Decode(into)
}
