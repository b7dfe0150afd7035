package sendgrid

import "net/http"

// Messages are all that were accepted and not forgotten, oldest first.
func (s *Service) Messages() []Message { return s.inbox.all() }

// Message is the one of an ID; ErrNoMessage where there is none, or no more.
func (s *Service) Message(id string) (Message, error) { return s.inbox.get(id) }

// Inbox serves the messages to scripts, at /api/messages: GET lists them oldest first, DELETE
// forgets them, and GET /api/messages/{id} answers one.
func (s *Service) Inbox() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/messages", s.listMessages)
	mux.HandleFunc("DELETE /api/messages", s.deleteMessages)
	mux.HandleFunc("GET /api/messages/{id}", s.getMessage)
	return mux
}

func (s *Service) listMessages(w http.ResponseWriter, _ *http.Request) {
	messages := s.inbox.all()
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
