// Package bench measures the functions beside what might be used instead of them, all in one run on
// one machine against one database, so that their ratios hold where the figures themselves do not.
//
// It promises that every contender gets signed events of sessions of their own, that it has
// answered each of them with a 200, and that contenders take turns: five rounds, each with all of
// them, of which the medians count.
package bench

import (
	"context"
	"os"
	"time"

	"handler/function/internal/mongodb"
)

// Size is how much is measured.
type Size struct {
	// Rounds is how often each contender has its turn.
	Rounds int
	// Senders is how many events are sent in each round by how many senders at a time.
	Senders []Senders
	// Forged is how many requests are forged in each round.
	Forged int
	// Sales is how many are played in each round in each way, PerSecond of them.
	Sales, PerSecond int
	// Stored are how many orders lie in the database while the sweep is measured, and each function
	// beside it.
	Stored []int
	// Orders is how many are taken and worked off beside what is stored.
	Orders int
	// Sweeps is how many are measured.
	Sweeps int
	// Rest is how long a process is left alone before its memory at rest is read.
	Rest time.Duration
}

// Senders send so many events, each of them one after the other.
type Senders struct{ AtOnce, Events int }

// Full is what docs/performance.md shows: 10,000 events for each contender in each round.
var Full = Size{
	Rounds:  5,
	Senders: []Senders{{1, 1000}, {16, 6000}, {64, 3000}},
	Forged:  10_000,
	Sales:   100, PerSecond: 10,
	Stored: []int{0, 1000, 100_000},
	Orders: 2000,
	Sweeps: 50,
	Rest:   time.Second,
}

// Quick shows in half a minute that all of it works; its figures mean little.
var Quick = Size{
	Rounds:  1,
	Senders: []Senders{{1, 50}, {16, 200}, {64, 200}},
	Forged:  500,
	Sales:   10, PerSecond: 10,
	Stored: []int{0, 1000},
	Orders: 100,
	Sweeps: 5,
	Rest:   100 * time.Millisecond,
}

// Options are what a run needs of the laptop. Its own processes are not measured, but for those
// that Gateway names.
type Options struct {
	Size
	// Root is the folder of the repository, Dir one for what is built.
	Root, Dir string
	// Env is what a running laptop tells scripts in its run.env, as it is now.
	Env func() (map[string]string, error)
	// Webhook and Mailer are the binaries of stripe-webhook and send-email, as their images hold
	// them.
	Webhook, Mailer string
	// Settings are the environment that stack.yml gives stripe-webhook and send-email.
	Settings func(function string) map[string]string
	// EndQueue stops the queue worker for good.
	EndQueue func(context.Context) error
	// SalesOnly: nothing is measured but whole sales.
	SalesOnly bool
	// Say tells how far it is.
	Say func(format string, args ...any)
}

// Run measures all of it, in an order in which nothing disturbs what comes after it: first whole
// sales through the queue, then the rounds without the queue worker, whose work would take
// processor time of whoever has his turn; last what fills the database.
func Run(ctx context.Context, o Options) (*Results, error) {
	r := &Results{Machine: thisMachine(), Rounds: o.Rounds, Contenders: map[string]Figures{}, NotMeasured: map[string]string{}}
	b := &bench{Options: o, results: r}
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{b.build, b.endToEnd, b.rounds, b.grow, b.sizes}
	if o.SalesOnly {
		steps = []func(context.Context) error{b.endToEnd}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// bench is a run.
type bench struct {
	Options
	results    *Results
	contenders []contender
}

// drop removes a database, so that whoever is next finds the server as small as it was.
func (b *bench) drop(ctx context.Context, name string) error {
	uri, database, err := b.database(name)
	if err != nil {
		return err
	}
	client, err := mongodb.Connect(uri, "bench")
	if err != nil {
		return err
	}
	defer func() { _ = client.Disconnect(ctx) }()
	return client.Database(database).Drop(ctx)
}

// database is the address of the one database, which is the laptop's, and the name of one in it;
// the gateway's is the laptop's own.
func (b *bench) database(name string) (uri, database string, err error) {
	env, err := b.Env()
	if err != nil {
		return "", "", err
	}
	if name == oursGateway {
		return env["MONGODB_URI"], env["MONGODB_DATABASE"], nil
	}
	return env["MONGODB_URI"], "bench_" + name, nil
}
