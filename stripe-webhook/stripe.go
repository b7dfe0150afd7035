package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"
	"golang.org/x/time/rate"

	"handler/function/internal/openfaas"
	"handler/function/internal/stripeclient"
)

const (
	// pageSize is the most that Stripe gives at once.
	pageSize = 100
	// stripeTimeout ends one call of Stripe.
	stripeTimeout = 5 * time.Second
	// turnsASecond is how many pages are read and events stored in a second. Stripe allows 25 reads
	// in test mode; an event that is new costs the database about eight operations, e-mails
	// included, of which Atlas's free tier allows a hundred.
	turnsASecond = 10
)

var (
	// errStripe: Stripe is away, or does not answer as it documents.
	errStripe = errors.New("Stripe could not be asked")
	// errNoKey: there is no key, or none of Stripe's form.
	errNoKey = errors.New("no key of Stripe's")
	// errCursor: Stripe no longer has the event at which to continue.
	errCursor = errors.New("nothing is there to go on from")
)

// Stripe is where events are looked for that its webhook did not bring. Make it with NewStripe.
type Stripe struct {
	backend stripe.Backend
	key     func() (string, error)
	// turn keeps pages and events apart, for all callers.
	turn *rate.Limiter
}

// NewStripe asks a Stripe API, with a key that is read at each use. The transport is
// http.DefaultTransport where it is nil.
func NewStripe(url string, transport http.RoundTripper, key func() (string, error)) *Stripe {
	return &Stripe{stripeclient.New(url, transport, stripeTimeout), key, rate.NewLimiter(turnsASecond, 1)}
}

// mode is whose events the key reads: "live" or "test".
func (s *Stripe) mode() (string, error) {
	key, err := s.key()
	if _, ours := openfaas.Misconfiguration(err); ours {
		return "", &cause{err, errNoKey}
	}
	if err != nil {
		return "", err
	}
	if stripeclient.Live(key) {
		return "live", nil
	}
	return "test", nil
}

// page is a page of one of Stripe's lists, as Stripe wrote it.
type page struct {
	stripe.APIResource
	HasMore bool              `json:"has_more"`
	Data    []json.RawMessage `json:"data"`

	// ids are those of Data.
	ids []string
}

// objectID is the form of Stripe's IDs.
var objectID = regexp.MustCompile(`^[A-Za-z0-9_]{1,255}$`)

// list reads the page of a list that comes after the object of an ID, or its first one.
func (s *Stripe) list(ctx context.Context, l listing, after string) (*page, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	if err := s.turn.Wait(ctx); err != nil {
		return nil, err
	}
	query := &form.Values{}
	query.Add("limit", strconv.Itoa(pageSize))
	for _, p := range l.query {
		query.Add(p[0], p[1])
	}
	if after != "" {
		query.Add("starting_after", after)
	}
	p := &page{}
	err = s.backend.CallRaw(http.MethodGet, l.path, key, query, &stripe.Params{Context: ctx}, p)
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, explain(stripeclient.Redacted(err), l.what, after)
	}
	return p, nil
}

// check holds the page to what every page has, and reads its IDs.
func (p *page) check() error {
	if err := stripeclient.IsList(p.LastResponse); err != nil {
		return err
	}
	for _, raw := range p.Data {
		var object struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &object) != nil || !objectID.MatchString(object.ID) {
			return stripeclient.ErrAnswer
		}
		p.ids = append(p.ids, object.ID)
	}
	if p.HasMore && len(p.ids) == 0 {
		return stripeclient.ErrAnswer // it would be asked for the same page for ever
	}
	return nil
}

// explain says of an error who can do what about it.
func explain(err error, what, after string) error {
	const secret = "secret stripe-api-key: " // #nosec G101 -- its name
	var e *stripeclient.Error
	if errors.As(err, &e) {
		switch {
		case e.Status == http.StatusUnauthorized:
			return &cause{openfaas.NewMisconfigured(secret + "Stripe does not know the key"), e}
		case e.Status == http.StatusForbidden:
			return &cause{openfaas.NewMisconfigured(secret+"the key may not read %s: give the restricted key Read for them at https://dashboard.stripe.com/apikeys", what), e}
		case e.Status == http.StatusBadRequest && after != "":
			return fmt.Errorf("%w: list %s: %w", errCursor, what, err)
		}
	}
	return fmt.Errorf("%w: list %s: %w", errStripe, what, err)
}

// cause is an error with what it is due to, which its text leaves out.
type cause struct {
	error
	of error
}

func (c *cause) Unwrap() []error { return []error{c.error, c.of} }
