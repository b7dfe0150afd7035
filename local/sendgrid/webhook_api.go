package sendgrid

import (
	"encoding/json"
	"net/http"
	"slices"
)

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
