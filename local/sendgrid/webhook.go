package sendgrid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
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

// webhookRoutes serves the settings of Event Webhooks; the fields are those that SendGrid
// documents: https://www.twilio.com/docs/sendgrid/api-reference/webhooks
func (s *Service) webhookRoutes(mux *http.ServeMux) {
	const settings = "/v3/user/webhooks/event/settings"
	mux.HandleFunc("GET "+settings+"/all", s.answers(func(*http.Request) (int, any) {
		all := []map[string]any{}
		for _, hook := range s.Webhooks() {
			all = append(all, hook.object())
		}
		return http.StatusOK, map[string]any{"max_allowed": maxWebhooks, "webhooks": all}
	}))
	mux.HandleFunc("POST "+settings, s.answers(s.createWebhook))
	mux.HandleFunc("PATCH "+settings+"/{id}", s.answers(func(r *http.Request) (int, any) {
		return s.changeWebhook(r, (*Webhook).set, (*Webhook).object)
	}))
	mux.HandleFunc("PATCH "+settings+"/signed/{id}", s.answers(func(r *http.Request) (int, any) {
		return s.changeWebhook(r, (*Webhook).sign, func(hook *Webhook) map[string]any {
			return map[string]any{"id": hook.ID, "public_key": hook.PublicKey()}
		})
	}))
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

func (s *Service) createWebhook(r *http.Request) (int, any) {
	fields, err := readFields(r)
	if err != nil {
		return badRequest("", "Bad Request")
	}
	hook := Webhook{Kinds: []string{}}
	wrong := hook.set(fields)
	switch {
	case wrong != "":
		return badRequest("", wrong)
	case hook.URL == "":
		return badRequest("", "url is required")
	case len(s.Webhooks()) >= maxWebhooks:
		return badRequest("", "you have reached the number of webhooks of your plan")
	}
	made, err := s.AddWebhook(hook)
	if err != nil {
		return http.StatusInternalServerError, refusal("internal server error")
	}
	return http.StatusCreated, made.object()
}

// changeWebhook changes the webhook of a request. No event is posted to a disabled webhook after the
// answer.
func (s *Service) changeWebhook(r *http.Request, change func(*Webhook, map[string]any) string, show func(*Webhook) map[string]any) (int, any) {
	fields, err := readFields(r)
	if err != nil {
		return badRequest("", "Bad Request")
	}
	s.teller.posting.Lock()
	defer s.teller.posting.Unlock()
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	i := slices.IndexFunc(s.account.webhooks, func(hook *Webhook) bool { return hook.ID == r.PathValue("id") })
	if i < 0 {
		return http.StatusNotFound, refusal("webhook not found")
	}
	changed := *s.account.webhooks[i]
	if wrong := change(&changed, fields); wrong != "" {
		return badRequest("", wrong)
	}
	s.account.webhooks[i] = &changed
	return http.StatusOK, show(&changed)
}

func readFields(r *http.Request) (fields map[string]any, err error) {
	return fields, json.NewDecoder(http.MaxBytesReader(nil, r.Body, 64<<10)).Decode(&fields)
}
