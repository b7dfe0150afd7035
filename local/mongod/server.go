// Package mongod is the laptop's database: a small server that speaks MongoDB's wire protocol, so
// that the functions run the same code against it as against MongoDB Atlas.
//
// Query and update semantics are lungo's (mongokit, bsonkit). Storage is our own, because lungo's
// engine copies a whole collection for each write and reads a whole collection for each query:
// documents and indexes live in copy-on-write trees, and every write goes to an append-only
// journal.
//
// What it promises:
//   - An answered write survives SIGKILL: it was fsynced before the answer, whatever write concern was asked for.
//   - A reader's answer waits until all that it saw is on disk, so nobody acts on a write that could still be lost.
//   - A statement changes a document whole or not at all, and writers run one at a time: compare-and-set has one winner.
//   - A retryable write is executed once, however often it is sent: what it answered is as durable as what it wrote.
//   - What it does not know is an error with MongoDB's code, never a silent success.
//
// It presents itself as a replica set of one, without transactions and cluster times. It has the
// commands, operators and options that the functions, the laptop and the doctor use, and no others.
//
// Where it differs from MongoDB, MongoDB is right.
package mongod

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xdg-go/scram"
)

// Options of a server. The zero value is what the laptop uses.
type Options struct {
	// Logger gets one line at the start, and warnings. Default: slog.Default().
	Logger *slog.Logger
	// ReadOnly has every connection be one of a user with MongoDB's role read, who may not write.
	ReadOnly bool
	// User and Password are those of the one user who may do anything. Default: nobody needs to log
	// in, or can.
	User, Password string
	// CompactBytes is the journal's size below which it is never compacted. Default: 8 MiB.
	CompactBytes int64
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.CompactBytes <= 0 {
		o.CompactBytes = 8 << 20
	}
	return o
}

// Server is one open database folder.
type Server struct {
	opts     Options
	engine   *engine
	cursors  *cursors
	commands map[string]command
	lastConn atomic.Int32
	logins   *scram.Server
	// conversations are the logins of connections, by their IDs.
	conversations sync.Map

	stop context.CancelFunc
	done <-chan struct{}
	work sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{}

	closeOnce sync.Once
	closeErr  error
}

// Open loads the journal in dir, which it creates if it is missing, and returns a server that is
// ready to Serve. It fails when another process has dir open, and when the journal is damaged
// anywhere but at its very end.
func Open(dir string, opts Options) (*Server, error) {
	opts = opts.withDefaults()
	begin := time.Now()
	logins, err := newLogins(opts)
	if err != nil {
		return nil, fmt.Errorf("the database's password: %w", err)
	}
	engine, err := openEngine(dir, opts)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", dir, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		opts: opts, engine: engine, cursors: newCursors(), logins: logins,
		stop: cancel, done: ctx.Done(), conns: map[net.Conn]struct{}{},
	}
	s.commands = s.newCommands()
	opts.Logger.Info("database is open", "path", dir, "documents", engine.head.Load().documents(),
		"duration", time.Since(begin))
	return s, nil
}

// Serve answers connections on l until ctx ends or Close is called; then it closes them and the
// journal. It returns nil unless the listener or the journal failed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-ctx.Done():
		case <-s.done:
			cancel()
		}
		l.Close()
	}()
	err := s.accept(ctx, l)
	cancel()
	return errors.Join(err, s.Close())
}

func (s *Server) accept(ctx context.Context, l net.Listener) error {
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept a database connection: %w", err)
		}
		if !s.track(conn) {
			conn.Close()
			return nil
		}
		go s.serveConn(conn)
	}
}

// track counts conn as open, unless the server is closing.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = struct{}{}
	s.work.Add(1)
	return true
}

func (s *Server) untrack(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
	s.work.Done()
}

// Close ends every connection, writes what is pending and releases the folder. It may be called
// more than once.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.stop()
		s.mu.Lock()
		for conn := range s.conns {
			conn.Close()
		}
		s.conns = nil
		s.mu.Unlock()
		s.work.Wait()
		s.closeErr = s.engine.close()
	})
	return s.closeErr
}
