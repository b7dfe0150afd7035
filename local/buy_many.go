package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/plural"
	"handler/function/shared/console"
)

const (
	// buyers is how many purchases are under way at once when there are many.
	buyers = 8
	// lastLook is how long counting may take where nothing is waited for any more.
	lastLook = 10 * time.Second
)

// missMany plays n purchases of which the webhook is not told.
func (b *buyer) missMany(ctx context.Context, c *console.Console, body, list []byte, n int) error {
	var failed error
	missed, last := 0, ""
	for missed < n && failed == nil {
		p, err := b.Miss(ctx, body, list)
		if failed = err; err == nil {
			missed, last = missed+1, p.Session
		}
	}
	if missed == 1 {
		c.Say("  %s is paid at Stripe, without a webhook call.", last)
	} else {
		c.Say("  %s are paid at Stripe, without webhook calls.", plural.Of(missed, "session"))
	}
	if missed > 0 {
		c.Say("  go run ./cmd/tillbell reconcile --since 1h   finds that, and so does stripe-webhook when it starts, and once a day")
	}
	return failed
}

// buyMany plays n purchases, several at once, and counts what became of them, however it ends.
func (b *buyer) buyMany(ctx context.Context, c *console.Console, body, list []byte, n int) error {
	began := time.Now()
	var turn, paid atomic.Int64
	var mu sync.Mutex
	var errs []error
	sessions := make([]string, n)
	var all sync.WaitGroup
	for range min(buyers, n) {
		all.Go(func() {
			for i := turn.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = turn.Add(1) - 1 {
				id, err := b.Buy(ctx, body, list)
				if err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					continue
				}
				sessions[i] = id
				if done := paid.Add(1); done%max(1, int64(n)/10) == 0 {
					c.Say("  %d of %d acknowledged after %s", done, n, console.Took(time.Since(began)))
				}
			}
		})
	}
	all.Wait()
	if len(errs) > 0 && ctx.Err() == nil {
		c.Trouble("%d of %d were not acknowledged; the first: %v", len(errs), n, errs[0])
	}
	sum, counted := b.count(ctx, sessions)
	c.Say("%d of %s acknowledged: %s, in %s.", paid.Load(), plural.Of(n, "purchase"), sum, console.Took(time.Since(began)))
	switch {
	case ctx.Err() != nil:
		return errors.New("stopped; what is not sent yet is sent all the same while make run is up")
	case errs != nil:
		return errors.Join(counted, errs[0])
	case counted != nil || sum.sent == 0 || sendgridAPI.real(): // the real one's inboxes are not ours to read
		return counted
	}
	return b.compareInbox(ctx, c, sum)
}

// counts are what became of many orders.
type counts struct {
	now    time.Time
	orders map[string]bool
	// later are those that are scheduled, and unread the orders that could not be read.
	owed, sent, later, unsure, unread int
	// slowest is how long after its order the last e-mail came.
	slowest time.Duration
}

func (s counts) String() string {
	text := fmt.Sprintf("%s, %s owed, %d sent (%d unsure)", plural.Of(len(s.orders), "order"), plural.Of(s.owed, "e-mail"), s.sent, s.unsure)
	if s.later > 0 {
		text += fmt.Sprintf(", %d for later", s.later)
	}
	if s.unread > 0 {
		text += fmt.Sprintf(", %s cannot be read", plural.Of(s.unread, "order"))
	}
	if s.sent > 0 {
		text += fmt.Sprintf(", the slowest %s after its order", console.Took(s.slowest))
	}
	return text
}

// add counts an order.
func (s *counts) add(o *order.Order) {
	s.orders[o.ID] = true
	for _, d := range o.Emails {
		s.owed++
		switch {
		case d.State == order.Sent:
			s.sent++
			s.slowest = max(s.slowest, d.SentAt.Sub(o.CreatedAt))
		case d.Later(s.now):
			s.later++
		}
		if d.Unsure {
			s.unsure++
		}
	}
}

// count waits for the e-mails of the orders and counts them. Where ctx ends, it counts what there
// is.
func (b *buyer) count(ctx context.Context, sessions []string) (counts, error) {
	waiting, cancel := context.WithTimeout(ctx, watchFor+time.Duration(len(sessions))*100*time.Millisecond)
	defer cancel()
	sum := counts{now: time.Now(), orders: map[string]bool{}}
	var failed error
	for _, id := range sessions {
		if id == "" {
			continue
		}
		o, err := b.watch(waiting, id, func(*order.Order) {})
		if waiting.Err() != nil {
			o, err = b.look(ctx, id)
		}
		if err != nil {
			sum.unread++
			failed = cmp.Or(failed, err)
			continue
		}
		sum.add(o)
	}
	if n := sum.owed - sum.sent - sum.later; failed == nil && n > 0 {
		failed = fmt.Errorf("not sent: %s", plural.Of(n, "e-mail"))
	}
	return sum, failed
}

// look reads an order as it is, also after ctx has ended.
func (b *buyer) look(ctx context.Context, id string) (*order.Order, error) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer cancel()
	return b.Store.Load(late, id)
}
