package settings

import (
	"log/slog"
	"os"
	"time"

	"handler/function/internal/openfaas"
)

// CatchUpWindow is the setting that has stripe-webhook look for missed events at its start.
const CatchUpWindow = "catch_up_window"

// StripeWebhook are stripe-webhook's settings.
type StripeWebhook struct {
	Log *slog.Logger
	// Database is the name of the orders' database.
	Database   string
	GatewayURL string
	StripeAPI  string
	// CatchUpWindow is how far back to look for events that the webhook missed; 0 turns that off.
	CatchUpWindow    time.Duration
	AcceptTestEvents bool
}

// ReadStripeWebhook reads them.
func ReadStripeWebhook(s *openfaas.Settings) StripeWebhook {
	return StripeWebhook{
		Log:              s.Logger(os.Stdout),
		Database:         database(s),
		GatewayURL:       s.URL("gateway_url", "http://gateway:8080"),
		StripeAPI:        stripeAPI(s),
		CatchUpWindow:    s.Duration(CatchUpWindow, 48*time.Hour),
		AcceptTestEvents: s.Bool("accept_test_events", true),
	}
}

func database(s *openfaas.Settings) string { return s.String("mongodb_database", "tillbell") }

func stripeAPI(s *openfaas.Settings) string {
	return s.URL("stripe_api_base", "https://api.stripe.com")
}
