package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/sample"
	"handler/function/local/alerts"
	"handler/function/local/sendgrid"
)

var shop = maildata.Shop{Name: "Example Shop", Email: "shop@example.com"}

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func later(d time.Duration) time.Time { return start.Add(d) }

// fakeOrders is a shop whose orders are at hand; err is what it answers instead, if anything.
type fakeOrders struct {
	list []*order.Order
	err  error
	// read counts the orders that were read for lists.
	read int
}

func (f *fakeOrders) Load(_ context.Context, session string) (*order.Order, error) {
	for _, o := range f.list {
		if o.ID == session && f.err == nil {
			return o, nil
		}
	}
	return nil, cmp.Or(f.err, order.ErrNotFound)
}

func (f *fakeOrders) Revisions(context.Context) ([]Revision, error) {
	var all []Revision
	for _, o := range f.list {
		all = append(all, Revision{o.ID, o.Revision, o.CreatedAt})
	}
	return all, f.err
}

func (f *fakeOrders) Read(_ context.Context, ids []string) ([]*order.Order, error) {
	var some []*order.Order
	for _, o := range f.list {
		if slices.Contains(ids, o.ID) {
			slim := *o
			slim.Events = nil
			some = append(some, &slim)
		}
	}
	f.read += len(some)
	return some, f.err
}

// bundle is an inbox with a folder of templates of its own.
type bundle struct {
	inbox   http.Handler
	mails   *sendgrid.Service
	orders  *fakeOrders
	alerts  []alerts.Alert
	folder  string
	samples map[string]*order.Order
	// uses are the keys of the e-mails that are made of templates, where it is not as in the
	// catalogue.
	uses map[string]string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	return setupFor(t, shop)
}

func setupFor(t *testing.T, shop maildata.Shop) *bundle {
	t.Helper()
	shopFolder := t.TempDir()
	b := &bundle{orders: &fakeOrders{}, folder: filepath.Join(shopFolder, "templates")}
	if err := os.CopyFS(shopFolder, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	var err error
	if b.mails, err = sendgrid.New(sendgrid.Options{Now: func() time.Time { return start }}); err != nil {
		t.Fatal(err)
	}
	catalogue, err := catalogue.Read(filepath.Join(shopFolder, "catalogue.yml"))
	if err != nil {
		t.Fatal(err)
	}
	use := func(template string) string { return cmp.Or(b.uses[template], catalogue.Use(template)) }
	i, err := New(Options{Mails: b.mails, Alerts: func() []alerts.Alert { return slices.Clone(b.alerts) }, Orders: b.orders, Templates: b.folder, Shop: func() maildata.Shop { return shop }, Use: use, Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	b.inbox = i.Handler()
	if b.samples, err = sample.Orders(start); err != nil {
		t.Fatal(err)
	}
	return b
}

// sold is an order of which one e-mail was sent and the other is to be tried again.
func sold(t *testing.T) *order.Order {
	t.Helper()
	o, err := sample.HalfSent(start)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// home is where the inbox is served.
const home = "http://127.0.0.1:8025"

// answer is what an address has.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *bundle) get(t *testing.T, path string) answer {
	t.Helper()
	return b.getIfNot(t, path, "")
}

func (b *bundle) getIfNot(t *testing.T, path, version string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, home+path, nil)
	if version != "" {
		r.Header.Set("If-None-Match", `"`+version+`"`)
	}
	return b.do(r)
}

// post sends template data that was typed in the page, or for the API.
func (b *bundle) post(t *testing.T, path, mediaType, body string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, home+path, strings.NewReader(body))
	r.Header.Set("Content-Type", mediaType)
	return b.do(r)
}

func (b *bundle) do(r *http.Request) answer {
	rec := httptest.NewRecorder()
	b.inbox.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// send sends a request as SendGrid gets it, and gives the message's ID.
func (b *bundle) send(t *testing.T, request any) string {
	t.Helper()
	body, ok := request.(string)
	if !ok {
		encoded, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		body = string(encoded)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v3/mail/send", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer SG.a.b")
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	b.mails.API().ServeHTTP(rec, r)
	if rec.Code != http.StatusAccepted {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return rec.Header().Get("X-Message-Id")
}

// mail sends what a template of this name is sent of an order, to its customer.
func (b *bundle) mail(t *testing.T, template string, o *order.Order) string {
	t.Helper()
	key := "ebook/" + template
	return b.send(t, map[string]any{
		"personalizations": []any{map[string]any{
			"to":                    []any{map[string]any{"email": o.CustomerEmail}},
			"custom_args":           map[string]string{"order": o.ID, "delivery": o.ID + "/" + key},
			"dynamic_template_data": maildata.Of(shop, o, order.Delivery{Email: order.Email{Key: key}}),
		}},
		"from":        map[string]string{"email": "shop@example.com", "name": "Example Shop"},
		"template_id": published.PlaceholderID(template),
	})
}

// write changes a file of the templates.
func (b *bundle) write(t *testing.T, file, text string) {
	t.Helper()
	path := filepath.Join(b.folder, file)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func mustHave(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func mustLack(t *testing.T, text string, unwanted ...string) {
	t.Helper()
	for _, bad := range unwanted {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in\n%s", bad, text)
		}
	}
}
