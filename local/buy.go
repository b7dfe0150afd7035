package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/local/shop"
)

// buyers is how many purchases are under way at once when there are many.
const buyers = 8

const buyUsage = `Plays purchases on a running laptop, as Stripe would tell of them.

  local buy [--event FILE|NAME] [--items FILE] [--n COUNT] [--missed] [--state DIR]
  local buy --event FILE|NAME --session cs_… [--state DIR]

Each purchase has a session of its own, and a payment. With a session that was bought before, the event is what
becomes of it: a refund, a dispute, the news of a bank debit. With --missed nobody tells stripe-webhook of it, as if the
endpoint at Stripe were deleted: the stand-in for Stripe alone knows, until ops reconcile or stripe-webhook itself asks
it. The sample events there are: %v.
`

func buyCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local buy", flag.ContinueOnError)
	event := set.String("event", "completed_paid", "file of an event as Stripe sends it, or the name of a sample")
	items := set.String("items", "", "file of the session's line items (default: the sample's, if it is one)")
	session := set.String("session", "", "a session that was bought before")
	n := set.Int("n", 1, "how many")
	missed := set.Bool("missed", false, "do not call the webhook")
	set.Usage = func() {
		fmt.Fprintf(set.Output(), buyUsage, sample.Names())
		set.PrintDefaults()
	}
	f, err := parseFolders(set, args)
	if err != nil {
		return err
	}
	if *n < 1 || *n > 100_000 || *session != "" && *n > 1 {
		return errors.New("--n: want 1 to 100000, and 1 with a session")
	}
	body, list, err := readPurchase(*event, *items)
	if err != nil {
		return err
	}
	p, notNew := shop.NewPurchase(body, list, time.Now())
	if notNew != nil && *session == "" {
		return fmt.Errorf("%w; with --session cs_… it may be what becomes of a purchase", notNew)
	}
	b, err := newBuyer(f.state)
	if err != nil {
		return err
	}
	defer b.Close()
	if *session != "" {
		if p, err = b.followed(ctx, *session, body); err != nil {
			return err
		}
	}
	if stripeAPI.real() {
		fmt.Println("Stripe is the real one: it does not know this session, so its line items cannot be fetched.")
	}
	if *missed && stripeAPI.real() {
		return errors.New("--missed: the real Stripe has no purchase that was made here; delete its webhook endpoint and buy there")
	}
	if *missed {
		return b.missMany(ctx, newConsole(), body, list, *n)
	}
	if *n > 1 {
		return b.buyMany(ctx, newConsole(), body, list, *n)
	}
	return b.tellStory(ctx, newConsole(), p)
}

// followed is a purchase that was made before, with an event of what becomes of it.
func (b *buyer) followed(ctx context.Context, session string, event []byte) (shop.Purchase, error) {
	o, err := b.Store.Load(ctx, session)
	if err != nil {
		return shop.Purchase{}, err
	}
	return shop.Purchase{Session: o.ID, Payment: o.PaymentIntent}.Then(event, time.Now())
}

// missMany plays n purchases of which the webhook is not told.
func (b *buyer) missMany(ctx context.Context, c *console, body, list []byte, n int) error {
	for range n {
		p, err := b.Miss(ctx, body, list)
		if err != nil {
			return err
		}
		if n == 1 {
			c.say("  %s is paid at Stripe, and nobody here was told.", p.Session)
		}
	}
	if n > 1 {
		c.say("  %d sessions are paid at Stripe, and nobody here was told.", n)
	}
	c.say("  go run ./ops reconcile --since 1h   finds that, and so does stripe-webhook when it starts, and once a day")
	return nil
}

// readPurchase reads the event and its items: files, or a sample by its name.
func readPurchase(event, items string) (body, list []byte, err error) {
	if body, err = os.ReadFile(event); err != nil {
		var notSample error
		if body, notSample = sample.Event(event); notSample != nil {
			return nil, nil, errors.Join(err, notSample)
		}
		list, _ = sample.LineItems(event) // some have none of their own
	}
	if items != "" {
		if list, err = os.ReadFile(items); err != nil {
			return nil, nil, err
		}
	}
	return body, list, nil
}

// buyMany plays n purchases, several at once, and counts what became of them.
func (b *buyer) buyMany(ctx context.Context, c *console, body, list []byte, n int) error {
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
					c.say("  %d of %d acknowledged after %s", done, n, took(time.Since(began)))
				}
			}
		})
	}
	all.Wait()
	if len(errs) > 0 {
		c.trouble("%d of %d were not acknowledged; the first: %v", len(errs), n, errs[0])
	}
	return errors.Join(b.count(ctx, c, sessions, began), errors.Join(errs...))
}

// count waits for the e-mails of the orders, and says how many there are.
func (b *buyer) count(ctx context.Context, c *console, sessions []string, began time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, watchFor+time.Duration(len(sessions))*100*time.Millisecond)
	defer cancel()
	var orders, owed, sent, unsure int
	ours := map[string]bool{}
	var slowest time.Duration
	for _, id := range sessions {
		if id == "" {
			continue
		}
		o, err := b.watch(ctx, id, func(*order.Order) {})
		if o == nil {
			return err
		}
		orders++
		ours[o.ID] = true
		for _, d := range o.Emails {
			owed++
			if d.State == order.Sent {
				sent++
				slowest = max(slowest, d.SentAt.Sub(o.CreatedAt))
			}
			if d.Unsure {
				unsure++
			}
		}
	}
	c.say("%d orders, %d e-mails owed, %d sent (%d unsure), in %s; the slowest came %s after its order.",
		orders, owed, sent, unsure, took(time.Since(began)), took(slowest))
	if sent != owed {
		return fmt.Errorf("%d e-mails are not sent", owed-sent)
	}
	if sent == 0 || sendgridAPI.real() { // the real one's inboxes are not ours to read
		return nil
	}
	return b.compareInbox(ctx, c, ours, sent, unsure)
}
