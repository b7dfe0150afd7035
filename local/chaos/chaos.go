// Package chaos plays purchases on a running laptop while everything that can die is killed and everything
// that can misbehave does, and then judges from outside what came of it.
//
// The judge believes nobody's word: what is owed comes from what was bought, what was sent from the inbox.
// It promises to find every order that is not there, every event that is in none, every mail that is lost,
// that nobody expects, or that came twice without one of the two causes that the design allows.
package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"handler/function/internal/order"
	"handler/function/local/shop"
)

// Options say what to play, and where.
type Options struct {
	// Purchases is how many there are, and For the time over which they are spread.
	Purchases int
	For       time.Duration
	// Seed decides what is bought, when, and what goes wrong; only IDs are new in each run.
	Seed uint64
	// State is the laptop's folder.
	State string
	// Env reads its run.env as it is now: each process that is started again has another ID.
	Env func() (map[string]string, error)
	// Alone: nobody else has bought anything on this laptop.
	Alone bool
	// Say shows a line to a person.
	Say func(format string, args ...any)
}

// MaxPurchases keeps the mails of a run within what the inbox keeps.
const MaxPurchases = 1500

const (
	// wakeEvery is how often send-email is called with nothing, as cron-connector does.
	wakeEvery = 5 * time.Second
	// tellEvery is how often it is said how far all is.
	tellEvery = 10 * time.Second
	// acknowledgeTimeout is how long after the last purchase Stripe goes on delivering.
	acknowledgeTimeout = 3 * time.Minute
	// settleTimeout is how long the orders may take when nothing goes wrong any more. A lease of who died
	// takes two minutes.
	settleTimeout = 8 * time.Minute
)

// ErrOffences: something was lost, or sent twice without a cause, or is not as it should be.
var ErrOffences = errors.New("chaos found what must not be")

// run is one run.
type run struct {
	Options
	shop   *shop.Shop
	sender *sender
	faults *faults
	maker  *maker
	sales  []sale
}

// Run plays, makes trouble, waits until all has come to rest, and shows the table. Its error is ErrOffences
// where the verdict is bad.
func Run(ctx context.Context, o Options) error {
	r, err := newRun(o)
	if err != nil {
		return err
	}
	defer r.shop.Close()
	waking, stop := context.WithCancel(ctx)
	var woken sync.WaitGroup
	woken.Go(func() { r.wake(waking) })
	defer woken.Wait()
	defer stop()

	if err := r.trouble(ctx); err != nil {
		return err
	}
	if err := r.rest(ctx); err != nil {
		return err
	}
	e, err := r.evidence(ctx)
	if err != nil {
		return err
	}
	v := judge(e)
	r.Say("\n%s", r.table(v))
	for _, offence := range v.offences {
		r.Say("%s", offence)
	}
	if len(v.offences) > 0 {
		return fmt.Errorf("%w: %d times, with --seed %d", ErrOffences, len(v.offences), r.Seed)
	}
	return nil
}

func newRun(o Options) (*run, error) {
	env, err := o.Env()
	if err != nil {
		return nil, err
	}
	if env[mongod.pid] == "" {
		return nil, errors.New("this laptop uses a real database: chaos would fill it with orders")
	}
	s, err := shop.Open(env)
	if err != nil {
		return nil, err
	}
	sales, err := newSales(rand.New(rand.NewPCG(o.Seed, 1)), o.Purchases, o.For, time.Now())
	if err != nil {
		return nil, err
	}
	r := &run{Options: o, shop: s, sender: newSender(s), faults: newFaults(env), sales: sales}
	r.maker = &maker{options: o, faults: r.faults, backlog: r.backlog(), killed: map[*part][]death{}}
	return r, nil
}

// trouble plays all purchases but the last while all goes wrong.
func (r *run) trouble(ctx context.Context) error {
	r.Say("%d purchases in %s, with --seed %d.", r.Purchases, r.For, r.Seed)
	ctx, cancel := context.WithTimeoutCause(ctx, r.For+acknowledgeTimeout, errors.New("not all purchases were acknowledged in time"))
	defer cancel()
	telling, stop := context.WithCancel(ctx)
	var told sync.WaitGroup
	told.Go(func() { r.tell(telling) })
	var made error
	var making sync.WaitGroup
	making.Go(func() {
		made = r.maker.make(ctx, schedule(rand.New(rand.NewPCG(r.Seed, 2)), r.For))
		made = errors.Join(made, r.faults.end(ctx))
	})
	played := r.sender.play(ctx, r.sales[:len(r.sales)-1])
	making.Wait()
	stop()
	told.Wait()
	if made == nil && len(r.maker.unkilled()) > 0 {
		made = fmt.Errorf("never killed: %v", r.maker.unkilled())
	}
	if made == nil && r.maker.wipes == 0 {
		made = errors.New("NATS's store was never wiped")
	}
	if played != nil && ctx.Err() != nil && context.Cause(ctx) != ctx.Err() {
		played = nil // the verdict says which
	}
	return errors.Join(played, made)
}

// rest waits until no order is due, and then plays the last purchase: the queue keeps its order, so when
// this one is done, the queue has brought all that it still held, and whatever came of that has come.
func (r *run) rest(ctx context.Context) error {
	if err := r.settle(ctx, r.sales[:len(r.sales)-1]); err != nil {
		return err
	}
	last := r.sales[len(r.sales)-1:]
	for i := range last[0].posts {
		last[0].posts[i].at = 0
	}
	playing, cancel := context.WithTimeout(ctx, acknowledgeTimeout)
	defer cancel()
	if err := r.sender.play(playing, last); err != nil && ctx.Err() != nil {
		return err
	}
	return r.settle(ctx, last)
}

// settle waits until nothing is due in the orders of some sales, or the time is up; the verdict says then
// what is due still.
func (r *run) settle(ctx context.Context, sales []sale) error {
	due := map[string]bool{}
	for _, s := range sales {
		due[s.session()] = true
	}
	end, spoken := time.Now().Add(settleTimeout), time.Now()
	for {
		for id := range due {
			if o, err := r.shop.Store.Load(ctx, id); err == nil && o.NextDueAt == nil {
				delete(due, id)
			}
		}
		if len(due) == 0 || time.Now().After(end) {
			return ctx.Err()
		}
		if time.Since(spoken) >= tellEvery {
			spoken = time.Now()
			r.Say("%8s  nothing goes wrong any more; %d orders are due still", r.maker.clock(spoken), len(due))
		}
		if !sleep(ctx, time.Second) {
			return ctx.Err()
		}
	}
}

// evidence reads the orders and the inbox as they are now.
func (r *run) evidence(ctx context.Context) (evidence, error) {
	e := evidence{
		sold: r.sender.sold(r.sales), orders: map[string]*order.Order{},
		deaths: r.maker.deaths(sendEmail), broken: r.faults.broken, alone: r.Alone,
	}
	for _, s := range e.sold {
		o, err := r.shop.Store.Load(ctx, s.session)
		switch {
		case err == nil:
			e.orders[s.session] = o
		case !errors.Is(err, order.ErrNotFound):
			return e, err
		}
	}
	var err error
	e.mails, err = r.shop.Inbox(ctx)
	return e, err
}

// wake calls send-email as cron-connector does: a function that died is started only by a call.
func (r *run) wake(ctx context.Context) {
	for {
		// Where the gateway is away, the next call follows.
		_, _ = shop.Request(ctx, http.MethodPost, r.shop.Env["GATEWAY_URL"]+"/function/send-email", "", nil)
		if !sleep(ctx, wakeEvery) {
			return
		}
	}
}

// tell says every now and then how far all is.
func (r *run) tell(ctx context.Context) {
	ours := map[string]bool{}
	for _, s := range r.sales {
		ours[s.session()] = true
	}
	for sleep(ctx, tellEvery) {
		mails, err := r.shop.Inbox(ctx)
		if err != nil {
			continue
		}
		accepted := 0
		for _, m := range mails {
			if ours[m.Order] {
				accepted++
			}
		}
		acknowledged, _, _ := r.sender.counts()
		r.Say("%8s  %d of %d purchases acknowledged, %d e-mails accepted", r.maker.clock(time.Now()), acknowledged, r.Purchases, accepted)
	}
}

// backlog guesses what is in the queue: what it took since it was last asked, less what the worker has
// brought since.
func (r *run) backlog() func() int {
	path := filepath.Join(r.State, "logs", "queue-worker.log")
	var taken int
	brought, _ := countInvoked(path)
	return func() int {
		_, _, queued := r.sender.counts()
		invoked, err := countInvoked(path)
		if err != nil {
			return 0
		}
		waiting := (queued - taken) - (invoked - brought)
		taken, brought = queued, invoked
		return max(0, waiting)
	}
}

func countInvoked(log string) (int, error) {
	f, err := os.Open(log)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	return bytes.Count(b, []byte("Invoked: send-email")), err
}
