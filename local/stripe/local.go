package stripe

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

const maxLineItemsBody = 4 << 20

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
	const path = "/_local/line_items/{session}"
	mux.HandleFunc("PUT "+path, func(w http.ResponseWriter, r *http.Request) {
		k, ok := localKey(w, r)
		if !ok {
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLineItemsBody))
		if err == nil {
			err = s.SetLineItems(k.session, k.account, body)
		}
		if err != nil {
			localError(w, http.StatusBadRequest, err)
			return
		}
		s.showLineItems(w, k)
	})
	mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		if k, ok := localKey(w, r); ok {
			s.showLineItems(w, k)
		}
	})
	mux.HandleFunc("DELETE "+path, func(w http.ResponseWriter, r *http.Request) {
		k, ok := localKey(w, r)
		if !ok {
			return
		}
		if err := s.store.remove(k); err != nil {
			localError(w, http.StatusInternalServerError, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT /_local/events", s.putEvent)
	mux.HandleFunc("PUT /_local/account", s.putAccount)
	mux.HandleFunc("/_local/", func(w http.ResponseWriter, r *http.Request) {
		localError(w, http.StatusNotFound, fmt.Errorf("there is no %s %s here", r.Method, r.URL.Path))
	})
}

func (s *Service) putEvent(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLineItemsBody))
	if err == nil {
		err = s.AddEvent(body)
	}
	if err != nil {
		localError(w, http.StatusBadRequest, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) showLineItems(w http.ResponseWriter, k key) {
	items, ok := s.store.get(k)
	if !ok {
		localError(w, http.StatusNotFound, fmt.Errorf("no line items are set for %s", k.session))
		return
	}
	answer := list{"list", []json.RawMessage{}, false, lineItemsURL(k.session)}
	for _, it := range items {
		answer.Data = append(answer.Data, it.raw)
	}
	respond(w, http.StatusOK, answer)
}

func localKey(w http.ResponseWriter, r *http.Request) (key, bool) {
	for name := range r.URL.Query() {
		if name != "account" {
			localError(w, http.StatusBadRequest, fmt.Errorf("%q is no parameter here: there is only account", name))
			return key{}, false
		}
	}
	k := key{r.PathValue("session"), r.URL.Query().Get("account")}
	if err := k.validate(); err != nil {
		localError(w, http.StatusBadRequest, err)
		return key{}, false
	}
	return k, true
}

func localError(w http.ResponseWriter, status int, err error) {
	respond(w, status, map[string]string{"error": err.Error()})
}
