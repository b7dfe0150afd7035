package mongod

import (
	"crypto/rand"
	"errors"
	"slices"

	"github.com/xdg-go/scram"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// mechanism is the one way to log in, which drivers prefer.
const mechanism = "SCRAM-SHA-256"

// forAll are the commands that need no login.
var forAll = []string{"hello", "isMaster", "ismaster", "saslStart", "saslContinue", "ping", "buildInfo", "buildinfo", "connectionStatus", "endSessions"}

// newLogins knows the one user, if there is one. A password that SCRAM does not allow is a caller's
// mistake.
func newLogins(o Options) (*scram.Server, error) {
	var known scram.StoredCredentials
	if o.User != "" {
		client, err := scram.SHA256.NewClient(o.User, o.Password, "")
		if err != nil {
			return nil, err
		}
		if known, err = client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: rand.Text(), Iters: 4096}); err != nil {
			return nil, err
		}
	}
	return scram.SHA256.NewServer(func(user string) (scram.StoredCredentials, error) {
		if o.User == "" || user != o.User {
			return scram.StoredCredentials{}, errors.New("no such user")
		}
		return known, nil
	})
}

func (s *Server) saslStart(r *request) (bson.D, error) {
	if name := r.value("mechanism"); name != mechanism {
		return nil, errorf(codeBadValue, "unsupported mechanism: %v", name)
	}
	conversation := s.logins.NewConversation()
	s.conversations.Store(r.client.id, conversation)
	return s.saslStep(r, conversation)
}

func (s *Server) saslContinue(r *request) (bson.D, error) {
	conversation, ok := s.conversations.Load(r.client.id)
	if !ok {
		return nil, errorf(codeAuthenticationFailed, "no login has begun")
	}
	return s.saslStep(r, conversation.(*scram.ServerConversation))
}

func (s *Server) saslStep(r *request, conversation *scram.ServerConversation) (bson.D, error) {
	payload, _ := r.value("payload").(primitive.Binary)
	answer, err := conversation.Step(string(payload.Data))
	if err != nil {
		s.conversations.Delete(r.client.id)
		return nil, errorf(codeAuthenticationFailed, "Authentication failed.")
	}
	return bson.D{
		{Key: "conversationId", Value: int32(1)},
		{Key: "done", Value: conversation.Done()},
		{Key: "payload", Value: primitive.Binary{Data: []byte(answer)}},
	}, nil
}

// loggedIn reports whether a connection is the user's.
func (s *Server) loggedIn(connID int32) bool {
	conversation, ok := s.conversations.Load(connID)
	return ok && conversation.(*scram.ServerConversation).Valid()
}

// needsLogin refuses what only the user may do, where there is one.
func (s *Server) needsLogin(r *request) error {
	if s.opts.User == "" || s.loggedIn(r.client.id) || slices.Contains(forAll, r.name) {
		return nil
	}
	return errorf(codeUnauthorized, "command %s requires authentication", r.name)
}
