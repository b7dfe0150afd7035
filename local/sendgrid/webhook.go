package sendgrid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Webhook is an Event Webhook of the account: SendGrid posts the events of mails to it.
type Webhook struct {
	ID, URL, Name string
	Enabled       bool
	// Kinds are the events that it gets, by their names in the settings.
	Kinds []string
	// Signed: Key signs each call.
	Signed bool
	Key    *ecdsa.PrivateKey
}

// maxWebhooks is how many an account may have; SendGrid's smaller plans allow as many.
const maxWebhooks = 2

// webhookKinds maps the settings' names to the events' own.
var webhookKinds = map[string]string{
	"processed": "processed", "delivered": "delivered", "deferred": "deferred", "bounce": "bounce", "dropped": "dropped",
	"spam_report": "spamreport", "open": "open", "click": "click", "unsubscribe": "unsubscribe",
	"group_unsubscribe": "group_unsubscribe", "group_resubscribe": "group_resubscribe",
}

// wants reports whether it gets an event.
func (w *Webhook) wants(event string) bool {
	return slices.ContainsFunc(w.Kinds, func(kind string) bool { return webhookKinds[kind] == event })
}

// PublicKey is the key as SendGrid shows it; empty where it does not sign.
func (w *Webhook) PublicKey() string {
	if !w.Signed {
		return ""
	}
	der, err := x509.MarshalPKIXPublicKey(&w.Key.PublicKey)
	if err != nil {
		return "" // impossible: the curve is P-256
	}
	return base64.StdEncoding.EncodeToString(der)
}

// AddWebhook adds an Event Webhook as the dashboard does, of all kinds if none are named, and
// returns it with its ID and key.
func (s *Service) AddWebhook(w Webhook) (Webhook, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return w, err
	}
	w.ID, w.Key = strings.ToLower(rand.Text()), key
	if w.Kinds == nil {
		w.Kinds = slices.Sorted(maps.Keys(webhookKinds))
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	s.account.webhooks = append(s.account.webhooks, &w)
	return w, nil
}

// EnableWebhooks enables or disables all of them.
func (s *Service) EnableWebhooks(on bool) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	for i, w := range s.account.webhooks {
		changed := *w
		changed.Enabled = on
		s.account.webhooks[i] = &changed
	}
}

// Webhooks are those of the account, the oldest first.
func (s *Service) Webhooks() []Webhook {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	var all []Webhook
	for _, w := range s.account.webhooks {
		all = append(all, *w)
	}
	return all
}

// object is the webhook as SendGrid shows it.
func (w *Webhook) object() map[string]any {
	o := map[string]any{"id": w.ID, "url": w.URL, "enabled": w.Enabled, "friendly_name": w.Name, "oauth_client_id": "", "oauth_token_url": ""}
	for kind := range webhookKinds {
		o[kind] = slices.Contains(w.Kinds, kind)
	}
	if w.Signed {
		o["public_key"] = w.PublicKey()
	}
	return o
}

// set changes the given fields, and returns what is wrong with one.
func (w *Webhook) set(fields map[string]any) string {
	for name, value := range fields {
		on, flag := value.(bool)
		text, isText := value.(string)
		_, kind := webhookKinds[name]
		switch {
		case name == "enabled" && flag:
			w.Enabled = on
		case name == "friendly_name" && isText:
			w.Name = text
		case name == "url" && isText && isURL(text):
			w.URL = text
		case kind && flag:
			w.Kinds = slices.DeleteFunc(slices.Clone(w.Kinds), func(k string) bool { return k == name })
			if on {
				w.Kinds = append(w.Kinds, name)
			}
		default:
			return name + " is not valid"
		}
	}
	return ""
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && strings.HasPrefix(u.Scheme, "http") && u.Host != ""
}

// sign enables or disables signatures, and returns what is wrong with the fields.
func (w *Webhook) sign(fields map[string]any) string {
	on, ok := fields["enabled"].(bool)
	if !ok || len(fields) != 1 {
		return "enabled is required"
	}
	w.Signed = on
	return ""
}
