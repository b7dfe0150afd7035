package function

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
)

const key = "between the functions"

// bench is the function with all that it touches: a store in memory, and servers in place of Stripe
// and SendGrid.
type bench struct {
	*Function
	memory   *memory
	sendgrid *fakeSendGrid
	stripe   *fakeStripe
	clock    time.Time
	logged   *lockedBuffer
}

func setUp(t testing.TB) *bench {
	t.Helper()
	b := setUpOffline(t)
	b.items = newStripeItems(service(t, b.stripe, "rk_test_1"))
	b.mail = newSendGrid(service(t, b.sendgrid, "SG.a.b"), b.now)
	return b
}

// setUpOffline is setUp without the servers, for the bubbles of synctest.
func setUpOffline(t testing.TB) *bench {
	t.Helper()
	b := &bench{
		memory:   &memory{orders: map[string]*order.Order{}},
		sendgrid: &fakeSendGrid{},
		stripe:   &fakeStripe{lists: map[string][]byte{}},
		clock:    time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC),
		logged:   &lockedBuffer{},
	}
	f, err := New(Parts{
		Keys:  func() ([]string, error) { return []string{key}, nil },
		Store: func() (Store, error) { return b.memory, nil },
		Templates: func() (published.IDs, error) {
			return published.Placeholders(catalogue.TemplatesIn(sample.Shop())), nil
		},
		Now:      func() time.Time { return b.clock },
		Interval: time.Minute,
		Random:   func() float64 { return 0.5 },
		Log:      slog.New(slog.NewJSONHandler(b.logged, nil)),
	}, sampletest.File(t, "catalogue.yml"))
	if err != nil {
		t.Fatal(err)
	}
	b.Function = f
	return b
}

// service is an API that a handler answers. It has connections of its own: each server that a
// parallel test closes ends the idle ones of http.DefaultTransport, and an answer that comes in at
// that moment is lost.
func service(t testing.TB, h http.Handler, key string) Service {
	t.Helper()
	return Service{URL: serve(t, h), Key: func() (string, error) { return key, nil }, Transport: new(http.Transport)}
}

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// place stores the order of sample events, with what the first one's session bought, and gives its
// ID.
func (b *bench) place(t *testing.T, names ...string) string {
	t.Helper()
	var id string
	for _, name := range names {
		body, err := sample.Event(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := order.ParseEvent(body, b.clock)
		if err != nil {
			t.Fatal(err)
		}
		b.memory.record(t, e, b.clock)
		if id, err = b.memory.of(e); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := sample.LineItems(names[0]); err == nil {
		b.stripe.lists[id] = list
	}
	return id
}

// datedRead is a call that reads, with the time that the owner's program gives it; any other is as it
// was.
func (b *bench) datedRead(body string) string {
	if c, err := openfaas.ParseCall([]byte(body)); err == nil && c.At.IsZero() && kinds[c.Command].reads {
		return fmt.Sprintf(`%s,"at":%q}`, strings.TrimSuffix(body, "}"), b.now().Format(time.RFC3339Nano))
	}
	return body
}

// invoke calls the function as the queue does, or as the owner's program.
func (b *bench) invoke(body string) handler.Response {
	body = b.datedRead(body)
	return b.Receive(handler.Request{
		Method: http.MethodPost,
		Body:   []byte(body),
		Header: http.Header{openfaas.SignatureHeader: {openfaas.Sign([]byte(body), key)}},
	})
}

func (b *bench) sendOrder(t *testing.T, id string) progress {
	t.Helper()
	res := b.invoke(`{"id":"` + id + `"}`)
	var p progress
	if err := json.Unmarshal(res.Body, &p); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", res.StatusCode, res.Body)
	}
	return p
}

// die leaves an order's first e-mail as a process does that dies in its attempt; before it, so many
// others had died.
func (b *bench) die(id string, due time.Time, others int) {
	d := b.memory.orders[id].Emails["ebook/delivery"]
	d.State, d.Lease, d.DueAt, d.Lost = order.Sending, "the dead", due, others
	b.memory.orders[id].Emails["ebook/delivery"] = d
}

// steady lets the database answer for long enough that leases which ran out are taken over.
func (b *bench) steady() {
	b.invoke(`{"sweep":true}`)
	b.clock = b.clock.Add(steadyAfter)
	b.invoke(`{"sweep":true}`)
}

// memory keeps orders as the real store does, one change at a time.
type memory struct {
	mu     sync.Mutex
	orders map[string]*order.Order
	calls  int
	// updateFunc and loadFunc, if set, are asked before each update and each load.
	updateFunc func(id string) error
	loadFunc   func(id string) error
	// unconfirmed, if set, is asked after each update what is said of it.
	unconfirmed func(*order.Order) error
	// size and sizeErr are what it says of its size, as often as it was looked at.
	size    int64
	looks   int
	sizeErr error
	// walkErr is what a walk ends with at once, if set.
	walkErr error
	// knownErr is what Known ends with, if set.
	knownErr error
}

func (m *memory) record(t *testing.T, e order.Event, now time.Time) {
	t.Helper()
	id, err := m.of(e)
	if err != nil {
		t.Fatal(err)
	}
	if o := m.orders[id]; o != nil {
		if _, err := o.Add(e, now); err != nil {
			t.Fatal(err)
		}
		return
	}
	if m.orders[id], err = order.New(e, now); err != nil {
		t.Fatal(err)
	}
}

// of is the ID of the order that an event belongs to.
func (m *memory) of(e order.Event) (string, error) {
	c, err := e.Charge()
	if err != nil {
		id, _, err := e.Session()
		return id, err
	}
	for id, o := range m.orders {
		if o.PaymentIntent == c.PaymentIntent {
			return id, nil
		}
	}
	return "", order.ErrNotFound
}

func (m *memory) Load(_ context.Context, id string) (*order.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.loadFunc != nil {
		if err := m.loadFunc(id); err != nil {
			return nil, err
		}
	}
	o, ok := m.orders[id]
	if !ok {
		return nil, order.ErrNotFound
	}
	return o.Clone(), nil
}

func (m *memory) Update(_ context.Context, id string, change func(*order.Order) error) (*order.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.updateFunc != nil {
		if err := m.updateFunc(id); err != nil {
			return nil, err
		}
	}
	if m.orders[id] == nil {
		return nil, order.ErrNotFound
	}
	o := m.orders[id].Clone()
	switch err := change(o); err {
	case nil:
		m.orders[id] = o
		if m.unconfirmed != nil {
			if err := m.unconfirmed(o); err != nil {
				return nil, err
			}
		}
	case order.ErrUnchanged:
	default:
		return o, err
	}
	return o.Clone(), nil
}

func (m *memory) UpdateFrom(ctx context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error) {
	return m.Update(ctx, o.ID, change)
}

func (m *memory) Due(_ context.Context, now time.Time, limit int) ([]order.DueOrder, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	var due []order.DueOrder
	for id, o := range m.orders {
		if o.NextDueAt != nil && !o.NextDueAt.After(now) {
			due = append(due, order.DueOrder{ID: id, At: *o.NextDueAt})
		}
	}
	slices.SortFunc(due, func(a, b order.DueOrder) int { return a.At.Compare(b.At) })
	return due[:min(len(due), limit)], nil
}

func (m *memory) Create(_ context.Context, o *order.Order) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if _, there := m.orders[o.ID]; there {
		return false, nil
	}
	m.orders[o.ID] = o.Clone()
	return true, nil
}

// Walk is the store's: the newest first, without their events.
func (m *memory) Walk(ctx context.Context, since, until time.Time, visit func(*order.Order) bool) error {
	return m.WalkPaid(ctx, since, until, time.Time{}, visit)
}

func (m *memory) WalkPaid(_ context.Context, since, until, paid time.Time, visit func(*order.Order) bool) error {
	m.mu.Lock()
	m.calls++
	if m.walkErr != nil {
		m.mu.Unlock()
		return m.walkErr
	}
	var all []*order.Order
	for _, o := range m.orders {
		if !o.CreatedAt.Before(since) && o.CreatedAt.Before(until) && !o.PaidAt.Before(paid) {
			slim := o.Clone()
			slim.Events = nil
			all = append(all, slim)
		}
	}
	m.mu.Unlock()
	slices.SortFunc(all, func(a, b *order.Order) int { return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID)) })
	for _, o := range all {
		if !visit(o) {
			break
		}
	}
	return nil
}

func (m *memory) Size(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.looks++
	return m.size, m.sizeErr
}

func (m *memory) Known(_ context.Context, events map[string][]string) (map[string]*order.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	known := map[string]*order.Order{}
	for id := range events {
		if o := m.orders[id]; o != nil {
			known[id] = o
		}
	}
	return known, m.knownErr
}

func (m *memory) OfMessages(_ context.Context, messages []string) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	for id, o := range m.orders {
		if slices.ContainsFunc(o.MessageIDs, func(m string) bool { return slices.Contains(messages, m) }) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (m *memory) EnsureIndexes(context.Context) error { return nil }

// fakeSendGrid accepts mails, unless its next answers are set. They are not for the notice of a
// sale, which is sent at the same time as the customer's e-mails, unless sales says so.
type fakeSendGrid struct {
	mu      sync.Mutex
	mails   []sentMail
	answers []func(w http.ResponseWriter)
	sales   bool
}

// sentMail is what we look at in a request to send.
type sentMail struct {
	Template         string `json:"template_id"`
	Personalizations []struct {
		To []struct {
			Email, Name string
		} `json:"to"`
		Data       map[string]any    `json:"dynamic_template_data"`
		CustomArgs map[string]string `json:"custom_args"`
	} `json:"personalizations"`
}

func (f *fakeSendGrid) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.answers) > 0 && (f.sales || !bytes.Contains(body, []byte(`/sale"`))) {
		answer := f.answers[0]
		f.answers = f.answers[1:]
		answer(w)
		return
	}
	var m sentMail
	if err := json.Unmarshal(body, &m); err != nil || r.URL.Path != "/v3/mail/send" || r.Header.Get("Authorization") != "Bearer SG.a.b" {
		http.Error(w, `{"errors":[]}`, http.StatusBadRequest)
		return
	}
	f.mails = append(f.mails, m)
	w.Header().Set("X-Message-Id", "message-"+string(rune('0'+len(f.mails))))
	w.WriteHeader(http.StatusAccepted)
}

// sent are the deliveries that were accepted, sorted.
func (f *fakeSendGrid) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for _, m := range f.mails {
		_, k, _ := strings.Cut(m.Personalizations[0].CustomArgs["delivery"], "/")
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, `{"errors":[{"message":"no ada@example.com","field":"personalizations.0.to"}]}`)
	}
}

// hangUp breaks the connection after the request was read, as a mail that may have been accepted.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// fakeStripe serves line items in pages of one.
type fakeStripe struct {
	mu      sync.Mutex
	lists   map[string][]byte
	status  int
	account string
	asked   int
}

func (f *fakeStripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	f.account = r.Header.Get("Stripe-Account")
	if f.status != 0 {
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, `{"error":{"type":"api_error","message":"ada@example.com"}}`)
		return
	}
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1/checkout/sessions/"), "/line_items")
	list, ok := f.lists[id]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such checkout.session"}}`)
		return
	}
	_, _ = w.Write(page(list, r.URL.Query().Get("starting_after")))
}

func page(list []byte, after string) []byte {
	var all struct {
		Data []map[string]any `json:"data"`
	}
	_ = json.Unmarshal(list, &all)
	rest := all.Data
	for i, item := range all.Data {
		if item["id"] == after {
			rest = all.Data[i+1:]
		}
	}
	b, _ := json.Marshal(map[string]any{"object": "list", "url": "/v1/x", "has_more": len(rest) > 1, "data": rest[:min(len(rest), 1)]})
	return b
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func request(method, body, signature string) handler.Request {
	req := handler.Request{Method: method, Body: []byte(body), Header: http.Header{}}
	if signature != "" {
		req.Header.Set(openfaas.SignatureHeader, signature)
	}
	return req
}
