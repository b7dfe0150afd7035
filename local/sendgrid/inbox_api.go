package sendgrid

import (
	"net/http"
)

// policy lets the page load only what this server serves: a mail's text must not be able to reach out.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Inbox serves the page at / and, for scripts, the messages at /api/messages: GET lists them oldest first,
// DELETE forgets them, and GET /api/messages/{id} answers one.
func (s *Service) Inbox() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/messages", s.listMessages)
	mux.HandleFunc("DELETE /api/messages", s.deleteMessages)
	mux.HandleFunc("GET /api/messages/{id}", s.getMessage)
	mux.HandleFunc("GET /api/version", s.getVersion)
	s.page.register(mux, s)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func (s *Service) listMessages(w http.ResponseWriter, _ *http.Request) {
	messages, _ := s.inbox.all()
	if messages == nil {
		messages = []Message{}
	}
	respond(w, http.StatusOK, messages)
}

func (s *Service) deleteMessages(w http.ResponseWriter, _ *http.Request) {
	if err := s.inbox.clear(); err != nil {
		s.log.Error("the inbox could not be emptied", "err", err)
		respond(w, http.StatusInternalServerError, map[string]string{"error": "the inbox's file could not be written"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Service) getMessage(w http.ResponseWriter, r *http.Request) {
	m, err := s.inbox.get(r.PathValue("id"))
	if err != nil {
		respond(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	respond(w, http.StatusOK, m)
}

// getVersion answers what the page polls: a number that changes when the inbox does.
func (s *Service) getVersion(w http.ResponseWriter, _ *http.Request) {
	_, version := s.inbox.all()
	respond(w, http.StatusOK, map[string]int{"version": version})
}
