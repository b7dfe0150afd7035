package sendgrid

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAccountAPI(t *testing.T) {
	t.Parallel()

	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.SetAccount(Account{
		Scopes: map[string][]string{
			"SG.sends.1": {"mail.send"},
			"SG.reads.1": {"verified_senders.read", "whitelabel.read", "templates.read"},
		},
		Senders: map[string]bool{"shop@example.com": true, "new@example.com": false},
		Domains: map[string]bool{"example.com": false},
	})
	for _, tt := range []struct {
		name, method, path, key string
		status                  int
		body                    string
	}{
		{"tells the scopes of a key", "GET", "/v3/scopes", "SG.reads.1", 200, `{"scopes":["verified_senders.read","whitelabel.read","templates.read"]}`},
		{"lists senders", "GET", "/v3/verified_senders", "SG.reads.1", 200, `"from_email":"shop@example.com"`},
		{"says which sender is not verified", "GET", "/v3/verified_senders", "SG.other.1", 200, `"reply_to":"new@example.com","verified":false`},
		{"lists domains", "GET", "/v3/whitelabel/domains", "SG.reads.1", 200, `"domain":"example.com"`},
		{"keeps senders from a key that may only send", "GET", "/v3/verified_senders", "SG.sends.1", 403, "access forbidden"},
		{"keeps domains from a key that may only send", "GET", "/v3/whitelabel/domains", "SG.sends.1", 403, "access forbidden"},
		{"keeps templates from a key that may only send", "GET", "/v3/templates/d-1", "SG.sends.1", 403, "access forbidden"},
		{"does not send with a key that may only read", "POST", "/v3/mail/send", "SG.reads.1", 403, "access forbidden"},
		{"lets a key that is not named do all", "GET", "/v3/templates/d-1", "SG.other.1", 404, "not found"},
		{"takes no call without a key", "GET", "/v3/verified_senders", "", 401, "authorization required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			r := httptest.NewRequest(tt.method, tt.path, http.NoBody)
			if tt.key != "" {
				r.Header.Set("Authorization", "Bearer "+tt.key)
			}
			w := httptest.NewRecorder()
			s.API().ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("%s\n%s", cmp.Diff(tt.status, w.Code), w.Body)
			}
		})
	}
}
