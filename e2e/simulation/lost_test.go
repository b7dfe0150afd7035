package simulation

import "testing"

// TestLostEvents has Stripe never deliver four in ten events, besides all else that goes wrong:
// stripe-webhook finds them by itself, and every rule holds as if it had been told.
func TestLostEvents(t *testing.T) {
	t.Parallel()

	lossy := func(w *weather) { w.lost = 0.4 }
	lost := 0
	for seed := uint64(1); seed <= 60; seed++ {
		w := simulate(t, seed, lossy, false)
		lost += w.faults["stripe never delivers"]
		if len(w.broken) > 0 {
			for _, line := range simulate(t, seed, lossy, true).history {
				t.Log(line)
			}
			t.Fatalf("seed %d breaks: %q", seed, w.broken)
		}
	}
	t.Logf("%d events were never delivered", lost)
	if lost < 100 {
		t.Errorf("only %d events were lost", lost)
	}
}
