// Package function is send-email: it finds out what an order bought, plans the e-mails that the
// catalogue names for it, and sends each of them once.
//
// It is told of an order by the queue, and finds by itself, in its sweep, every order that the queue
// lost or that could not be finished. A delivery is sent only by the holder of its lease.
package function

import (
	"cmp"
	"net/http"
	"os"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

// setup reads the settings and the catalogue once: they do not change while the process lives.
// Secrets may, and are read when they are used.
var setup = sync.OnceValues(newFunction)

// startSweep starts the sweep, once.
var startSweep = sync.OnceFunc(func() { go sweepForever() })

// The image build runs this package's tests with no settings, no secrets and no database; where the
// platform has set the interval, the sweep begins with the process, and elsewhere with the first call.
func init() {
	if os.Getenv(sweepInterval) != "" {
		startSweep()
	}
}

// Handle answers one call of the function.
func Handle(req handler.Request) (handler.Response, error) {
	startSweep()
	f, err := setup()
	if err != nil {
		f.log.Error("the settings are wrong", "err", err)
		return openfaas.Error(http.StatusServiceUnavailable, err.Error()), nil
	}
	return f.receive(req), nil
}

// newFunction wires the function to its platform. It calls nothing yet, and its log is there even
// where the settings are wrong.
func newFunction() (*function, error) {
	var s openfaas.Settings
	secrets := s.Secrets()
	orders := s.Orders("send-email")
	f := &function{
		keys:  func() ([]string, error) { return secrets.Lines("send-email-key") },
		store: func() (store, error) { return orders() },
		items: newStripeItems(s.URL("stripe_api_base", "https://api.stripe.com"),
			func() (string, error) { return secrets.First("stripe-api-key", "rk_", "sk_") }),
		mail: newSendGrid(s.URL("sendgrid_host", "https://api.sendgrid.com"),
			func() (string, error) { return secrets.First("sendgrid-api-key", "SG.") }),
		interval: s.Duration(sweepInterval, time.Minute),
		alarm:    newAlarm(),
		now:      func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
		log:      s.Logger(os.Stdout),
	}
	catalogue, err := parseCatalogue("catalogue.yml", catalogueFile)
	f.catalogue = catalogue
	return f, cmp.Or(s.Err(), err)
}
