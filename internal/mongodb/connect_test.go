package mongodb

import (
	"errors"
	"testing"
)

// TestRefused tells a wrong password from a connection that broke while the driver logged in, which it words alike.
func TestRefused(t *testing.T) {
	t.Parallel()

	const start = `connection() error occurred during connection handshake: auth error: `
	for text, want := range map[string]bool{
		start + `sasl conversation error: unable to authenticate using mechanism "SCRAM-SHA-256": (AuthenticationFailed) Authentication failed.`: true,
		start + `sasl conversation error: unable to authenticate using mechanism "SCRAM-SHA-1": (AtlasError) bad auth : authentication failed`:   true,
		start + `unable to authenticate using mechanism "SCRAM-SHA-256": connection(host:27017) socket was unexpectedly closed: EOF`:             false,
		start + `handshake failure: connection(host:27017) incomplete read of message header: EOF`:                                               false,
	} {
		if Refused(errors.New(text)) != want {
			t.Errorf("refused is %v: %s", !want, text)
		}
	}
	if Refused(nil) {
		t.Error("no error is a refusal")
	}
}
