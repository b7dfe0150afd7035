package openfaas

import (
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// Logger writes one JSON object a line. The setting log_level (debug, info, warn, error) says from
// which level on; a wrong one is among the settings' errors, and info is used.
func (s *Settings) Logger(w io.Writer) *slog.Logger {
	name := s.String("log_level", "info")
	var level slog.Level
	switch strings.ToLower(name) {
	case "debug":
		level = slog.LevelDebug
	case "info":
		level = slog.LevelInfo
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	default:
		s.refuse("log_level", name, "debug, info, warn or error")
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// Word is a service's name for something, or its ID for it; of what looks like anything else, a
// dash. It may be logged and stored.
func Word(name string) string {
	if !wordForm.MatchString(name) {
		return "-"
	}
	return name
}

var wordForm = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)
