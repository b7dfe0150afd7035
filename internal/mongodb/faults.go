package mongodb

import (
	"errors"
	"fmt"
	"strings"

	"handler/function/internal/openfaas"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// What is wrong with the database as the owner set it up. The texts go into answers and logs: they
// name what to change, and quote nothing of the connection string, which holds a password. Each is
// an openfaas.Misconfigured. docs/operations.md says more about each.
var (
	// ErrURI: the driver cannot parse the connection string.
	ErrURI = openfaas.NewMisconfigured("secret mongodb-uri: not a connection string that the MongoDB driver understands")
	// ErrAuth: the database refuses the user or the password of the connection string.
	ErrAuth = openfaas.NewMisconfigured("secret mongodb-uri: the database refuses the user or the password")
	// ErrNoUser: the database requires a user, and the connection string names none.
	ErrNoUser = openfaas.NewMisconfigured("secret mongodb-uri: the database requires a user and a password, and the connection string has none")
	// ErrPermission: the user is logged in, and may not do what was asked.
	ErrPermission = openfaas.NewMisconfigured("the database user lacks a permission: it needs the role readWrite on the database of the setting mongodb_database")
	// ErrFull: the database refuses writes since it has no space left.
	ErrFull = openfaas.NewMisconfigured("the database is full and refuses writes: it needs a larger tier, or fewer old orders")
)

// Faults are all of them.
func Faults() []error { return []error{ErrURI, ErrAuth, ErrNoUser, ErrPermission, ErrFull} }

// MongoDB's error codes, https://www.mongodb.com/docs/manual/reference/error-codes/. Atlas's proxy
// answers with a code of its own for several things, which only the message distinguishes.
const (
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
	codeAtlas                = 8000
	codeOutOfDiskSpace       = 14031
)

// Fault is the one of Faults that an error of a client or a Store is; nil where it is none of them.
func Fault(err error) error {
	if err == nil {
		return nil
	}
	for _, fault := range Faults() {
		if errors.Is(err, fault) {
			return fault
		}
	}
	var server mongo.ServerError
	if errors.As(err, &server) {
		if fault := ofCode(server); fault != nil {
			return fault
		}
	}
	if loginRefused(err.Error()) {
		return ErrAuth
	}
	return nil
}

// explained is an error with its fault before it, if it is one.
func explained(err error) error {
	if fault := Fault(err); fault != nil && !errors.Is(err, fault) {
		return fmt.Errorf("%w: %w", fault, err)
	}
	return err
}

func ofCode(err mongo.ServerError) error {
	text := strings.ToLower(err.Error())
	switch {
	case err.HasErrorCode(codeAuthenticationFailed):
		return ErrAuth
	case err.HasErrorCode(codeUnauthorized) && strings.Contains(text, "requires authentication"):
		return ErrNoUser
	case err.HasErrorCode(codeUnauthorized), err.HasErrorCode(codeAtlas) && strings.Contains(text, "not allowed to do action"):
		return ErrPermission
	case err.HasErrorCode(codeOutOfDiskSpace), err.HasErrorCode(codeAtlas) && strings.Contains(text, "over your space quota"):
		return ErrFull
	}
	return nil
}

// loginRefused recognizes a refused login by its text: the driver gives an operation that waited
// for a connection nothing else of the server's answer. A connection that breaks during the login
// is an "auth error" to the driver as well, and is none here.
func loginRefused(text string) bool {
	return strings.Contains(text, "(AuthenticationFailed)") || strings.Contains(text, "(AtlasError) bad auth")
}
