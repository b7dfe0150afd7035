package sendgrid

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Account is what the mock's account has verified, and what its keys may do. It is kept in memory
// only.
type Account struct {
	// Scopes of keys. An unlisted key may do everything, and reports mail.send alone.
	Scopes map[string][]string
	// Senders are single sender addresses, and whether each is verified.
	Senders map[string]bool
	// Domains to be authenticated, and whether the DNS records of each are valid.
	Domains map[string]bool
}

// account is the Account, which may change during calls.
type account struct {
	mu sync.Mutex
	Account
	webhooks []*Webhook
}

// SetAccount replaces the account.
func (s *Service) SetAccount(a Account) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	s.account.Account = a
}

// accountRoutes serves what the owner's command asks for; the fields are those that SendGrid
// documents: https://www.twilio.com/docs/sendgrid/api-reference/sender-verification
// https://www.twilio.com/docs/sendgrid/api-reference/domain-authentication
func (s *Service) accountRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v3/scopes", s.answers(func(r *http.Request) (int, any) {
		scopes, named := s.scopes(r)
		if !named {
			scopes = []string{"mail.send"}
		}
		return http.StatusOK, map[string][]string{"scopes": scopes}
	}))
	mux.HandleFunc("GET /v3/verified_senders", s.answers(func(*http.Request) (int, any) {
		s.account.mu.Lock()
		defer s.account.mu.Unlock()
		all := []map[string]any{}
		for i, address := range slices.Sorted(maps.Keys(s.account.Senders)) {
			all = append(all, map[string]any{"id": i + 1, "nickname": address, "from_email": address, "from_name": "",
				"reply_to": address, "verified": s.account.Senders[address], "locked": false})
		}
		return http.StatusOK, map[string]any{"results": all}
	}))
	mux.HandleFunc("GET /v3/whitelabel/domains", s.answers(func(*http.Request) (int, any) {
		s.account.mu.Lock()
		defer s.account.mu.Unlock()
		all := []map[string]any{}
		for i, domain := range slices.Sorted(maps.Keys(s.account.Domains)) {
			all = append(all, map[string]any{"id": i + 1, "domain": domain, "subdomain": "em1", "valid": s.account.Domains[domain],
				"default": false, "legacy": false, "automatic_security": true, "custom_spf": false})
		}
		return http.StatusOK, all
	}))
}

// scopes are those of a request's key, and whether the account lists it.
func (s *Service) scopes(r *http.Request) ([]string, bool) {
	_, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	scopes, named := s.account.Scopes[key]
	return scopes, named
}

// scoped refuses what a key's scopes do not allow, as SendGrid does.
func (s *Service) scoped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scopes, named := s.scopes(r)
		if want := scopeOf(r); named && want != "" && !slices.Contains(scopes, want) {
			s.log.Warn("sendgrid refused the key", "status", http.StatusForbidden)
			refuse(w, http.StatusForbidden, "access forbidden")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// scopeOf is the scope that a request needs, or none.
func scopeOf(r *http.Request) string {
	action := map[string]string{http.MethodGet: "read", http.MethodPost: "create", http.MethodPatch: "update", http.MethodDelete: "delete"}[r.Method]
	path := strings.TrimPrefix(r.URL.Path, "/v3/")
	switch first, _, _ := strings.Cut(path, "/"); {
	case path == "mail/send":
		return "mail.send"
	case strings.HasPrefix(path, "user/webhooks/event/settings"):
		return "user.webhooks.event.settings." + action
	case first == "templates" && strings.Contains(path, "/versions"):
		return "templates.versions." + action
	case first == "templates", first == "whitelabel", first == "verified_senders":
		return first + "." + action
	}
	return ""
}
