// Package mongodtest gives a test a database of its own: the laptop's, in the test's process.
package mongodtest

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"handler/function/local/mongod"
)

// Start serves an empty database until the test ends, and gives its address, host:port. A logger
// need not be given.
func Start(t testing.TB, o mongod.Options) string {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	server, err := mongod.Open(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("the database: %v", err)
		}
	})
	return listener.Addr().String()
}
