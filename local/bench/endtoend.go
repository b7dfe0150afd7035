package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"handler/function/local/shop"
)

// salesTimeout is how long the e-mails may take after the last sale. What the queue lost would come with a sweep,
// which is turned off here: a sale without its e-mails is an error.
const salesTimeout = 30 * time.Second

// endToEnd plays sales through the whole system, and measures from each webhook to its last mail.
func (b *bench) endToEnd(ctx context.Context) error {
	b.Say("%d sales through the whole system, %d a second", b.Sales, b.PerSecond)
	env, err := b.Env()
	if err != nil {
		return err
	}
	s, err := shop.Open(env)
	if err != nil {
		return err
	}
	defer s.Close()
	posted, err := b.sell(ctx, s)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, salesTimeout, fmt.Errorf("after %v not all of %d sales have their e-mails", salesTimeout, b.Sales))
	defer cancel()
	for {
		took, err := mailed(ctx, s, posted)
		if err != nil {
			return err
		}
		if took != nil {
			l := load{latencies: took}
			b.results.whole = sampled{
				"end_to_end_p50_ms": milliseconds(l.percentile(50)),
				"end_to_end_p99_ms": milliseconds(l.percentile(99)),
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// sell plays the sales at their times, and gives when each was posted, by its session.
func (b *bench) sell(ctx context.Context, s *shop.Shop) (map[string]time.Time, error) {
	m, err := newMaker()
	if err != nil {
		return nil, err
	}
	posted := map[string]time.Time{}
	tick := time.NewTicker(time.Second / time.Duration(b.PerSecond))
	defer tick.Stop()
	for range b.Sales {
		p := m.purchase()
		if err := s.SetItems(ctx, p); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
		posted[p.Session] = time.Now()
		if _, err := s.Pay(ctx, p); err != nil {
			return nil, err
		}
	}
	return posted, nil
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
