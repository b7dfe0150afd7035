package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Mail is one that SendGrid's stand-in accepted.
type Mail struct {
	// Order and Delivery are the IDs that it carries in its custom_args; empty where it has none.
	Order, Delivery string
	AcceptedAt      time.Time
}

// Inbox is every mail that was accepted, the first one first. The stand-in keeps the newest 5000.
func (s *Shop) Inbox(ctx context.Context) ([]Mail, error) {
	text, err := Request(ctx, http.MethodGet, s.Env["INBOX_URL"]+"/api/messages", "", nil)
	if err != nil {
		return nil, err
	}
	return readInbox([]byte(text))
}

func readInbox(inbox []byte) ([]Mail, error) {
	var messages []struct {
		ReceivedAt time.Time `json:"received_at"`
		Request    struct {
			Personalizations []struct {
				CustomArgs map[string]string `json:"custom_args"`
			} `json:"personalizations"`
		} `json:"request"`
	}
	if err := json.Unmarshal(inbox, &messages); err != nil {
		return nil, fmt.Errorf("the inbox: %w", err)
	}
	var mails []Mail
	for _, m := range messages {
		for _, p := range m.Request.Personalizations {
			mails = append(mails, Mail{p.CustomArgs["order"], p.CustomArgs["delivery"], m.ReceivedAt})
		}
	}
	return mails, nil
}
