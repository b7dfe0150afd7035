package main

import (
	"context"
	"flag"
	"log/slog"
	"net"
	"os"

	"handler/function/local/mongod"
)

// mongodCommand is the database as a process of its own: `run` starts it, and starts it again when
// it was killed.
func mongodCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local mongod", flag.ContinueOnError)
	dir := set.String("dir", ".local/data", "folder of the database")
	address := set.String("address", "127.0.0.1:27017", "where to listen")
	if err := set.Parse(args); err != nil {
		return err
	}
	server, err := mongod.Open(*dir, mongod.Options{Logger: slog.New(slog.NewTextHandler(os.Stdout, nil))})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	return server.Serve(ctx, l)
}
