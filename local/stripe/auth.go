package stripe

import (
	"net/http"
	"regexp"
	"strings"
)

// apiKey is the form of a secret or a restricted key of test mode.
var apiKey = regexp.MustCompile(`^[sr]k_test_[A-Za-z0-9_]+$`)

// authorized lets calls with a key through, as a bearer token or as Basic's user name.
func (s *Service) authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := authorize(r); err != nil {
			s.log.Warn("stripe refused the key", "status", err.Status)
			w.Header().Set("WWW-Authenticate", `Bearer realm="Stripe"`)
			refuse(w, err)
			return
		}
		if v := r.Header.Get("Stripe-Version"); v != "" && !version.MatchString(v) {
			refuse(w, &apiError{Status: http.StatusBadRequest, Type: invalidRequest, Message: "Invalid Stripe API version: " + v})
			return
		}
		s.log.Info("stripe was asked", "path", r.URL.Path)
		next.ServeHTTP(w, r)
	})
}

func authorize(r *http.Request) *apiError {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if name, _, ok := r.BasicAuth(); ok {
		scheme, token = "Bearer", name
	}
	switch {
	case !strings.EqualFold(scheme, "Bearer") || token == "":
		return &apiError{Status: http.StatusUnauthorized, Type: invalidRequest,
			Message: "You did not provide an API key. You need to provide your API key in the Authorization header, " +
				"using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."}
	case strings.HasPrefix(token, "sk_live_") || strings.HasPrefix(token, "rk_live_"):
		return &apiError{Status: http.StatusUnauthorized, Type: invalidRequest,
			Message: "Invalid API Key provided: this is the laptop's Stripe, and that key is for live mode."}
	case !apiKey.MatchString(token):
		// Nothing of the key is repeated: what was given may be another service's secret.
		return &apiError{Status: http.StatusUnauthorized, Type: invalidRequest, Message: "Invalid API Key provided: ****"}
	}
	return nil
}
