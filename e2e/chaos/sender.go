package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"handler/function/shared/shop"
)

const (
	// atOnce is how many requests the sender makes at a time.
	atOnce = 32
	// firstPause and maxPause are Stripe's hours, as seconds: what lies between two tries of an
	// event.
	firstPause = 500 * time.Millisecond
	maxPause   = 5 * time.Second
)

// sender delivers events as Stripe does: each of them until it is acknowledged.
type sender struct {
	shop  *shop.Shop
	began time.Time
	turns chan struct{}

	mu       sync.Mutex
	receipts map[string]receipt
	// acknowledged counts the sales of which nothing is left to deliver.
	acknowledged int
	tries        int
	// refused counts the tries that were not acknowledged, by what came instead.
	refused map[string]int
	// queued counts the answers that say that the queue took the order.
	queued int
}

// receipt is when an event was first tried, and when it was first acknowledged.
type receipt struct{ tried, acked time.Time }

func newSender(s *shop.Shop) *sender {
	return &sender{shop: s, began: time.Now(), turns: make(chan struct{}, atOnce), receipts: map[string]receipt{}, refused: map[string]int{}}
}

// play delivers the events of all sales, each at its time. What was not acknowledged when ctx ends
// has no receipt.
func (s *sender) play(ctx context.Context, sales []sale) error {
	for _, sale := range sales {
		// The stand-in for Stripe knows what is bought before anybody is told of it, as Stripe
		// does.
		if err := s.shop.SetItems(ctx, sale.events[0]); err != nil {
			return err
		}
	}
	s.began = time.Now()
	var all sync.WaitGroup
	for _, sale := range sales {
		all.Go(func() { s.playOne(ctx, sale) })
	}
	all.Wait()
	return ctx.Err()
}

func (s *sender) playOne(ctx context.Context, sale sale) {
	var posts sync.WaitGroup
	for _, p := range sale.posts {
		posts.Go(func() { s.deliver(ctx, sale.events[p.event], s.began.Add(p.at)) })
	}
	posts.Wait()
	if ctx.Err() == nil {
		s.mu.Lock()
		s.acknowledged++
		s.mu.Unlock()
	}
}

// deliver tries an event until it is acknowledged.
func (s *sender) deliver(ctx context.Context, event shop.Purchase, at time.Time) {
	if !sleep(ctx, time.Until(at)) {
		return
	}
	for pause := firstPause; ; pause = min(2*pause, maxPause) {
		if s.try(ctx, event) || !sleep(ctx, pause/2+rand.N(pause)) {
			return
		}
	}
}

// try makes one request, and reports whether it was acknowledged.
func (s *sender) try(ctx context.Context, event shop.Purchase) bool {
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	s.tried(event.Event)
	answer, err := s.shop.Pay(ctx, event)
	if err != nil {
		s.notAcked(err)
		return false
	}
	s.acked(event.Event, answer)
	return true
}

func (s *sender) tried(event string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if r := s.receipts[event]; r.tried.IsZero() {
		s.receipts[event] = receipt{tried: time.Now()}
	}
}

func (s *sender) notAcked(err error) {
	why := "no answer"
	if refusal := (*shop.Refusal)(nil); errors.As(err, &refusal) {
		why = strconv.Itoa(refusal.Status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[why]++
}

// refusals are the tries that were not acknowledged, by what came instead.
func (s *sender) refusals() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.refused)
}

func (s *sender) acked(event, answer string) {
	var told struct {
		Queued bool `json:"queued"`
	}
	_ = json.Unmarshal([]byte(answer), &told) // an answer of another form is not counted as queued
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.receipts[event]; r.acked.IsZero() {
		r.acked = time.Now()
		s.receipts[event] = r
	}
	if told.Queued {
		s.queued++
	}
}

// sold is what was bought, with when all of it was acknowledged.
func (s *sender) sold(sales []sale) []sold {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []sold
	for _, sale := range sales {
		one := sold{session: sale.session(), kind: sale.kind, acknowledged: true}
		for _, e := range sale.events {
			r := s.receipts[e.Event]
			one.events = append(one.events, e.Event)
			one.acknowledged = one.acknowledged && !r.acked.IsZero()
			// The last of them is the one that says whether there is money.
			one.settled = r.acked
			one.slowestAck = max(one.slowestAck, r.acked.Sub(r.tried))
		}
		all = append(all, one)
	}
	return all
}

func (s *sender) counts() (acknowledged, tries, queued int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acknowledged, s.tries, s.queued
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
