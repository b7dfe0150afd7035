package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
)

// service is one of those that are across the internet, or stood in for.
type service struct {
	// variable, where it is set, holds the secret of the real one.
	variable string
	secret   string
	// invent makes the secret of the mock.
	invent func() string
}

var (
	stripeAPI     = service{"STRIPE_API_KEY", "stripe-api-key", func() string { return "rk_test_" + rand.Text() }}
	stripeSigning = service{"STRIPE_WEBHOOK_SECRET", "stripe-webhook-secret", func() string { return "whsec_" + rand.Text() }}
	sendgridAPI   = service{"SENDGRID_API_KEY", "sendgrid-api-key", func() string { return "SG." + rand.Text() + "." + base64.RawURLEncoding.EncodeToString(random(32)) }}
	mongodbURI    = service{"MONGODB_URI", "mongodb-uri", nil}
	alertURL      = service{"ALERT_URL", "alert-url", nil}
	functionsKey  = service{"", "send-email-key", func() string { return hex.EncodeToString(random(32)) }}
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// real reports whether the real service is to be used.
func (s service) real() bool { return s.variable != "" && os.Getenv(s.variable) != "" }

// value is the secret: the real service's; or the one that was invented at an earlier start and
// kept in dir; or a new one. A real service's is never kept there.
func (s service) value(dir string) (string, error) {
	if s.real() {
		return os.Getenv(s.variable), nil
	}
	path := filepath.Join(dir, s.secret)
	if kept, err := os.ReadFile(path); err == nil && len(kept) > 0 {
		return string(kept), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	invented := s.invent()
	return invented, os.WriteFile(path, []byte(invented), 0o600)
}
