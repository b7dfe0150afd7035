// Package stripe mocks what Tillbell asks of Stripe: the line items of a Checkout Session, the
// sessions and events of the account, and, for the owner's program, what the account sells and its
// webhook endpoints. Package main of local signs and posts webhooks.
//
// It answers as Stripe does: pages, expansion, connected accounts, and error objects with Stripe's
// types and codes. It refuses parameters that Stripe does not have. It checks only the form of keys,
// and accepts test mode keys only, so that a live key pasted by mistake is noticed at once.
//
// PUT /_local/line_items/{session} sets the line items of a session, and refuses one without the
// fields that Stripe's have, so that a mistake in a sample shows where it is made. PUT
// /_local/events adds an event with its session; the newest few thousand are kept.
package stripe

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"

	"handler/function/local/fault"
)

// apiVersion is the version of stripe-go v76, which is what the answers look like.
const apiVersion = "2023-10-16"

// Options configure the mock. The zero value works.
type Options struct {
	// File keeps line items and events over a restart, as JSON lines. In memory only if empty.
	File string
	// Logger gets one line for each API call. Default: none.
	Logger *slog.Logger
}

// Service is the mock. Create it with New.
type Service struct {
	store   *store
	account *account
	log     *slog.Logger
	faults  *fault.Injector
}

// New opens the store. An error is about its file.
func New(o Options) (*Service, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	store, err := openStore(o.File)
	if err != nil {
		return nil, fmt.Errorf("open what was bought: %w", err)
	}
	return &Service{store, &account{}, o.Logger, fault.New(answerFault)}, nil
}

// Handler serves the API below /v1/, and what the laptop sets below /_local/.
func (s *Service) Handler() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /v1/checkout/sessions/{id}/line_items", s.permitted("checkout_session", s.listLineItems))
	s.registerHistory(api)
	s.registerAccount(api)
	api.HandleFunc("GET /v1/account", answers(func(r *http.Request) (any, *apiError) {
		_, err := parameters(r)
		return map[string]any{"id": "acct_laptop", "object": "account", "charges_enabled": true, "country": "DE", "default_currency": "eur"}, err
	}))
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			refuse(w, unknownURL(r))
			return
		}
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, &apiError{Status: http.StatusMethodNotAllowed, Type: invalidRequest,
			Message: fmt.Sprintf("The laptop's Stripe can only be read there (%s: %s).", r.Method, r.URL.Path)})
	})

	mux := http.NewServeMux()
	s.registerLocal(mux)
	mux.Handle("/", s.authorized(api))
	return s.identified(s.faults.Wrap(mux))
}

// version is the form of a Stripe-Version header.
var version = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(\.[a-z0-9]+)?$`)

// identified puts the headers on every answer that Stripe puts on its own, errors and faults
// included.
func (s *Service) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Request-Id", "req_"+rand.Text()[:14])
		h.Set("Stripe-Version", apiVersion)
		if v := r.Header.Get("Stripe-Version"); version.MatchString(v) {
			h.Set("Stripe-Version", v)
		}
		if account := r.Header.Get("Stripe-Account"); account != "" {
			h.Set("Stripe-Account", account)
		}
		next.ServeHTTP(w, r)
	})
}

// handler answers with an object, or an error.
type handler func(r *http.Request) (any, *apiError)

func answers(next handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := next(r)
		if err != nil {
			refuse(w, err)
			return
		}
		respond(w, http.StatusOK, body)
	}
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	// A caller who has gone away needs no answer.
	_ = enc.Encode(body)
}
