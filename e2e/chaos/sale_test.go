package chaos

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

func TestNewSales(t *testing.T) {
	t.Parallel()

	newSales := func(t *testing.T, seed uint64) []sale {
		t.Helper()
		sales, err := newSales(rand.New(rand.NewPCG(seed, 1)), 200, time.Minute, start)
		if err != nil {
			t.Fatal(err)
		}
		return sales
	}

	t.Run("spreads them over the time, and has each kind", func(t *testing.T) {
		t.Parallel()

		seen := map[string]int{}
		for i, s := range newSales(t, 1) {
			seen[strings.Join(s.kind.events, " ")]++
			at := time.Duration(i) * time.Minute / 200
			if s.posts[0].at < at || s.posts[0].at > at+time.Minute/200 {
				t.Errorf("purchase %d begins at %s", i, s.posts[0].at)
			}
		}
		if len(seen) != len(kinds) {
			t.Errorf("%d kinds of %d: %v", len(seen), len(kinds), seen)
		}
	})

	t.Run("is the same for the same seed but for the IDs", func(t *testing.T) {
		t.Parallel()

		shape := func(sales []sale) (all []any) {
			for _, s := range sales {
				all = append(all, s.kind.events, s.posts)
			}
			return all
		}
		one, other := newSales(t, 1), newSales(t, 1)
		if d := cmp.Diff(shape(one), shape(other), cmp.AllowUnexported(post{})); d != "" {
			t.Error(d)
		}
		if one[0].session() == other[0].session() {
			t.Error("a session comes twice")
		}
	})

	t.Run("delivers every event, some twice, some the other way round", func(t *testing.T) {
		t.Parallel()

		var again, together, swapped, later int
		for _, s := range newSales(t, 1) {
			first := map[int]time.Duration{}
			for _, p := range s.posts {
				at, known := first[p.event]
				switch {
				case !known:
					first[p.event] = p.at
				case p.at == at:
					together++
				default:
					again++
				}
			}
			if len(first) != len(s.events) {
				t.Fatalf("%d of %d events are delivered", len(first), len(s.events))
			}
			if len(first) == 2 && first[1] < first[0] {
				swapped++
			}
			if len(first) == 2 && first[1] > first[0] {
				later++
			}
		}
		if again == 0 || together == 0 || swapped == 0 || later == 0 {
			t.Errorf("redelivered later %d, at once %d, swapped %d, in their order %d", again, together, swapped, later)
		}
	})
}

// TestKinds holds the table against the samples, so that a sample which changes is noticed here.
func TestKinds(t *testing.T) {
	t.Parallel()

	used, shares := map[string]bool{}, 0
	for _, k := range kinds {
		shares += k.share
		events, err := newEvents(k, start)
		if err != nil {
			t.Fatal(err)
		}
		var o *order.Order
		for i, p := range events {
			used[k.events[i]] = true
			e, err := order.ParseEvent(p.Body, start)
			if err != nil {
				t.Fatal(err)
			}
			if o == nil {
				o, err = order.New(e, start)
			} else {
				_, err = o.Add(e, start)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if o.ID != events[0].Session || len(o.Events) != len(k.events) || o.PaymentStatus != k.status {
			t.Errorf("%v: an order %s of %d events", k.events, o.PaymentStatus, len(o.Events))
		}
		if _, owes := o.Unplanned(); owes != (len(k.owes) > 0) {
			t.Errorf("%v: the order owes something: %v; it should be %v", k.events, owes, k.owes)
		}
		if events[0].Items == nil {
			t.Errorf("%v: nothing was bought", k.events)
		}
	}
	sessions := slices.DeleteFunc(sample.Names(), func(name string) bool {
		body, err := sample.Event(name)
		if err != nil {
			t.Fatal(err)
		}
		env, err := order.ParseEnvelope(body)
		return err != nil || order.ByIntent(env.Type) || strings.HasPrefix(env.Type, "charge.") // they name no session
	})
	if d := cmp.Diff(sessions, slices.Sorted(maps.Keys(used))); d != "" {
		t.Errorf("samples (-there are +are used):\n%s", d)
	}
	if shares != 100 {
		t.Errorf("the shares add up to %d", shares)
	}
}
