package settings

import (
	"log/slog"
	"os"
	"time"

	"handler/function/internal/openfaas"
)

const (
	// SweepInterval is the setting that has send-email's sweep begin at its start.
	SweepInterval = "sweep_interval"
	// EventKeys is the setting that holds the public keys of SendGrid's Event Webhook.
	EventKeys = "sendgrid_webhook_key"

	sendgridAccount = "sendgrid_account"
)

// SendEmail are send-email's settings.
type SendEmail struct {
	Log *slog.Logger
	// Database is the name of the orders' database.
	Database            string
	StripeAPI, SendGrid string
	// EventKeys are the public keys of SendGrid's Event Webhook, with commas between them; none
	// where it is not used.
	EventKeys string
	// SweepInterval is how often to sweep; 0 turns the sweep off.
	SweepInterval time.Duration
	// SweepRate is how many calls of Stripe and SendGrid a sweep makes in a second; 0 sets no limit.
	SweepRate float64
	// Retention is how old an order gets before its customer is forgotten; 0 keeps all.
	Retention time.Duration
	// QuotaMB is the space of the database's tier in MiB; 0 turns its watch off.
	QuotaMB float64
	// HeartbeatURL is called after each sweep that found all well; empty for none.
	HeartbeatURL string
	// ShopFolder has the owner's files in place of those in the image. It is for the laptop and for
	// tests, which change the shop without building an image.
	ShopFolder string

	account      string
	placeholders bool
}

// ReadSendEmail reads them.
func ReadSendEmail(s *openfaas.Settings) SendEmail {
	return SendEmail{
		Log:           s.Logger(os.Stdout),
		Database:      database(s),
		StripeAPI:     stripeAPI(s),
		SendGrid:      s.URL("sendgrid_host", "https://api.sendgrid.com"),
		EventKeys:     s.String(EventKeys, ""),
		SweepInterval: s.Duration(SweepInterval, time.Minute),
		SweepRate:     s.Float("sweep_rate", 10),
		Retention:     s.Days("retention_days"),
		QuotaMB:       s.Float("mongodb_quota_mb", 512),
		HeartbeatURL:  s.SecretURL("heartbeat_url", "https://hc-ping.com/…"),
		ShopFolder:    s.String("shop_folder", ""),
		account:       s.String(sendgridAccount, ""),
		placeholders:  s.Choice("template_ids", "published", "placeholder") == "placeholder",
	}
}
