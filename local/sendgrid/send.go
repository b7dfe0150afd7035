package sendgrid

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"handler/function/local/reply"
)

// maxBody is SendGrid's limit for a whole mail with its attachments.
const maxBody = 30 << 20

// apiKey is the form of a SendGrid key; nothing else of a key can be checked here.
var apiKey = regexp.MustCompile(`^SG\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)

// authorized lets only calls with a key through, as a bearer token.
func (s *Service) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		switch {
		case scheme == "":
			refuse(w, http.StatusUnauthorized, "authorization required")
		case !strings.EqualFold(scheme, "Bearer") || !apiKey.MatchString(key):
			refuse(w, http.StatusUnauthorized, unauthorizedMessage)
		default:
			next(w, r)
			return
		}
		s.log.Warn("sendgrid refused the key", "status", http.StatusUnauthorized)
	}
}

// send checks a mail, puts it in the inbox and accepts it, in this order.
func (s *Service) send(w http.ResponseWriter, r *http.Request) {
	body, status, message := readMail(w, r)
	if status != 0 {
		s.log.Warn("sendgrid refused a request", "status", status)
		refuse(w, status, message)
		return
	}
	mail, errs := parseMail(body, s.now())
	if len(errs) > 0 {
		s.log.Warn("sendgrid refused a mail", "status", http.StatusBadRequest, "fields", fields(errs))
		reply.JSON(w, http.StatusBadRequest, errorBody{errs})
		return
	}

	id := newMessageID()
	w.Header().Set("X-Message-Id", id)
	if mail.MailSettings["sandbox_mode"].Enable {
		s.log.Info("sendgrid checked a mail in sandbox mode", "status", http.StatusOK)
		w.WriteHeader(http.StatusOK)
		return
	}
	m := s.message(id, r, body)
	if err := s.inbox.add(m); err != nil {
		w.Header().Del("X-Message-Id")
		s.log.Error("sendgrid could not keep a mail", "err", err)
		refuse(w, http.StatusInternalServerError, "internal server error")
		return
	}
	s.log.Info("sendgrid accepted a mail", "status", http.StatusAccepted, "message_id", id)
	w.WriteHeader(http.StatusAccepted)
	s.tell(m)
}

// readMail answers the body of a mail send, or the status and message that refuse it.
func readMail(w http.ResponseWriter, r *http.Request) (body []byte, status int, message string) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, http.StatusUnsupportedMediaType, "Content-Type should be application/json."
	}
	if r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType, "compressed bodies are for accounts that asked for them"
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge, "content too large"
	case err != nil:
		return nil, http.StatusBadRequest, "Bad Request"
	}
	return body, 0, ""
}

func (s *Service) message(id string, r *http.Request, body []byte) Message {
	headers := make(map[string]string, len(r.Header))
	for name, values := range r.Header {
		headers[name] = strings.Join(values, ", ")
	}
	for _, secret := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		delete(headers, secret)
	}
	return Message{
		MessageID:  id,
		ReceivedAt: s.now().UTC().Format(timeLayout),
		Request:    body,
		Headers:    headers,
	}
}
