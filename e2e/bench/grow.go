package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

// Grown is what the functions do beside so many orders that are done.
type Grown struct {
	Stored int `json:"stored_orders"`
	// SweepMS is a sweep that finds nothing to do.
	SweepMS float64 `json:"sweep_p50_ms"`
	// Events are taken by stripe-webhook, and Orders worked off by send-email, of 16 senders.
	Events float64 `json:"stripe_webhook_events_per_s"`
	Orders float64 `json:"send_email_orders_per_s"`
	// OrderCPU is what an order costs send-email, its line items and its e-mails included.
	OrderCPU float64 `json:"send_email_cpu_us_per_order"`
	// Memory is that of send-email at rest and afterwards.
	Rest  float64 `json:"send_email_rss_rest_kb"`
	After float64 `json:"send_email_rss_after_kb"`
}

// grow measures beside ever more orders.
func (b *bench) grow(ctx context.Context) error {
	for _, n := range b.Stored {
		b.Say("both functions beside %d orders that are done", n)
		g, err := b.growTo(ctx, storedName(n), n)
		err = errors.Join(err, b.drop(ctx, storedName(n)))
		if err != nil {
			return fmt.Errorf("beside %d orders: %w", n, err)
		}
		b.results.Grown = append(b.results.Grown, g)
	}
	return nil
}

func storedName(n int) string { return fmt.Sprintf("stored_%d", n) }

func (b *bench) growTo(ctx context.Context, name string, n int) (g Grown, err error) {
	g.Stored = n
	if err := b.store(ctx, name, n); err != nil {
		return g, fmt.Errorf("store them: %w", err)
	}
	mailer, err := b.startMailer(name)
	if err != nil {
		return g, err
	}
	defer mailer.stop(ctx)
	if err := b.measureSweep(ctx, mailer, &g); err != nil {
		return g, fmt.Errorf("sweep: %w", err)
	}
	sessions, err := b.takeOrders(ctx, name, &g)
	if err != nil {
		return g, fmt.Errorf("stripe-webhook: %w", err)
	}
	return g, b.workOff(ctx, mailer, sessions, &g)
}

// batch is how many orders are stored by one call.
const batch = 200

// store puts in so many orders that are done: paid, planned, and their e-mails sent.
func (b *bench) store(ctx context.Context, name string, n int) error {
	uri, database, err := b.database(name)
	if err != nil {
		return err
	}
	client, err := mongodb.Connect(uri, "bench")
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(ctx) }()
	if err := mongodb.NewStore(client, database).EnsureIndexes(ctx); err != nil {
		return err
	}
	done, err := doneOrder(time.Now().UTC().Truncate(time.Millisecond))
	if err != nil {
		return err
	}
	orders := client.Database(database).Collection(mongodb.Collection)
	for stored := 0; stored < n; stored += batch {
		var all []*order.Order
		for i := range min(batch, n-stored) {
			one := *done
			one.ID = fmt.Sprintf("cs_test_stored%d", stored+i)
			all = append(all, &one)
		}
		if _, err := orders.InsertMany(ctx, all); err != nil {
			return err
		}
	}
	return nil
}

// doneOrder is such an order.
func doneOrder(now time.Time) (*order.Order, error) {
	samples, err := sample.Orders(now)
	if err != nil {
		return nil, err
	}
	o := samples[paid]
	const key, owner = "default/receipt", "bench"
	o.Plan(order.ForPaid, []order.Email{{Key: key, Template: "d-" + fmt.Sprintf("%032d", 0), Audience: order.Customer, To: []order.Address{{Email: "jose@example.com"}}, NotBefore: now}}, now)
	if err := o.Claim(key, owner, time.Minute, now); err != nil {
		return nil, err
	}
	if err := o.MarkSent(key, owner, "message", http.StatusAccepted, now); err != nil {
		return nil, err
	}
	if o.NextDueAt != nil {
		return nil, fmt.Errorf("the order is not done: due at %v", o.NextDueAt)
	}
	return o, nil
}

// startMailer starts send-email against the laptop's stand-ins. It sweeps only when it is asked to.
func (b *bench) startMailer(database string) (*running, error) {
	env, err := b.Env()
	if err != nil {
		return nil, err
	}
	return b.startFunction("send-email", b.Mailer, database,
		map[string]string{"stripe-api-key": invented("rk_test_"), "sendgrid-api-key": "SG." + invented("") + "." + invented("")},
		map[string]string{"sweep_interval": "0", "stripe_api_base": env["STRIPE_URL"], "sendgrid_host": env["SENDGRID_URL"], "template_ids": "placeholder"})
}

// asked is a signed call of send-email.
func asked(t target, body any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return t.request(b, http.Header{openfaas.SignatureHeader: {openfaas.Sign(b, functionsKey)}})
}

// measureSweep sweeps where nothing is due, once for itself and then to be measured.
func (b *bench) measureSweep(ctx context.Context, r *running, g *Grown) error {
	sweep, err := asked(r.target, map[string]bool{"sweep": true})
	if err != nil {
		return err
	}
	if err := r.untilAnswered(ctx, sweep); err != nil {
		return err
	}
	time.Sleep(b.Rest)
	u, err := r.usage()
	if err != nil {
		return err
	}
	g.Rest = float64(u.Resident) / 1024
	l, err := r.send(ctx, repeated(sweep, b.Sweeps), 1)
	g.SweepMS = milliseconds(l.percentile(50))
	return err
}

func repeated(request []byte, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = request
	}
	return all
}

// takeOrders lets stripe-webhook take orders, and gives their IDs.
func (b *bench) takeOrders(ctx context.Context, database string, g *Grown) ([]string, error) {
	webhook, err := b.startOurs(ctx, database)
	if err != nil {
		return nil, err
	}
	defer webhook.stop(ctx)
	m, err := newMaker()
	if err != nil {
		return nil, err
	}
	if _, err := webhook.firstAnswer(ctx, m); err != nil {
		return nil, err
	}
	requests, sessions, err := m.signed(webhook.target, webhook.secret, b.Orders)
	if err != nil {
		return nil, err
	}
	l, err := webhook.send(ctx, requests, 16)
	g.Events = l.perSecond()
	return sessions, err
}

// workOff lets send-email send the e-mails of those orders.
func (b *bench) workOff(ctx context.Context, r *running, sessions []string, g *Grown) error {
	env, err := b.Env()
	if err != nil {
		return err
	}
	m, err := newMaker()
	if err != nil {
		return err
	}
	var requests [][]byte
	for _, id := range sessions {
		if err := (&shop.Shop{Env: env}).SetItems(ctx, shop.Purchase{Session: id, Items: m.template.Items}); err != nil {
			return err
		}
		call, err := asked(r.target, map[string]string{"id": id})
		if err != nil {
			return err
		}
		requests = append(requests, call)
	}
	before, err := r.usage()
	if err != nil {
		return err
	}
	l, err := r.send(ctx, requests, 16)
	if err != nil {
		return fmt.Errorf("send-email: %w", err)
	}
	after, err := r.usage()
	g.Orders = l.perSecond()
	g.OrderCPU = microseconds(after.CPU-before.CPU) / float64(len(sessions))
	g.After = float64(after.Resident) / 1024
	return err
}
