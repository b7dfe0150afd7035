// Package function is send-email: it finds out what an order bought, plans the e-mails that the
// catalogue names for it, and sends each of them once.
//
// The queue calls it for an order, and its sweep finds every order that the queue lost or that
// could not be finished. A delivery is sent only by the holder of its lease.
package function

import (
	"cmp"
	"context"
	"embed"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"time"
	_ "time/tzdata" // a server without OpenFaaS may have no time zones

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/alert"
	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/settings"
)

// setup reads the settings and the catalogue once: they do not change while the process lives.
// Secrets may, and are read when they are used.
var setup = sync.OnceValues(newFunction)

// startSweep starts the sweep, once.
var startSweep = sync.OnceFunc(func() { go live() })

// The image build runs this package's tests with no settings, no secrets and no database; where the
// platform has set the interval, the sweep begins with the process, and elsewhere with the first
// call.
func init() {
	if os.Getenv(settings.SweepInterval) != "" {
		startSweep()
	}
}

// live sweeps until the platform ends the process: it says so first, from when on nothing begins
// any more, and the template's server gives calls in hand, and so the sweep as well, a moment to
// end.
func live() {
	f, err := setup()
	if err != nil {
		f.log.Error("the settings are wrong; nothing is swept", "err", err)
		return
	}
	quit := openfaas.Ending()
	context.AfterFunc(quit, f.Stop)
	f.SweepUntil(quit)
	<-quit.Done() // where it does not sweep
}

// Handle answers one call of the function.
func Handle(req handler.Request) (handler.Response, error) {
	startSweep()
	f, err := setup()
	switch {
	case err != nil && isHealthCheck(req):
		return healthAnswer(false), nil
	case err != nil:
		f.log.Error("the settings are wrong", "err", err)
		return openfaas.Error(http.StatusServiceUnavailable, err.Error()), nil
	}
	return f.Receive(req), nil
}

func newFunction() (*Function, error) {
	f, err := wire(new(openfaas.Settings))
	f.log = openfaas.NoErrorsAfter(openfaas.Ending(), f.log)
	return f, err
}

// wire connects the function to its platform. It calls nothing yet, and the function's log is there
// even where the settings are wrong.
func wire(s *openfaas.Settings) (*Function, error) {
	read, secrets := settings.ReadSendEmail(s), s.Secrets()
	shop := shopFiles(read.ShopFolder)
	catalogue, shopErr := settings.ReadShopFile(shop, settings.CatalogueFile)
	orders := mongodb.FromSecret(secrets, read.Database, "send-email")
	f, err := New(Parts{
		Keys:  func() ([]string, error) { return secrets.Lines("send-email-key") },
		Store: func() (Store, error) { return orders() },
		Stripe: Service{
			URL: read.StripeAPI,
			Key: func() (string, error) { return secrets.First("stripe-api-key", "rk_", "sk_") },
		},
		SendGrid: Service{
			URL: read.SendGrid,
			Key: func() (string, error) { return secrets.First("sendgrid-api-key", "SG.") },
		},
		Alerts:    alert.New(func() (string, error) { return secrets.First("alert-url") }, nil),
		Heartbeat: Service{URL: read.HeartbeatURL},
		EventKeys: read.EventKeys,
		Interval:  read.SweepInterval,
		Templates: read.TemplateIDs(shop),
		Rate:      read.SweepRate,
		Retention: read.Retention,
		QuotaMB:   read.QuotaMB,
		Now:       func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
		Random:    rand.Float64,
		Log:       read.Log,
	}, catalogue)
	return f, cmp.Or(s.Err(), shopErr, err)
}

// embedded is the shop that the image was built with. SendGrid renders the templates: the function
// needs only the names of their folders. The pattern matches catalogue.yml, templates and
// templates.lock.yml, and also where one of them is not there: an owner who makes all templates in
// SendGrid's editor may remove two of them.
//
//go:embed [ct]*[ls]
var embedded embed.FS

// shopFiles are the owner's files: those of the image or, where a folder is named, those in it.
func shopFiles(folder string) fs.FS {
	if folder != "" {
		return os.DirFS(folder)
	}
	return embedded
}
