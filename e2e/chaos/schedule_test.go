package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSchedule(t *testing.T) {
	t.Parallel()

	for _, over := range []time.Duration{10 * time.Second, time.Minute, 4 * time.Minute} {
		for bare, parts := range map[bool][]*part{
			false: {webhook, sendEmail, gateway, worker, nats, mongod},
			true:  {webhook, sendEmail, mongod},
		} {
			t.Run(fmt.Sprintf("has all that can go wrong in %v, bare: %v", over, bare), func(t *testing.T) {
				t.Parallel()

				for seed := range uint64(100) {
					hasAll(t, seed, over, Options{Bare: bare}, parts)
				}
			})
		}
	}

	t.Run("is the same for the same seed", func(t *testing.T) {
		t.Parallel()

		one, other := schedule(rand.New(rand.NewPCG(7, 2)), time.Minute, parts), schedule(rand.New(rand.NewPCG(7, 2)), time.Minute, parts)
		if d := cmp.Diff(one, other, cmp.AllowUnexported(trouble{}, part{}, standIn{})); d != "" {
			t.Error(d)
		}
		if another := schedule(rand.New(rand.NewPCG(8, 2)), time.Minute, parts); cmp.Equal(one, another, cmp.AllowUnexported(trouble{}, part{}, standIn{})) {
			t.Error("and for another one")
		}
	})

	t.Run("kills who waits to record, while the database restarts", func(t *testing.T) {
		t.Parallel()

		r := rand.New(rand.NewPCG(1, 2))
		for range 100 {
			s := dieUnrecorded(r, turn, nil)
			if pause := s[2].at - s[1].at; s[1].part != mongod || s[2].part != sendEmail || pause < 200*time.Millisecond || pause > 400*time.Millisecond {
				t.Fatalf("%s after %s died, %s did", pause, s[1].part.name, s[2].part.name)
			}
		}
	})
}

// hasAll looks for all that must be in a schedule that kills these parts.
func hasAll(t *testing.T, seed uint64, over time.Duration, o Options, parts []*part) {
	t.Helper()
	all := schedule(rand.New(rand.NewPCG(seed, 2)), over, o.parts())
	killed, wiped, faults := map[*part]int{}, 0, map[string]int{}
	for _, s := range all {
		if s.at < 0 || s.at > over {
			t.Fatalf("seed %d: something at %s", seed, s.at)
		}
		if s.part == nil {
			faults[s.service.name]++
			continue
		}
		killed[s.part]++
		if s.wipe {
			wiped++
		}
	}
	for _, p := range parts {
		if killed[p] == 0 {
			t.Fatalf("seed %d: %s is never killed", seed, p.name)
		}
	}
	if len(killed) != len(parts) || wiped == 0 != o.Bare || faults["SendGrid"] == 0 || faults["Stripe"] == 0 {
		t.Fatalf("seed %d: killed %v, wiped %d, faults %v", seed, killed, wiped, faults)
	}
	if !slices.IsSortedFunc(all, func(a, b trouble) int { return int(a.at - b.at) }) {
		t.Fatalf("seed %d: not in the order of time", seed)
	}
}

func TestDeck(t *testing.T) {
	t.Parallel()

	var d deck
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 40 {
		f := d.draw(r)
		seen[name(f)] = true
		if f.Times < 1 || (f.Status == 429) != (f.RetryAfterS > 0) || f.Status != 0 && f.Status != 429 && f.Status < 500 {
			t.Errorf("%+v is no fault of a service that is there again soon", f)
		}
	}
	for _, want := range []string{"429", "500", "502", "503", "delays", "long delays", "breaks after accepting"} {
		if !seen[want] {
			t.Errorf("%s never came up", want)
		}
	}
}
