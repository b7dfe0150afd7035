package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/internal/catalogue"
	"handler/function/internal/mongodb"
	"handler/function/internal/sample"
	"handler/function/internal/templates"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/gateway"
)

// Options say how to look. The zero value is good.
type Options struct {
	// CLI is where faas-cli may lie, if not on the PATH.
	CLI string
	// DatabaseMB is the space that the database's tier has. Default: mongodb_quota_mb in
	// settings.yml, or the 512 MB of Atlas's free tier where the connection string is one of
	// Atlas's.
	DatabaseMB int64
	// Ports are those that must be closed to the world. Default: the gateway's, faasd's and its
	// metrics'; without OpenFaaS, the functions' and the owner's.
	Ports []string
	// HTTP is the client for all calls but Stripe's. Default: one with a time limit.
	HTTP *http.Client
	// Docker reports whether a Docker engine answers, which then builds the images. Default: by
	// docker info.
	Docker func(context.Context) bool
	// Built: the images are at the registry, and are not built here.
	Built bool
	// TestAlert sends a test alert.
	TestAlert bool
	// Patience is for how long a function may answer 500 that has just been deployed. Default: 10
	// seconds.
	Patience time.Duration
	// QueueTime is how long the queue may take to bring a call. Default: a minute.
	QueueTime time.Duration
	// Loopback has this machine's own addresses be looked at as if they were elsewhere: a test's
	// are.
	Loopback bool
}

// doctor is what the checks share.
type doctor struct {
	*target.Target
	options Options
	gateway *gateway.Client
	// state is what was on a server without OpenFaaS before a deployment.
	state  func(context.Context) (server.State, error)
	stripe stripe.Backend
	http   *http.Client
	// catalogue, database and offers are made at their first use.
	catalogue func() (*catalogue.Checked, error)
	database  func() (*mongo.Client, error)
	offers    func(context.Context) (*offers, error)
}

// Groups are the checks before a deployment, and those after it.
func Groups(t *target.Target, o Options) (before, after Group) {
	if o.Ports == nil && t.Platform.AtHome() {
		o.Ports = []string{"8080", "9081", "9082"}
	} else if o.Ports == nil {
		o.Ports = []string{"8080", "8081", "9090"}
	}
	if o.Docker == nil {
		o.Docker = deploy.Docker
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.QueueTime == 0 {
		o.QueueTime = time.Minute
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{
			Timeout: 10 * time.Second,
			// What a proxy sends elsewhere is not what was asked for.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	d := &doctor{Target: t, options: o, gateway: gateway.New(t.Gateway), stripe: stripeapi.Backend(t.StripeAPI), http: o.HTTP}
	d.catalogue = sync.OnceValues(d.readCatalogue)
	d.database = sync.OnceValues(func() (*mongo.Client, error) { return mongodb.Connect(t.Given(target.MongoDB), "doctor") })
	d.offers = once(d.readOffers)
	d.state = once(server.New(t).Look)
	there := d.gatewayChecks
	if t.Platform.AtHome() {
		there = d.serverChecks
	}
	before = Group{"Before a deployment", slices.Concat(d.toolChecks(), there(), d.databaseChecks(), d.stripeChecks(), d.sendgridChecks(), d.alertChecks())}
	after = Group{"After it", slices.Concat(d.functionChecks(), d.outsideChecks())}
	return before, after
}

// once is for what several checks want, whichever comes first.
func once[T any](read func(context.Context) (T, error)) func(context.Context) (T, error) {
	var done sync.Once
	var value T
	var err error
	return func(ctx context.Context) (T, error) {
		done.Do(func() { value, err = read(ctx) })
		return value, err
	}
}

// readCatalogue reads send-email's catalogue, where nothing is wrong with it, the templates and the
// lock file.
func (d *doctor) readCatalogue() (*catalogue.Checked, error) {
	orders, err := sample.Orders(time.Now())
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(d.Folder(), "send-email")
	files := catalogue.Files{Folder: folder, As: folder, Catalogue: "catalogue.yml", Templates: "templates", Lock: "templates.lock.yml"}
	return files.Check(func(folder fs.FS) (catalogue.TemplateSet, error) { return templates.Read(folder) }, sample.Mails(orders))
}

// there is where secrets are kept and functions run, in words.
func (d *doctor) there() string {
	if d.Platform.AtHome() {
		return "on the server"
	}
	return "at the gateway"
}

// missing is the finding where a secret is not known on this side.
func missing(secret, what string) Finding {
	return unknown(fmt.Sprintf("set %s in the environment or in .env", target.Variable(secret)), "%s", what)
}

// unusable is the finding about a secret that is not known on this side or has another form, if so.
func (d *doctor) unusable(secret, check, what string) (Finding, bool) {
	given := d.Given(secret)
	if given == "" {
		return missing(secret, check), true
	}
	if err := target.CheckForm(secret, given); err != nil {
		return wrong("make secrets", "%s: %v", what, err), true
	}
	return Finding{}, false
}
