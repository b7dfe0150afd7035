// Package chaos plays purchases on a running laptop while everything that can die is killed and
// everything that can misbehave does, and then judges from outside what came of it.
//
// The judge believes nobody's word: what is owed comes from what was bought, what was sent from the
// inbox. It promises to find every order that is not there, every event that is in none, every mail
// that is lost, that nobody expects, or that came twice without one of the two causes that the
// design allows.
package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"handler/function/internal/plural"
	"handler/function/shared/shop"
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
	// Bare: the functions run without OpenFaaS. Then there is no gateway, queue or queue worker to
	// kill, and a function that dies is started again without a call.
	Bare bool
	// Alone: nobody else has bought anything on this laptop.
	Alone bool
	// Expire ends the leases of processes that died as soon as nothing goes wrong any more, in place
	// of waiting until they expire.
	Expire bool
	// Meanwhile, where there is one, is what happens while the purchases go on, in place of all
	// kills and faults. No mail may then come twice.
	Meanwhile func(ctx context.Context) error
	// Say shows a line to a person.
	Say func(format string, args ...any)
}

// MaxPurchases keeps the mails of a run within what the inbox keeps.
const MaxPurchases = 1500

// acknowledgeTimeout is how long after the last purchase Stripe goes on delivering.
const acknowledgeTimeout = 3 * time.Minute

// ErrViolations: something was lost, or sent twice without a cause, or is not as it should be.
var ErrViolations = errors.New("chaos found what must not be")

// run is one run.
type run struct {
	Options
	shop   *shop.Shop
	sender *sender
	faults *faults
	maker  *maker
	sales  []sale
	// expired is when the leases of processes that died were ended; zero where they are waited for.
	expired time.Time
}

// Run plays, makes trouble, waits until all has come to rest, and shows the table. Its error is
// ErrViolations where the verdict is bad.
func Run(ctx context.Context, o Options) error {
	r, err := newRun(o)
	if err != nil {
		return err
	}
	defer r.shop.Close()
	waking, stop := context.WithCancel(ctx)
	var woken sync.WaitGroup
	if !o.Bare {
		woken.Go(func() { r.wake(waking) })
	}
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
	for _, violation := range v.violations {
		r.Say("%s", violation)
	}
	if len(v.violations) > 0 {
		return fmt.Errorf("%w: %s, SEED=%d", ErrViolations, plural.Of(len(v.violations), "time"), r.Seed)
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
	r.Say("%d purchases in %s, SEED=%d.", r.Purchases, r.For, r.Seed)
	ctx, cancel := context.WithTimeoutCause(ctx, r.For+acknowledgeTimeout, errors.New("not all purchases were acknowledged in time"))
	defer cancel()
	telling, stop := context.WithCancel(ctx)
	var told sync.WaitGroup
	told.Go(func() { r.tell(telling) })
	var made error
	var making sync.WaitGroup
	making.Go(func() { made = r.disturb(ctx) })
	played := r.sender.play(ctx, r.sales[:len(r.sales)-1])
	making.Wait()
	stop()
	told.Wait()
	if played != nil && ctx.Err() != nil && context.Cause(ctx) != ctx.Err() {
		played = nil // the verdict says which
	}
	return errors.Join(played, made)
}

// disturb makes the trouble, and sees that none of it was left out.
func (r *run) disturb(ctx context.Context) error {
	if r.Meanwhile != nil {
		r.maker.began = time.Now()
		return r.Meanwhile(ctx)
	}
	err := r.maker.make(ctx, schedule(rand.New(rand.NewPCG(r.Seed, 2)), r.For, r.parts()))
	switch err = errors.Join(err, r.faults.end(ctx)); {
	case err != nil:
		return err
	case len(r.maker.unkilled()) > 0:
		return fmt.Errorf("never killed: %v", r.maker.unkilled())
	case r.maker.wipes == 0 && !r.Bare:
		return errors.New("NATS's store was never wiped")
	}
	return nil
}
