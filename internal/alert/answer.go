package alert

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Error is an alert that was not accepted. It holds neither the address nor the token in it.
type Error struct {
	// Status is the service's; zero if there was no answer.
	Status int
	Reason string
	// RetryAfter is how long the service asks to wait; zero if it does not.
	RetryAfter time.Duration
}

func (e *Error) Error() string { return e.Reason }

// answer is what the body of an answer says.
type answer struct {
	// refused: it is a refusal, whatever the status.
	refused bool
	// reason is a few words, which may be stored and logged; empty if there are none.
	reason string
	wait   time.Duration
}

// refusal is nil if the answer accepts the message.
func (t target) refusal(res *http.Response, body []byte) error {
	var a answer
	if t.read != nil {
		a = t.read(body)
	}
	if res.StatusCode/100 == 2 && !a.refused {
		return nil
	}
	e := &Error{Status: res.StatusCode, RetryAfter: max(a.wait, retryAfter(res.Header, time.Now()))}
	e.Reason = fmt.Sprintf("the alert channel answered %d", res.StatusCode)
	if a.reason != "" && !strings.Contains(t.url.String(), a.reason) {
		e.Reason += ": " + a.reason
	}
	return e
}

// retryAfter is a header's seconds, which may have a fraction, or its date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const longest = 24 * time.Hour
	v := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(v, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, longest.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, at.Sub(now)), longest)
	}
	return 0
}

// wordsForm is what a refusal may say. It has room for no address and no token.
var wordsForm = regexp.MustCompile(`^[A-Za-z][A-Za-z_ :,'-]{0,79}$`)

// words are a service's own words for a refusal; empty if they are of another form.
func words(s string) string {
	if s = strings.TrimSpace(s); wordsForm.MatchString(s) {
		return s
	}
	return ""
}

// transportReason is why there was no answer. The transport's own texts may quote the address.
func transportReason(err error) string {
	var outer *url.Error
	var errno syscall.Errno
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &outer) && outer.Timeout():
		return "the alert channel did not answer in time"
	case errors.As(err, new(*net.DNSError)):
		return "the host name in alert-url could not be resolved"
	case errors.As(err, &certificate):
		return "the certificate of the alert channel is not trusted"
	case errors.As(err, &errno):
		return "no connection to the alert channel: " + errno.Error()
	}
	return "the connection to the alert channel broke"
}
