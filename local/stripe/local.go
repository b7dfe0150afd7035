package stripe

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"handler/function/local/reply"
)

const maxBody = 4 << 20

var (
	sessionID = regexp.MustCompile(`^cs_[A-Za-z0-9_]+$`)
	accountID = regexp.MustCompile(`^acct_[A-Za-z0-9_]+$`)
)

// SetLineItems makes list, a Stripe list object or an array of line items, what session holds. With
// an account, they are found only by calls for that connected account. An error says all that is
// wrong.
func (s *Service) SetLineItems(session, account string, list []byte) error {
	k := key{session, account}
	if err := k.validate(); err != nil {
		return err
	}
	items, err := parseItems(list)
	if err != nil {
		return fmt.Errorf("line items of %s: %w", session, err)
	}
	return s.store.set(k, items)
}

func (k key) validate() error {
	if !sessionID.MatchString(k.session) {
		return fmt.Errorf("%q is no Checkout Session ID, which starts with cs_", k.session)
	}
	if k.account != "" && !accountID.MatchString(k.account) {
		return fmt.Errorf("%q is no account ID, which starts with acct_", k.account)
	}
	return nil
}

// registerLocal serves /_local/line_items/{session}, with ?account= for a connected account's
// session, /_local/events and /_local/account.
func (s *Service) registerLocal(mux *http.ServeMux) {
	for pattern, do := range map[string]func(*http.Request) (int, any){
		"PUT /_local/line_items/{session}":    withKey(s.putLineItems),
		"GET /_local/line_items/{session}":    withKey(s.showLineItems),
		"DELETE /_local/line_items/{session}": withKey(s.deleteLineItems),
		"PUT /_local/events":                  s.putEvent,
		"PUT /_local/account":                 s.putAccount,
		"/_local/": func(r *http.Request) (int, any) {
			return http.StatusNotFound, fmt.Errorf("there is no %s %s here", r.Method, r.URL.Path)
		},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, body := do(r)
			switch body := body.(type) {
			case nil:
				w.WriteHeader(status)
			case error:
				reply.Error(w, status, body.Error())
			default:
				respond(w, status, body)
			}
		})
	}
}

// withKey finds whose session a request is about.
func withKey(do func(*http.Request, key) (int, any)) func(*http.Request) (int, any) {
	return func(r *http.Request) (int, any) {
		for name := range r.URL.Query() {
			if name != "account" {
				return http.StatusBadRequest, fmt.Errorf("%q is no parameter here: there is only account", name)
			}
		}
		k := key{r.PathValue("session"), r.URL.Query().Get("account")}
		if err := k.validate(); err != nil {
			return http.StatusBadRequest, err
		}
		return do(r, k)
	}
}

func (s *Service) putLineItems(r *http.Request, k key) (int, any) {
	body, err := read(r)
	if err == nil {
		err = s.SetLineItems(k.session, k.account, body)
	}
	if err != nil {
		return http.StatusBadRequest, err
	}
	return s.showLineItems(r, k)
}

func (s *Service) showLineItems(_ *http.Request, k key) (int, any) {
	items, ok := s.store.get(k)
	if !ok {
		return http.StatusNotFound, fmt.Errorf("no line items are set for %s", k.session)
	}
	answer := list{"list", []any{}, false, "/v1/checkout/sessions/" + k.session + "/line_items"}
	for _, it := range items {
		answer.Data = append(answer.Data, it.raw)
	}
	return http.StatusOK, answer
}

func (s *Service) deleteLineItems(_ *http.Request, k key) (int, any) {
	if err := s.store.remove(k); err != nil {
		return http.StatusInternalServerError, err
	}
	return http.StatusNoContent, nil
}

func (s *Service) putEvent(r *http.Request) (int, any) {
	body, err := read(r)
	if err == nil {
		err = s.AddEvent(body)
	}
	if err != nil {
		return http.StatusBadRequest, err
	}
	return http.StatusNoContent, nil
}

func (s *Service) putAccount(r *http.Request) (int, any) {
	var a Account
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(&a)
	if err == nil {
		err = s.SetAccount(a)
	}
	if err != nil {
		return http.StatusBadRequest, err
	}
	return http.StatusNoContent, nil
}

func read(r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
}
