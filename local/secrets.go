package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"os"

	"handler/function/local/provider"
)

// service is one of the four that are across the internet, or stood in for.
type service struct {
	// variable, where it is set, holds the secret of the real one.
	variable string
	secret   string
	// invent makes the secret of the stand-in.
	invent func() string
}

var (
	stripeAPI     = service{"STRIPE_API_KEY", "stripe-api-key", func() string { return "rk_test_" + rand.Text() }}
	stripeSigning = service{"STRIPE_WEBHOOK_SECRET", "stripe-webhook-secret", func() string { return "whsec_" + rand.Text() }}
	sendgridAPI   = service{"SENDGRID_API_KEY", "sendgrid-api-key", func() string { return "SG." + rand.Text() + "." + base64.RawURLEncoding.EncodeToString(random(32)) }}
	mongodbURI    = service{"MONGODB_URI", "mongodb-uri", nil}
	functionsKey  = service{"", "send-email-key", func() string { return hex.EncodeToString(random(32)) }}
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// real reports whether the real service is to be used.
func (s service) real() bool { return s.variable != "" && os.Getenv(s.variable) != "" }

// value is the secret: the real service's; or the one that was invented at an earlier start, so that
// what was signed or encrypted by it stays good; or a new one.
func (s service) value(p *provider.Provider) string {
	if s.real() {
		return os.Getenv(s.variable)
	}
	if kept, err := p.Secret(s.secret); err == nil && len(kept) > 0 {
		return string(kept)
	}
	return s.invent()
}
