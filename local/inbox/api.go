package inbox

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"handler/function/internal/order"
	"handler/function/local/reply"
)

// mailPolicy is for an e-mail's HTML: no script runs in it, and it has an origin of its own,
// wherever it is opened. Pictures, styles and fonts come from where they are, as in a mail program;
// links open elsewhere.
const mailPolicy = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; " +
	"style-src 'unsafe-inline' https:; img-src http: https: data:; font-src https: data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// registerAPI serves, beside the messages themselves:
//
//	GET /api/messages/{id}/html, /text, /subject        what the customer sees; ?personalization=2 for another one
//	GET /api/templates/{name}/html, /text, /subject     what a template makes of ?order=, a sample's name or a session
//	GET /api/templates/{name}/data                      the template data of that
//	POST /api/templates/{name}/render                   what a template makes of the template data in the body
//	GET /api/alerts                                     what the alert channel got, the oldest first
//	GET /api/orders                                     the newest orders; ?page=2 for those before, ?q=ada&state=done to search
//	GET /api/orders/{session}                           an order with its timeline
//
// What cannot be had is answered with {"error": "why"}: 404 where there is no such thing, 422 where
// a template has a mistake, 503 where the database is away.
func (i *Inbox) registerAPI(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/messages/{id}/{part}", func(w http.ResponseWriter, r *http.Request) {
		m, err := i.mails.Message(r.PathValue("id"))
		if err != nil {
			reply.Error(w, http.StatusNotFound, err.Error())
			return
		}
		read := readMessage(m)
		i.answerPart(w, r, i.render(read, read.Personalizations[chosen(r, read)]))
	})
	i.registerTemplates(mux)
	mux.HandleFunc("GET /api/alerts", i.answerAlerts)
	mux.HandleFunc("GET /api/orders", func(w http.ResponseWriter, r *http.Request) {
		found, err := i.list(r)
		if err != nil {
			i.answerError(w, err)
			return
		}
		reply.JSON(w, http.StatusOK, found.Rows)
	})
	mux.HandleFunc("GET /api/orders/{session}", func(w http.ResponseWriter, r *http.Request) {
		o, err := i.load(r.Context(), r.PathValue("session"))
		if err != nil {
			i.answerError(w, err)
			return
		}
		reply.JSON(w, http.StatusOK, i.viewOrder(o))
	})
}

func (i *Inbox) answerError(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, order.ErrNotFound):
		reply.Error(w, http.StatusNotFound, order.ErrNotFound.Error())
	case errors.Is(err, errNoState):
		reply.Error(w, http.StatusBadRequest, "state: want "+strings.Join(stateNames(), ", "))
	default:
		i.log.Error("the orders could not be read", "err", err)
		reply.Error(w, http.StatusServiceUnavailable, trouble(err))
	}
}

// answerPart answers one part of an e-mail, as the last part of the path names it.
func (i *Inbox) answerPart(w http.ResponseWriter, r *http.Request, got rendering) {
	part := r.PathValue("part")
	if part != "html" && part != "text" && part != "subject" {
		reply.Error(w, http.StatusNotFound, "an e-mail has html, text and subject")
		return
	}
	if got.err != nil {
		status := http.StatusNotFound
		if errors.Is(got.err, errMistakes) {
			status = http.StatusUnprocessableEntity
		}
		reply.Error(w, status, got.why())
		return
	}
	body, mediaType := got.Subject, "text/plain"
	switch part {
	case "html":
		body, mediaType = got.HTML, "text/html"
		w.Header().Set("Content-Security-Policy", mailPolicy)
		if r.URL.Query().Has("colours") {
			body = framed(body, r.URL.Query().Get("colours"))
		}
	case "text":
		body = got.Text
	}
	w.Header().Set("Content-Type", mediaType+"; charset=utf-8")
	_, _ = io.WriteString(w, body) // a reader who has gone away needs nothing
}
