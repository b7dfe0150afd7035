// Package target is the system that the owner's command is to look at or to change: the laptop that
// runs here, or the server with the real services. It knows where that is, and what is known of its
// secrets on this side.
package target

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openfaas/go-sdk/stack"
	"github.com/spf13/pflag"

	"handler/function/shared/dotenv"
	"handler/function/shared/runenv"
	"handler/function/shared/stackfile"
)

// Flags say which system is meant. The zero value is no good; Register gives the defaults.
type Flags struct {
	// Laptop is the laptop's folder.
	Laptop string
	// Stack is stack.yml.
	Stack string
	// CLI is where faas-cli lies, if not on the PATH.
	CLI string
	// DotEnv is the file of secrets beside the environment.
	DotEnv string
	// Gateway and PublicURL are addresses, empty where the environment or stack.yml says them.
	Gateway, PublicURL string
}

// Register adds the flags to a command's own.
func (f *Flags) Register(set *pflag.FlagSet) {
	f.RegisterCalls(set)
	set.Var(address{&f.PublicURL}, "url", "the `ADDRESS` that customers' browsers and Stripe reach, such as https://shop.example.com (default: PUBLIC_URL)")
	set.StringVar(&f.CLI, "faas-cli", filepath.Join(".local", "bin", "faas-cli"), "the `FILE` of faas-cli; if there is none, the one on the PATH is used")
}

// RegisterCalls adds the flags of a command that only calls the functions.
func (f *Flags) RegisterCalls(set *pflag.FlagSet) {
	set.Var(address{&f.Gateway}, "gateway", "the gateway's `ADDRESS` (default: GATEWAY_URL or OPENFAAS_URL, else the laptop that runs here, else the gateway of stack.yml)")
	f.registerDotEnv(set)
	set.StringVar(&f.Stack, "stack", "stack.yml", "the stack `FILE`; its settings files lie beside it")
	f.registerLaptop(set)
}

// RegisterSendGrid adds the flags of a command that calls SendGrid alone, at an address.
func (f *Flags) RegisterSendGrid(set *pflag.FlagSet, host *string, usage string) {
	set.Var(address{host}, "host", usage)
	f.registerDotEnv(set)
	f.registerLaptop(set)
}

func (f *Flags) registerDotEnv(set *pflag.FlagSet) {
	set.StringVar(&f.DotEnv, "env", ".env", "`FILE` of NAME=value lines, readable by you alone, for what the environment does not say")
}

func (f *Flags) registerLaptop(set *pflag.FlagSet) {
	set.StringVar(&f.Laptop, "laptop", ".local", "`FOLDER` of the laptop that make run starts")
}

// address is the value of a flag for an HTTP address.
type address struct{ value *string }

func (a address) String() string {
	if a.value == nil {
		return ""
	}
	return *a.value
}

func (a address) Set(text string) error {
	if !isAddress(text) {
		return errors.New("want an address such as https://shop.example.com")
	}
	*a.value = text
	return nil
}

func (address) Type() string { return "string" }

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// Variables explains, for --help, what is read from the environment and from .env.
const Variables = `
From the environment, else from .env (a laptop that runs here has its own, and reads no .env):

  GATEWAY_URL           the gateway; or OPENFAAS_URL, as faas-cli takes it
  PUBLIC_URL            https://YOUR-HOST, where Stripe reaches the webhook
  PLATFORM              what the functions run on: openfaas (default), compose or systemd
  SERVER                for compose and systemd, the server, such as root@shop.example.com
  REGISTRY              where the functions' images go, such as ghcr.io/you; systemd has none
  TAG                   the version to deploy, from the environment alone (default: latest)
  STRIPE_API_KEY        and STRIPE_WEBHOOK_SECRET, SENDGRID_API_KEY, MONGODB_URI, SEND_EMAIL_KEY,
                        ALERT_URL: the functions' secrets, which a gateway does not return
  STRIPE_SETUP_KEY      a key for this command alone, which may read products, payment links and
                        Checkout Sessions, and write webhook endpoints (default: STRIPE_API_KEY)
  SENDGRID_SETUP_KEY    a key for this command alone, which may read and write templates, read
                        verified senders, and write Event Webhooks (default: SENDGRID_API_KEY)
`

// The variables that are no secret of a function.
const (
	gatewayVariable       = "GATEWAY_URL"
	openfaasVariable      = "OPENFAAS_URL"
	publicVariable        = "PUBLIC_URL"
	stripeSetupVariable   = "STRIPE_SETUP_KEY"
	sendgridSetupVariable = "SENDGRID_SETUP_KEY"
	registryVariable      = "REGISTRY"
	platformVariable      = "PLATFORM"
	serverVariable        = "SERVER"
)

// The secrets whose values a check can do something with.
const (
	StripeKey     = "stripe-api-key"
	StripeSigning = "stripe-webhook-secret"
	SendGridKey   = "sendgrid-api-key"
	MongoDB       = "mongodb-uri"
	FunctionsKey  = "send-email-key"
	AlertURL      = "alert-url"
)

// Variable is the one that a secret is read from: STRIPE_API_KEY for stripe-api-key.
func Variable(secret string) string { return strings.ToUpper(strings.ReplaceAll(secret, "-", "_")) }

// Target is the system that is meant.
type Target struct {
	Services *stack.Services
	// StackFile is where Services was read.
	StackFile string
	// Gateway is the gateway's address, without a slash at its end.
	Gateway string
	// Platform is what the functions run on, and Server where ssh reaches it; OpenFaaS has none.
	Platform Platform
	Server   string
	// PublicURL is what the world reaches, likewise; empty where it is not set.
	PublicURL string
	// Laptop is what a laptop tells of itself in its run.env; nil where it is not one.
	Laptop map[string]string
	// StripeAPI and SendGridAPI are the services' addresses, and are the laptop's stand-ins where
	// those are true.
	StripeAPI, SendGridAPI         string
	StripeStandIn, SendGridStandIn bool

	// dotEnv is what dotEnvFile says.
	dotEnv     map[string]string
	dotEnvFile string
}

// ErrNoStack: the command was started elsewhere.
var ErrNoStack = errors.New("there is no stack.yml here; run it in Tillbell's folder")

// Find reads the files that say what the flags leave open. It makes no call.
func (f Flags) Find() (*Target, error) {
	if _, err := os.Stat(f.Stack); err != nil {
		return nil, ErrNoStack
	}
	services, err := stackfile.Read(f.Stack)
	if err != nil {
		return nil, err
	}
	t := &Target{Services: services, StackFile: f.Stack}
	if err := t.readKnown(f); err != nil {
		return nil, err
	}
	return t, errors.Join(t.findPlatform(), t.locate(f))
}

// FindFunctions is Find for a command that only calls the functions. It needs no stack.yml where
// the flags, the environment, .env or a laptop name the gateway.
func (f Flags) FindFunctions() (*Target, error) {
	if _, err := os.Stat(f.Stack); err == nil {
		return f.Find()
	}
	t := &Target{Services: &stack.Services{}, StackFile: f.Stack}
	if err := t.readKnown(f); err != nil {
		return nil, err
	}
	if cmp.Or(f.Gateway, t.value(gatewayVariable), t.value(openfaasVariable)) == "" {
		return nil, fmt.Errorf("%w, or say --gateway", ErrNoStack)
	}
	return t, t.locate(f)
}

// readKnown reads what a laptop that runs here tells of itself, or else .env. A laptop is not meant
// where another gateway is named.
func (t *Target) readKnown(f Flags) (err error) {
	t.dotEnvFile = f.DotEnv
	if cmp.Or(f.Gateway, os.Getenv(gatewayVariable), os.Getenv(openfaasVariable)) == "" {
		t.Laptop, err = runenv.ReadRunning(f.Laptop)
		if err != nil && !errors.Is(err, runenv.ErrNotRunning) && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if t.Laptop == nil {
		t.dotEnv, err = dotenv.Read(f.DotEnv)
		return err
	}
	return nil
}

// locate finds the addresses.
func (t *Target) locate(f Flags) error {
	t.Gateway = cmp.Or(f.Gateway, t.value(gatewayVariable), t.value(openfaasVariable), t.Services.Provider.GatewayURL, "http://127.0.0.1:8080")
	t.PublicURL = cmp.Or(f.PublicURL, t.value(publicVariable), t.Laptop["GATEWAY_URL"])
	t.StripeAPI = cmp.Or(t.Setting("stripe_api_base"), "https://api.stripe.com")
	t.SendGridAPI = cmp.Or(t.Setting("sendgrid_host"), "https://api.sendgrid.com")
	// A laptop tells the keys of its stand-ins, and not those of the real services.
	if _, t.StripeStandIn = t.Laptop[Variable(StripeKey)]; t.StripeStandIn {
		t.StripeAPI = t.Laptop["STRIPE_URL"]
	}
	if _, t.SendGridStandIn = t.Laptop[Variable(SendGridKey)]; t.SendGridStandIn {
		t.SendGridAPI = t.Laptop["SENDGRID_URL"]
	}
	var errs []error
	for name, address := range map[string]*string{"the gateway": &t.Gateway, "the public URL": &t.PublicURL} {
		*address = strings.TrimRight(*address, "/")
		if *address != "" && !isAddress(*address) {
			errs = append(errs, fmt.Errorf("%s is %q: want an address such as https://shop.example.com", name, *address))
		}
	}
	return errors.Join(errs...)
}

// value is what the laptop, the environment or .env says, in this order.
func (t *Target) value(name string) string {
	return strings.TrimSpace(cmp.Or(t.Laptop[name], os.Getenv(name), t.dotEnv[name]))
}

// Given is a secret that is known on this side, or nothing: of the real services none can be read
// back.
func (t *Target) Given(secret string) string {
	if t.Laptop != nil && secret == StripeSigning { // the name that run.env has always had
		return t.Laptop["WEBHOOK_SECRET"]
	}
	return t.value(Variable(secret))
}

// Keep has .env say a secret, so that it is known on this side from the next command on, and gives
// the file's name.
func (t *Target) Keep(secret, value string) (file string, err error) {
	return t.dotEnvFile, dotenv.Set(t.dotEnvFile, Variable(secret), value)
}

// Registry is where the functions' images go, or nothing where it is not set.
func (t *Target) Registry() string { return t.value(registryVariable) }

// Tag names the version that is deployed, in the images' names too.
func (t *Target) Tag() string { return cmp.Or(os.Getenv("TAG"), "latest") }

// StripeSetupKey and SendGridSetupKey are the keys with which this command itself asks, or nothing.
func (t *Target) StripeSetupKey() string {
	return cmp.Or(t.value(stripeSetupVariable), t.Given(StripeKey))
}

// HasSendGridSetupKey reports whether there is a key of SendGrid's for this command itself.
func (t *Target) HasSendGridSetupKey() bool { return t.value(sendgridSetupVariable) != "" }

// SendGridSetupKey is SendGrid's.
func (t *Target) SendGridSetupKey() string {
	return cmp.Or(t.value(sendgridSetupVariable), t.Given(SendGridKey))
}

// Setting is what the functions are deployed with: from settings.yml, or stack.yml itself.
func (t *Target) Setting(name string) string {
	for _, function := range slices.Sorted(maps.Keys(t.Services.Functions)) {
		if v := t.Services.Functions[function].Environment[name]; v != "" {
			return strings.TrimRight(v, "/")
		}
	}
	return ""
}

// Database is the name of the database.
func (t *Target) Database() string {
	return cmp.Or(t.Laptop["MONGODB_DATABASE"], t.Setting("mongodb_database"), "tillbell")
}

// WebhookURL is where Stripe is to post; empty where the public URL is not known.
func (t *Target) WebhookURL() string {
	if t.PublicURL == "" {
		return ""
	}
	return t.PublicURL + "/function/stripe-webhook"
}

// EventsURL is where SendGrid is to post its events, likewise.
func (t *Target) EventsURL() string {
	if t.PublicURL == "" {
		return ""
	}
	return t.PublicURL + "/function/send-email"
}

// Secrets are the names of those that stack.yml's functions need, in order.
func (t *Target) Secrets() []string {
	var all []string
	for _, f := range t.Services.Functions {
		all = append(all, f.Secrets...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Folder is where stack.yml lies, and the functions beside it.
func (t *Target) Folder() string { return filepath.Dir(t.StackFile) }

// String says what is looked at, for the first line of a report.
func (t *Target) String() string {
	switch {
	case t.Platform.AtHome():
		return fmt.Sprintf("the server %s (%s), by %s", t.Server, t.Platform, t.Gateway)
	case t.Laptop == nil:
		return "the gateway " + t.Gateway
	}
	var standIns []string
	if t.StripeStandIn {
		standIns = append(standIns, "Stripe")
	}
	if t.SendGridStandIn {
		standIns = append(standIns, "SendGrid")
	}
	if standIns == nil {
		return "the laptop that runs here, with the real services"
	}
	return "the laptop that runs here, with mocks of " + strings.Join(standIns, " and ")
}

// IsLoopback reports whether an address is this machine's own, which no other machine reaches.
func IsLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return host == "localhost" || host == "::1" || strings.HasPrefix(host, "127.")
}
