// Package inbox shows the owner of a shop what the laptop did: the e-mails as a customer sees them,
// the orders and how each one went, and what each template makes of sample orders while it is being
// written.
//
// A page is whole as the server renders it, and looks again by a little JavaScript. What somebody
// typed is only ever text in a page. An e-mail's HTML is shown in a frame of its own without
// scripts and with an origin of its own, so that nothing in it can reach the pages.
//
// For scripts there is the same at /api: see register in api.go.
package inbox

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/local/alerts"
	"handler/function/local/sendgrid"
)

// Options say what is shown.
type Options struct {
	// Mails is the mock that has the messages.
	Mails *sendgrid.Service
	// Alerts are those of the mock alert channel, the oldest first. Default: none.
	Alerts func() []alerts.Alert
	// Orders are the shop's; there are no timelines without.
	Orders Orders
	// Templates is the folder of the templates as they are being written; they are read anew
	// whenever it changes.
	Templates string
	// InEffect is the folder of the templates by which e-mails are shown. Default: Templates.
	InEffect string
	// Shop is who sends the e-mails. Default: one without a name.
	Shop func() maildata.Shop
	// Use is the key of an e-mail that is made of a template, by the template's name without a
	// language. Default: one of a series.
	Use func(template string) string
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Logger gets what goes wrong. Default: none.
	Logger *slog.Logger
}

// Inbox is the pages and the API. Make it with New.
type Inbox struct {
	mails  *sendgrid.Service
	alerts func() []alerts.Alert
	orders Orders
	index  *index
	folder *folder
	// inEffect are the templates by which e-mails are shown; folder has them as they are being
	// written.
	inEffect   *folder
	samples    []sampleOrder
	renderings renderings
	shop       func() maildata.Shop
	use        func(template string) string
	now        func() time.Time
	log        *slog.Logger
	pages      *pages
}

// New reads the pages and the sample orders, which are part of the program. It does not read the
// templates: a mistake in one of them is shown, and is no error.
func New(o Options) (*Inbox, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Shop == nil {
		o.Shop = func() maildata.Shop { return maildata.Shop{} }
	}
	if o.Use == nil {
		o.Use = func(template string) string { return "series/" + template }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Alerts == nil {
		o.Alerts = noAlerts
	}
	if o.Orders == nil {
		o.Orders = noOrders{}
	}
	pages, err := newPages(o.Logger, func() *time.Location { return o.Shop().Location() })
	if err != nil {
		return nil, fmt.Errorf("read the inbox's pages: %w", err)
	}
	samples, err := sampleOrders()
	if err != nil {
		return nil, fmt.Errorf("read the sample orders: %w", err)
	}
	return &Inbox{
		mails: o.Mails, alerts: o.Alerts, orders: o.Orders, index: newIndex(o.Orders), samples: samples,
		folder: &folder{path: o.Templates, as: o.Templates}, inEffect: &folder{path: cmp.Or(o.InEffect, o.Templates), as: o.Templates},
		shop: o.Shop, use: o.Use, now: o.Now, log: o.Logger, pages: pages,
	}, nil
}

// pagePolicy lets a page load only what this server serves, and nothing that stands in the page
// itself.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; " +
	"frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Handler serves the pages and the API.
func (i *Inbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/messages", i.mails.Inbox())
	mux.Handle("/api/messages/{id}", i.mails.Inbox())
	i.registerAPI(mux)

	mux.HandleFunc("GET /{$}", i.messagesPage)
	mux.HandleFunc("GET /messages/{id}", i.messagePage)
	mux.HandleFunc("GET /alerts", i.alertsPage)
	mux.HandleFunc("GET /orders", i.ordersPage)
	mux.HandleFunc("GET /orders/{session}", i.orderPage)
	for _, path := range []string{"/templates", "/templates/{name}"} {
		mux.HandleFunc("GET "+path, i.templatesPage)
		mux.HandleFunc("POST "+path, i.templatesPage)
	}
	i.pages.registerAssets(mux)
	mux.HandleFunc("/", i.nowhere)
	// Other sites may not change anything here.
	pages := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if !isLoopback(r.Host) {
			http.Error(w, "The inbox answers only at 127.0.0.1, ::1 and localhost.", http.StatusMisdirectedRequest)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// isLoopback reports whether a request was sent to this machine by its own name. Another name may
// be that of a foreign site, which resolves to this machine to read what is here (DNS rebinding).
func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
