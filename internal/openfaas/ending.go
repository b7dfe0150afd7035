package openfaas

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// Ending is done once the platform has sent SIGTERM.
func Ending() context.Context {
	ending, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ending, stop)
	return ending
}

// NoErrorsAfter is a log whose errors are warnings once ending is done. faasd removes a process's
// network before it sends SIGTERM: later failures need no person, since the next process does the
// work, and Stripe retries.
func NoErrorsAfter(ending context.Context, log *slog.Logger) *slog.Logger {
	return slog.New(lowered{log.Handler(), ending})
}

// lowered lowers the level of errors.
type lowered struct {
	slog.Handler
	ending context.Context
}

// Handle lowers the level of a record.
func (h lowered) Handle(ctx context.Context, r slog.Record) error {
	if h.ending.Err() != nil {
		r.Level = min(r.Level, slog.LevelWarn)
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs and WithGroup keep to it.
func (h lowered) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lowered{h.Handler.WithAttrs(attrs), h.ending}
}

// WithGroup is as WithAttrs.
func (h lowered) WithGroup(name string) slog.Handler {
	return lowered{h.Handler.WithGroup(name), h.ending}
}
