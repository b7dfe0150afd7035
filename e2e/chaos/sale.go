package chaos

import (
	"math/rand/v2"
	"time"

	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

// sale is one purchase of a run: what Stripe has to tell of it, and when.
type sale struct {
	kind kind
	// events are all about one session.
	events []shop.Purchase
	posts  []post
}

// post is one delivery of an event by Stripe, which ends when it is acknowledged.
type post struct {
	// event is its index in the sale's events.
	event int
	// at is when it is first tried, from the start of the run.
	at time.Duration
}

func (s sale) session() string { return s.events[0].Session }

// newSales spreads n purchases over a time.
func newSales(r *rand.Rand, n int, over time.Duration, now time.Time) ([]sale, error) {
	dealt := deal(n, r.IntN)
	r.Shuffle(n, func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
	pause := over / time.Duration(n)
	sales := make([]sale, n)
	for i, k := range dealt {
		events, err := newEvents(k, now)
		if err != nil {
			return nil, err
		}
		at := time.Duration(i)*pause + jitter(r, pause)
		sales[i] = sale{k, events, newPosts(r, len(events), at)}
	}
	return sales, nil
}

// newEvents makes a kind's events, one a second by Stripe's clock.
func newEvents(k kind, now time.Time) ([]shop.Purchase, error) {
	var events []shop.Purchase
	for i, name := range k.events {
		body, err := sample.Event(name)
		if err != nil {
			return nil, err
		}
		made := now.Add(time.Duration(i) * time.Second)
		var p shop.Purchase
		if i == 0 {
			items, err := sample.LineItems(name)
			if err != nil {
				return nil, err
			}
			p, err = shop.NewPurchase(body, items, made)
			if err != nil {
				return nil, err
			}
		} else if p, err = events[0].Then(body, made); err != nil {
			return nil, err
		}
		events = append(events, p)
	}
	return events, nil
}

const (
	// follows is the most that lies between two events of a session.
	follows = 5 * time.Second
	// again is the most that lies between an event and its redelivery.
	again = 15 * time.Second
)

// newPosts is how Stripe delivers a session's events: mostly in their order, sometimes at once and
// sometimes the last one first; and some of them two or three times, at once or after their
// success.
func newPosts(r *rand.Rand, events int, at time.Duration) []post {
	gap := [...]time.Duration{jitter(r, follows), jitter(r, follows), 0, -jitter(r, follows)}[r.IntN(4)]
	var posts []post
	for i := range events {
		first := max(0, at+time.Duration(i)*gap)
		posts = append(posts, post{i, first})
		for range [...]int{0, 0, 0, 1, 2}[r.IntN(5)] {
			posts = append(posts, post{i, first + [...]time.Duration{0, jitter(r, again)}[r.IntN(2)]})
		}
	}
	return posts
}

// jitter is something from 0 up to, but not including, most.
func jitter(r *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(r.Int64N(max(1, int64(most))))
}
