package simulation

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// world is one run of the simulation: everything in it happens in a bubble of testing/synctest, one
// step at a time, since every step takes a time of its own that the seed decides. So the same seed
// gives the same history.
type world struct {
	weather
	mu     sync.Mutex
	rng    *rand.Rand
	start  time.Time
	calm   bool
	faults map[string]int
	// reverses: money goes back in this run, too. The others are as they were before it could, so
	// that a seed that found a mistake then still tells its story.
	reverses bool
	// corrects: the owner corrects addresses, in some runs only, for the same reason.
	corrects bool
	// retried: the owner took up what was given up.
	retried bool
	// history is kept where somebody will read it.
	keep    bool
	history []string
	broken  []string

	database *database
	stripe   *stripeAPI
	sendgrid *sendgridAPI
	alerts   *alertAPI
	queue    *queue
	hosts    []*host
	sessions []*session
	// acknowledged are the times at which events of a session were, by its ID.
	acknowledged map[string][]time.Duration
	all          sync.WaitGroup
}

// simulate runs one seed, and gives what was broken and, if it was to be kept, its history.
func simulate(t *testing.T, seed uint64, change func(*weather), keep bool) (w *world) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		rng := rand.New(rand.NewPCG(seed, 0x7111be11))
		w = &world{rng: rng, start: time.Now(), keep: keep, reverses: seed%2 == 0, corrects: seed%5%3 == 0, weather: forecast(rng), faults: map[string]int{}}
		if change != nil {
			change(&w.weather)
		}
		w.corrects = w.corrects && !w.ends
		w.run(seed)
	})
	return w
}

// run lets purchases and faults happen for the span, then only calm, until nothing is due any more.
func (w *world) run(seed uint64) {
	w.note("", "seed %d: %s", seed, w.weather)
	w.database = &database{w: w, orders: stored{}, claimed: map[string]time.Time{}, watched: map[string][2]time.Time{}, corrected: map[string]turn{}, reversed: map[string][]span{}}
	w.stripe = &stripeAPI{w: w}
	w.sendgrid = &sendgridAPI{w: w, copies: copies{}}
	w.alerts = &alertAPI{w: w, copies: copies{}}
	w.queue = &queue{w: w}
	w.startHosts()
	for i := range w.purchases {
		w.sessions = append(w.sessions, newSession(w, i))
	}
	var bought sync.WaitGroup
	for _, s := range w.sessions {
		s.happen(&bought)
		if s.corrects > 0 {
			s.correct(&bought)
		}
	}
	w.killSometimes()
	time.Sleep(w.span)
	w.settle()
	bought.Wait()
	if w.ends {
		w.lookOnce()
	}
	if w.lost > 0 {
		time.Sleep(healed)
	}
	w.waitUntilDone()
	w.stop()
	w.judge()
}

// settle ends all faults and starts what is down.
func (w *world) settle() {
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	w.note("", "from here on nothing fails")
	for _, h := range w.hosts {
		h.revive()
	}
}

// longest is more than anything takes that a process does beside its calls, such as building
// indexes.
const longest = 15 * time.Minute

// patience is how long after the last fault and the last delivery something may still be due: the
// longest pause between attempts, the longest lease, and a sweep or two.
const patience = 8 * time.Hour

// healed is how long after the last fault what Stripe never delivered may still be missing:
// stripe-webhook looks for that once a day, a tenth more or less, or again after an hour.
const healed = 30 * time.Hour

func (w *world) waitUntilDone() {
	long := patience + w.scheduled
	if w.ends {
		long = settled
	}
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(w.interval) {
		if len(w.database.waiting()) == 0 && w.queue.empty() {
			return
		}
	}
}

// stop ends every process, and waits for every goroutine of the bubble.
func (w *world) stop() {
	for _, h := range w.hosts {
		h.close()
	}
	w.all.Wait()
	time.Sleep(longest)
}

// spawn runs f in the bubble, after a moment of its own.
func (w *world) spawn(f func()) {
	after := w.between(time.Microsecond, time.Millisecond)
	w.all.Go(func() {
		time.Sleep(after)
		f()
	})
}

// between is a time that no other step has, within bounds.
func (w *world) between(least, most time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return least + time.Duration(w.rng.Int64N(int64(most-least)+1))
}

// apart keeps what one process does in one instant by several goroutines in an order that does not
// depend on the scheduler: each waits for nanoseconds that what it does decides.
func (w *world) apart(p *process, what string) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.name + what))
	time.Sleep(1 + time.Duration(h.Sum32()%100_000))
}

// chance is true with a probability, as long as there are faults.
func (w *world) chance(p float64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.calm && w.rng.Float64() < p
}

func (w *world) random() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.Float64()
}

func (w *world) below(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rng.IntN(n)
}

// note writes a line of the history.
func (w *world) note(who, format string, args ...any) {
	if !w.keep {
		return
	}
	at := time.Since(w.start)
	line := fmt.Sprintf("%02d:%02d:%06.3f  %-16s  %s", int(at.Hours()), int(at.Minutes())%60, (at % time.Minute).Seconds(), who, fmt.Sprintf(format, args...))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history = append(w.history, line)
}

func (w *world) acknowledge(session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.acknowledged == nil {
		w.acknowledged = map[string][]time.Duration{}
	}
	w.acknowledged[session] = append(w.acknowledged[session], time.Since(w.start))
}

// fault counts a fault that happened, by its kind, so that a test can see that all kinds do.
func (w *world) fault(kind string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[kind]++
}

// broke notes a rule that did not hold.
func (w *world) broke(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	w.note("", "BROKEN: %s", what)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.broken, what) {
		w.broken = append(w.broken, what)
	}
}

// outage is a time in which a service is away.
type outage struct {
	service  string
	from, to time.Duration
	// hangs: calls get no answer; otherwise they are refused at once.
	hangs bool
}

func (o outage) String() string {
	how := "refuses"
	if o.hangs {
		how = "hangs"
	}
	return fmt.Sprintf("%s %s from %v to %v", o.service, how, o.from.Round(time.Second), o.to.Round(time.Second))
}

// begin lets a service be away from now on.
func (w *world) begin(service string, length time.Duration) {
	from := time.Since(w.start)
	o := outage{service, from, from + length, w.random() < 0.5}
	w.note(service, "%s", o)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outages = append(w.outages, o)
}

// away is the outage that a service has now, if any.
func (w *world) away(service string) (outage, bool) {
	at := time.Since(w.start)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calm {
		return outage{}, false
	}
	for _, o := range w.outages {
		if o.service == service && o.from <= at && at < o.to {
			return o, true
		}
	}
	return outage{}, false
}

// weather is what a seed has in store.
type weather struct {
	span, interval time.Duration
	purchases      int
	webhooks       int // replicas of stripe-webhook
	senders        int // replicas of send-email
	// Probabilities for a call, of a process that dies in it as well.
	faulty, deadly float64
	// graceful is the part of the processes that are told to end, and not killed.
	graceful  float64
	outages   []outage
	scheduled time.Duration // how much later the follow-up of the e-book is due
	rate      float64
	// lost is the probability that Stripe never delivers an event. Where it is zero, stripe-webhook
	// does not look for such events either.
	lost float64
	// tells: SendGrid tells what becomes of the mails.
	tells bool
	// ends: services are away for days, so that e-mails and orders are given up. drops: SendGrid
	// drops some mails that it accepted, and tells nothing of them.
	ends, drops bool
}

func (w weather) String() string {
	var out []string
	for _, o := range w.outages {
		out = append(out, o.String())
	}
	return fmt.Sprintf("%d purchases in %v, %d+%d processes, a sweep every %v, %.0f%% of calls fail, %.1f%% kill; %s",
		w.purchases, w.span.Round(time.Second), w.webhooks, w.senders, w.interval, 100*w.faulty, 100*w.deadly, strings.Join(out, "; "))
}

// forecast makes most runs short and stormy, and some as long as the outages that it takes to be.
func forecast(rng *rand.Rand) weather {
	w := weather{
		span: 10*time.Minute + time.Duration(rng.Int64N(int64(20*time.Minute))), interval: time.Minute,
		purchases: 1 + rng.IntN(8), webhooks: 1 + rng.IntN(2), senders: 1 + rng.IntN(3),
		faulty: 0.4 * rng.Float64() * rng.Float64(), deadly: 0.02 * rng.Float64() * rng.Float64(), graceful: rng.Float64(),
		scheduled: time.Duration(rng.Int64N(int64(30 * time.Minute))), rate: []float64{0, 1, 10}[rng.IntN(3)],
	}
	switch kind := rng.Float64(); {
	case kind > 0.97:
		w.span += time.Duration(rng.Int64N(int64(12 * time.Hour)))
		w.interval = 10 * time.Minute
	case kind > 0.85:
		w.span += time.Duration(rng.Int64N(int64(3 * time.Hour)))
		w.interval = 3 * time.Minute
	}
	services := []string{"database", "stripe", "sendgrid", "queue", "secrets"}
	for range rng.IntN(4) {
		from := time.Duration(rng.Int64N(int64(w.span)))
		length := time.Duration(float64(w.span-from) * rng.Float64() * rng.Float64())
		w.outages = append(w.outages, outage{services[rng.IntN(len(services))], from, from + length, rng.IntN(2) == 0})
	}
	return w
}

// exit ends the calling goroutine: it belongs to a process that is dead.
func exit() { runtime.Goexit() }
