package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"handler/function/shared/shop"
)

// salesTimeout is how long the e-mails may take after the last sale. What the queue lost would come
// with a sweep, which is turned off here: a sale without its e-mails is an error.
const salesTimeout = 30 * time.Second

// bare is the database of the functions that run without OpenFaaS.
const bare = "bare"

// Sales are the figures of whole sales, with OpenFaaS and without it.
type Sales struct {
	Machine  string  `json:"machine"`
	Rounds   int     `json:"rounds"`
	OpenFaaS Figures `json:"openfaas"`
	Bare     Figures `json:"without_openfaas"`
}

// The names of figures of whole sales alone.
const (
	cpuPerSale = "cpu_us_per_sale"
	ackP50     = "ack_p50_ms"
	ackP99     = "ack_p99_ms"
	mailedP50  = "end_to_end_p50_ms"
	mailedP99  = "end_to_end_p99_ms"
)

// way is one in which both functions run.
type way struct {
	name string
	// env says where sales are played, and all are the processes that what they take is counted of.
	env map[string]string
	all running

	samples []sampled
}

// endToEnd plays sales through the whole system and through the two functions alone, in turn.
func (b *bench) endToEnd(ctx context.Context) error {
	env, err := b.Env()
	if err != nil {
		return err
	}
	system := &way{name: "OpenFaaS", env: env, all: running{
		pids: b.processes("STRIPE_WEBHOOK_PID", "SEND_EMAIL_PID", "GATEWAY_PID", "NATS_PID", "QUEUE_WORKER_PID"),
	}}
	alone, stop, err := b.startBare(ctx)
	if err != nil {
		return fmt.Errorf("the functions without OpenFaaS: %w", err)
	}
	defer stop()
	if err := b.playRounds(ctx, system, alone); err != nil {
		return err
	}
	b.results.Sales = &Sales{b.results.Machine, b.Rounds, figuresOf(system.samples), figuresOf(alone.samples)}
	return nil
}

// playRounds plays the sales of each round in each way. Memory is read before the first and after
// the last.
func (b *bench) playRounds(ctx context.Context, ways ...*way) error {
	time.Sleep(b.Rest)
	for round := range b.Rounds {
		for _, w := range ways {
			b.Say("round %d of %d  %d sales through %s, %d a second", round+1, b.Rounds, b.Sales, w.name, b.PerSecond)
			s, err := b.playSales(ctx, w)
			if err != nil {
				return fmt.Errorf("sales through %s: %w", w.name, err)
			}
			if round > 0 {
				delete(s, rssRest)
			}
			if round < b.Rounds-1 {
				delete(s, rssAfter)
			}
			w.samples = append(w.samples, s)
		}
	}
	return nil
}

// startBare starts both functions where gateway_url points at send-email, and nothing else runs.
func (b *bench) startBare(ctx context.Context) (w *way, stop func(), err error) {
	all, err := b.Env()
	if err != nil {
		return nil, nil, err
	}
	mailer, err := b.startMailer(bare)
	if err != nil {
		return nil, nil, err
	}
	secret := invented("whsec_")
	webhook, err := b.startFunction("stripe-webhook", b.Webhook, bare, map[string]string{"stripe-webhook-secret": secret},
		map[string]string{"gateway_url": strings.TrimSuffix(mailer.url, "/")})
	if err != nil {
		mailer.stop(ctx)
		return nil, nil, err
	}
	stop = func() {
		webhook.stop(ctx)
		mailer.stop(ctx)
		_ = b.drop(ctx, bare) // a database that stays changes no figure
	}
	env := maps.Clone(all)
	env["WEBHOOK_URL"], env["WEBHOOK_SECRET"] = webhook.url, secret
	env["MONGODB_URI"], env["MONGODB_DATABASE"], err = b.database(bare)
	if err = errors.Join(err, mailer.answers(ctx), webhook.answers(ctx)); err != nil {
		stop()
		return nil, nil, err
	}
	both := running{pids: func() []int { return append(webhook.pids(), mailer.pids()...) }}
	return &way{name: "the two functions alone", env: env, all: both}, stop, nil
}

// answers waits until a function refuses what is not signed.
func (r *running) answers(ctx context.Context) error {
	unsigned := running{target: target{url: r.url, want: http.StatusBadRequest}}
	request, err := unsigned.request([]byte("{}"), nil)
	if err != nil {
		return err
	}
	return unsigned.untilAnswered(ctx, request)
}

// playSales plays sales, and measures them to the acknowledgement and to the last e-mail, and what
// the processes take.
func (b *bench) playSales(ctx context.Context, w *way) (sampled, error) {
	s, err := shop.Open(w.env)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	before, err := w.all.usage()
	if err != nil {
		return nil, err
	}
	posted, acked, err := b.sell(ctx, s)
	if err != nil {
		return nil, err
	}
	took, err := b.allMailed(ctx, s, posted)
	if err != nil {
		return nil, err
	}
	after, err := w.all.usage()
	mails := load{latencies: took}
	return sampled{
		ackP50: milliseconds(acked.percentile(50)), ackP99: milliseconds(acked.percentile(99)),
		mailedP50: milliseconds(mails.percentile(50)), mailedP99: milliseconds(mails.percentile(99)),
		cpuPerSale: microseconds(after.CPU-before.CPU) / float64(b.Sales),
		rssRest:    float64(before.Resident) / 1024, rssAfter: float64(after.Resident) / 1024,
	}, err
}

// sell plays the sales at their times, and gives when each was posted, by its session, and how soon
// they were acknowledged.
func (b *bench) sell(ctx context.Context, s *shop.Shop) (posted map[string]time.Time, acked load, err error) {
	m, err := newMaker()
	if err != nil {
		return nil, acked, err
	}
	posted = map[string]time.Time{}
	tick := time.NewTicker(time.Second / time.Duration(b.PerSecond))
	defer tick.Stop()
	for range b.Sales {
		p := m.purchase()
		if err := s.SetItems(ctx, p); err != nil {
			return nil, acked, err
		}
		select {
		case <-ctx.Done():
			return nil, acked, ctx.Err()
		case <-tick.C:
		}
		began := time.Now()
		posted[p.Session] = began
		if _, err := s.Pay(ctx, p); err != nil {
			return nil, acked, err
		}
		acked.latencies = append(acked.latencies, time.Since(began))
	}
	slices.Sort(acked.latencies)
	return posted, acked, nil
}

// allMailed waits until all sales have their e-mails, and gives how long each took, the shortest
// first.
func (b *bench) allMailed(ctx context.Context, s *shop.Shop, posted map[string]time.Time) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, salesTimeout, fmt.Errorf("after %v not all of %d sales have their e-mails", salesTimeout, b.Sales))
	defer cancel()
	for {
		took, err := mailed(ctx, s, posted)
		if err != nil || took != nil {
			return took, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// mailed gives how long each sale took, the shortest first; nil as long as some are not done.
func mailed(ctx context.Context, s *shop.Shop, posted map[string]time.Time) ([]time.Duration, error) {
	inbox, err := s.Inbox(ctx)
	if err != nil {
		return nil, err
	}
	last := map[string]time.Time{}
	for _, m := range inbox {
		last[m.Order] = m.AcceptedAt
	}
	var took []time.Duration
	for session, at := range posted {
		o, err := s.Store.Load(ctx, session)
		if err != nil {
			return nil, err
		}
		if len(o.Emails) == 0 || len(o.Due(time.Now())) > 0 || last[session].IsZero() {
			return nil, nil
		}
		took = append(took, last[session].Sub(at))
	}
	slices.Sort(took)
	return took, nil
}
