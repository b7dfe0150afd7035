package function

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"handler/function/internal/order"
)

// What a service takes to answer a function on a small server; docs/performance.md computes with
// the same figures.
const (
	databaseTakes = 15 * time.Millisecond
	stripeTakes   = 300 * time.Millisecond
	sendGridTakes = 200 * time.Millisecond
)

// distant is a store that takes its time.
type distant struct{ *memory }

func (d distant) Load(ctx context.Context, id string) (*order.Order, error) {
	time.Sleep(databaseTakes)
	return d.memory.Load(ctx, id)
}

func (d distant) Update(ctx context.Context, id string, change func(*order.Order) error) (*order.Order, error) {
	time.Sleep(databaseTakes)
	return d.memory.Update(ctx, id, change)
}

func (d distant) UpdateFrom(ctx context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error) {
	return d.Update(ctx, o.ID, change)
}

func (d distant) Due(ctx context.Context, now time.Time, limit int) ([]order.DueOrder, error) {
	time.Sleep(databaseTakes)
	return d.memory.Due(ctx, now, limit)
}

// slowItems is an item source that takes its time.
type slowItems struct{ itemSource }

func (s slowItems) fetch(ctx context.Context, id, account string) ([]order.Item, error) {
	time.Sleep(stripeTakes)
	return s.itemSource.fetch(ctx, id, account)
}

// far lets all services of a function take their time.
func far(b *bench, s *stub) {
	b.store = func() (Store, error) { return distant{b.memory}, nil }
	b.items = slowItems{s}
	s.before = func(string) { time.Sleep(sendGridTakes) }
}

func TestTimeOfASale(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		more   int
		within time.Duration
	}{
		"two e-mails":  {0, 570 * time.Millisecond},
		"four e-mails": {2, 600 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				b, s, quit := alive(t, 1, func(b *bench, s *stub) { b.interval = 0; far(b, s) })
				defer quit()
				b.oweMore("cs_0", c.more)
				began := time.Now()
				has(t, b.invoke(`{"id":"cs_0"}`), 200, `"waiting":0,"failed":0`)
				took := time.Since(began)
				if n := len(s.sent()); n != 2+c.more || took > c.within {
					t.Errorf("%d e-mails took %v, want %d within %v", n, took, 2+c.more, c.within)
				}
				t.Logf("took %v, %d calls of the database", took, b.memory.calls)
			})
		})
	}
}

// TestSweepKeepsItsRate: the sweep is limited by its rate, and not by what each order takes. Between
// two sweeps there is a pause of a second.
func TestSweepKeepsItsRate(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		const orders, perSecond, anHour = 400, 10, 11_700
		began := time.Now()
		_, s, quit := alive(t, orders, func(b *bench, s *stub) {
			far(b, s)
			b.limit = rate.NewLimiter(perSecond, 1)
		})
		defer quit()
		time.Sleep(10 * time.Minute)
		mails := s.sent()
		took := mails[len(mails)-1].at.Sub(began)
		if most := time.Hour * orders / anHour; len(mails) != 2*orders || took > most {
			t.Errorf("%d e-mails in %v, want %d in %v", len(mails), took, 2*orders, most)
		}
		t.Logf("%.0f orders an hour", orders/took.Hours())
	})
}

func TestSlowOrderDelaysNoOther(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, s, quit := alive(t, 3*batch, func(_ *bench, s *stub) {
			s.before = func(delivery string) {
				if strings.HasPrefix(delivery, "cs_0/") {
					time.Sleep(attemptTimeout)
				}
			}
		})
		defer quit()
		time.Sleep(attemptTimeout - time.Second)
		if n := len(s.sent()); n != 2*3*batch {
			t.Errorf("%d e-mails began beside a slow one, want all %d", n, 2*3*batch)
		}
		if at := s.sent()[0].at; at.Sub(began) > time.Second {
			t.Errorf("the first began after %v", at.Sub(began))
		}
		time.Sleep(attemptTimeout) // the slow one ends
	})
}
