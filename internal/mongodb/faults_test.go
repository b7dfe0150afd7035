package mongodb

import (
	"errors"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// commandError is what the driver makes of a command that failed as a whole.
func commandError(code int32, name, message string) error {
	return mongo.CommandError{Code: code, Name: name, Message: message}
}

// writeError is what it makes of a statement that failed: without the name of its code.
func writeError(code int, message string) error {
	return mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: code, Message: message}}}
}

func TestFault(t *testing.T) {
	t.Parallel()

	const (
		quota  = "you are over your space quota, using 513 MB of 512 MB"
		action = "user is not allowed to do action [insert] on [tillbell.orders]"
		login  = "connection() error occurred during connection handshake: auth error: "
	)
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"Atlas's quota, as the command's error", commandError(8000, "AtlasError", quota), ErrFull},
		{"Atlas's quota, as a write's error", writeError(8000, quota), ErrFull},
		{"a full disk", commandError(14031, "OutOfDiskSpace", "available disk space of 400 bytes is less than required minimum"), ErrFull},
		{"Atlas's missing permission, as the command's error", commandError(8000, "AtlasError", action), ErrPermission},
		{"Atlas's missing permission, as a write's error", writeError(8000, action), ErrPermission},
		{"a missing permission", commandError(13, "Unauthorized", "not authorized on tillbell to execute command { insert: \"orders\" }"), ErrPermission},
		{"no user", commandError(13, "Unauthorized", "Command insert requires authentication"), ErrNoUser},
		{"no user, of an older server", commandError(13, "Unauthorized", "command insert requires authentication"), ErrNoUser},
		{"a refused login", commandError(18, "AuthenticationFailed", "Authentication failed."), ErrAuth},
		{"a refused login, as text", errors.New(login + `sasl conversation error: unable to authenticate using mechanism "SCRAM-SHA-256": (AuthenticationFailed) Authentication failed.`), ErrAuth},
		{"a refused login at Atlas, as text", errors.New(login + `sasl conversation error: unable to authenticate using mechanism "SCRAM-SHA-1": (AtlasError) bad auth : authentication failed`), ErrAuth},
		{"what is known already", fmt.Errorf("load order cs_1: %w", ErrURI), ErrURI},

		{"a connection that breaks during the login", errors.New(login + `unable to authenticate using mechanism "SCRAM-SHA-256": connection(host:27017) socket was unexpectedly closed: EOF`), nil},
		{"a connection that breaks before it", errors.New(`handshake failure: connection(host:27017) incomplete read of message header: EOF`), nil},
		{"another error of Atlas's", commandError(8000, "AtlasError", "collStats is not allowed or the syntax is incorrect"), nil},
		{"a duplicate key", writeError(11000, "E11000 duplicate key error collection: tillbell.orders"), nil},
		{"no error", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := Fault(tt.err); got != tt.want {
				t.Errorf("fault %v, want %v: %v", got, tt.want, tt.err)
			}
		})
	}
}
