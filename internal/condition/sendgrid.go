package condition

import (
	"net/http"
	"strings"
)

// OfSendGridAnswer is the condition that an answer of SendGrid's shows, by its status and the
// messages in it, if any. The texts are from SendGrid's list of errors
// (https://support.sendgrid.com/hc/en-us/articles/18322114821403), from Twilio's error 60603 (a trial
// that ended), and from https://github.com/sendgrid/sendgrid-ruby/pull/489 (the sender) and
// https://github.com/sendgrid/sendgrid-nodejs/issues/1176 (an account under review).
func OfSendGridAnswer(status int, message string) (Kind, bool) {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return "", false
	}
	message = strings.ToLower(message)
	for _, known := range []struct {
		words string
		kind  Kind
	}{
		{"credits exceeded", SendGridCredits},
		{"sender identity", SendGridSender},
		{"suspended", SendGridSuspended},
		{"under review", SendGridSuspended},
		{"deactivated", SendGridSuspended},
		{"banned", SendGridSuspended},
		{"frozen", SendGridSuspended},
		{"authorized to access sendgrid", SendGridSuspended},
		{"not authorized", SendGridForbidden},
	} {
		if strings.Contains(message, known.words) {
			return known.kind, true
		}
	}
	if status == http.StatusForbidden {
		return SendGridForbidden, true
	}
	return SendGridKeyRefused, true
}
