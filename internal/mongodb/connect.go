package mongodb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

const (
	// Timeout ends every operation, retries included. Stripe's Checkout page waits ten seconds for
	// the webhook, so a database that is away must be found out well before.
	Timeout = 5 * time.Second
	// selectionTimeout is how long to look for a server that takes writes.
	selectionTimeout = 3 * time.Second
	// poolSize lets sixteen write without waiting for each other, which with eight cost a sixth
	// more of the processor. Atlas's free tier has 500 connections in all, and each costs
	// the server about a megabyte.
	poolSize = 16
	// drain is how long operations in flight on a client that was replaced may take.
	drain = 30 * time.Second
)

// Connect makes a client for a connection string. It returns before the client is connected: waits
// only for the look-up of a mongodb+srv name; where that fails, the next call may do better. The
// client connects by itself, and keeps a connection: with Atlas, the first one takes a handful of
// round trips, its encryption and log-in included.
//
// What the string says of concerns and preferences does not count. Writes wait for the journals of
// a majority. Reads go to the primary and see all that it has, also what no majority has yet: a
// refund must find an order that is being stored. Whatever is made of such a read is a write, which
// is durable no earlier than what was read.
func Connect(uri, appName string) (*mongo.Client, error) {
	journaled := true
	majority := writeconcern.Majority()
	majority.Journal = &journaled
	client, err := mongo.Connect(options.Client().
		ApplyURI(uri).
		SetAppName(appName).
		SetTimeout(Timeout).
		SetServerSelectionTimeout(selectionTimeout).
		SetMaxPoolSize(poolSize).
		SetMinPoolSize(1).
		SetWriteConcern(majority).
		SetReadConcern(readconcern.Local()).
		SetReadPreference(readpref.Primary()).
		// Not strict: dbStats is in no version of the Stable API.
		SetServerAPIOptions(options.ServerAPI(options.ServerAPIVersion1)))
	var lookup *net.DNSError
	switch {
	case errors.As(err, &lookup):
		return nil, fmt.Errorf("connect to MongoDB: look up its name: %s", lookup.Err)
	case err != nil:
		// The driver's error may quote the string, password and all.
		return nil, ErrURI
	}
	return client, nil
}

// Source gives the store that a connection string leads to, and follows the string when it changes:
// a secret may be rolled under a running function.
type Source struct {
	// URI reads the connection string as it is now.
	URI func() (string, error)
	// Database is the name of the database.
	Database string
	// AppName is what the server's logs call us.
	AppName string

	mu      sync.Mutex
	current *connection
}

// connection is a client for a connection string, there or being made.
type connection struct {
	uri string
	// made is closed when client or err is there.
	made   chan struct{}
	client *mongo.Client
	err    error
	store  *Store
}

// errLookup: the name in a mongodb+srv string is looked up by the system's resolver, which takes
// its time.
var errLookup = errors.New("connect to MongoDB: its name is still being looked up")

// Store is the store as the connection string is now. Indexes are not its business.
func (s *Source) Store() (*Store, error) {
	uri, err := s.URI()
	if err != nil {
		return nil, err
	}
	c := s.connection(uri)
	select {
	case <-c.made: // but for the first time, it is; a timer would cost more than all the rest of this
		return c.store, c.err
	default:
	}
	select {
	case <-c.made:
		return c.store, c.err
	case <-time.After(selectionTimeout):
		return nil, errLookup
	}
}

// connection is the one for a string: the current one, or a new one in its place.
func (s *Source) connection(uri string) *connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil && s.current.uri == uri && !s.current.failed() {
		return s.current
	}
	old := s.current
	s.current = &connection{uri: uri, made: make(chan struct{})}
	go s.current.make(s.AppName, s.Database)
	if old != nil {
		go old.retire()
	}
	return s.current
}

func (c *connection) make(appName, database string) {
	defer close(c.made)
	if c.client, c.err = Connect(c.uri, appName); c.err == nil {
		c.store = NewStore(c.client, database)
	}
}

func (c *connection) failed() bool {
	select {
	case <-c.made:
		return c.err != nil
	default:
		return false
	}
}

// retire lets what is in flight on a replaced client end, and then closes it.
func (c *connection) retire() {
	<-c.made
	if c.client == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	_ = c.client.Disconnect(ctx) // its connections end with the process at the latest
}
