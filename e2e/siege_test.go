package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/openfaas/go-sdk/stack"

	"handler/function/e2e/laptop"
	"handler/function/local/process"
	"handler/function/shared/runenv"
)

const (
	// siegeFor is how long each attack goes on, with a sale every salePause.
	siegeFor  = 3 * time.Second
	salePause = 100 * time.Millisecond
	// late is what an attack may add to the acknowledgement of nine sales in ten, and veryLate to
	// that of the tenth: the attackers are on the same machine, and others too.
	late     = time.Second
	veryLate = 3 * time.Second
	// siegeConnections are open at once, on one address.
	siegeConnections = 10_000
)

// TestProveSiege attacks the gateway, and the functions' own ports as nobody could from outside,
// while sales go on. The gateway's patience is not ours to bound; the functions' memory is.
func TestProveSiege(t *testing.T) {
	s := running(t)
	if err := allowFiles(siegeConnections + 1000); err != nil {
		t.Fatalf("%v; ulimit -n must allow so many", err)
	}
	env, err := runenv.Read(s.state)
	if err != nil {
		t.Fatal(err)
	}
	gateway := strings.TrimPrefix(env["GATEWAY_URL"], "http://")
	webhook, sendEmail := functionAt(t, "stripe-webhook", env["STRIPE_WEBHOOK_PID"]), functionAt(t, "send-email", env["SEND_EMAIL_PID"])
	path := "POST /function/stripe-webhook HTTP/1.1\r\nHost: shop\r\n"
	endless := path + "Content-Length: 1048576\r\nStripe-Signature: " + forgedSignature() + "\r\n\r\n"

	calm := s.sell(t, siegeFor)
	t.Logf("%-44s %s", "calm", calm)
	for _, attack := range []siegeAttack{
		{"500 headers that never end, at the gateway", dribble(gateway, path+"X-Slow: ", 500), 500, false},
		{"500 bodies that never end, at the gateway", dribble(gateway, endless, 500), 500, false},
		{"1,000 headers that never end, at the port", dribble(webhook.address, path+"X-Slow: ", 1000), 1000, true},
		{"1,000 bodies of 64 KiB and no end, at the port", dribble(webhook.address, endless+strings.Repeat("x", 64<<10), 1000), 1000, true},
		{"10,000 connections to the gateway", dribble(gateway, "", siegeConnections), siegeConnections, false},
		{"10,000 connections to stripe-webhook", dribble(webhook.address, "", siegeConnections), siegeConnections, true},
		{"10,000 connections to send-email", dribble(sendEmail.address, "", siegeConnections), siegeConnections, true},
		{"forged posts of 4 KB, at the gateway", flood(env["WEBHOOK_URL"], 4<<10), 0, false},
		{"forged posts of 1 MB, at the gateway", flood(env["WEBHOOK_URL"], 1_000_000), 0, false},
		{"forged posts of 4 KB, at the port", flood("http://"+webhook.address, 4<<10), 0, false},
		{"forged posts of 1 MB, at the port", flood("http://"+webhook.address, 1_000_000), 0, false},
	} {
		cpu := webhook.cpu(t)
		ctx, cancel := context.WithCancel(t.Context())
		said, begun := make(chan deeds, 1), make(chan struct{})
		go func() { said <- attack.run(ctx, func() { close(begun) }) }()
		select {
		case <-begun:
		case <-time.After(20 * time.Second):
			t.Errorf("%s has not begun after 20 s", attack.name)
		}
		sales := s.sell(t, siegeFor)
		cancel()
		did := <-said
		t.Logf("%-48s %s; %s; stripe-webhook %s and %v of CPU, send-email %s", attack.name, sales, did, webhook.peak(t), webhook.cpu(t)-cpu, sendEmail.peak(t))
		if sales.failed > 0 || sales.lateAfter(calm) {
			t.Errorf("%s: %s, and in calm %s", attack.name, sales, calm)
		}
		if !attack.did(did) {
			t.Errorf("%s did this: %s", attack.name, did)
		}
		for _, f := range []besieged{webhook, sendEmail} {
			if peak := f.peak(t); peak > f.limit {
				t.Errorf("%s: %s took %s, over its limit of %s", attack.name, f.name, peak, f.limit)
			}
		}
	}
	after := s.sell(t, siegeFor/5)
	s.drained(t)
	if after.failed > 0 || after.lateAfter(calm) {
		t.Errorf("afterwards: %s, and in calm %s", after, calm)
	}
}

// siegeAttack is an attack, and what must come of it.
type siegeAttack struct {
	name string
	run  attack
	// opened is how many connections it opens at the least, and closes whether some of them are
	// closed. One that opens none has its posts refused.
	opened int64
	closes bool
}

// did reports whether an attack was one. The gate may end a few large posts that are slow on a busy
// machine.
func (a siegeAttack) did(d deeds) bool {
	if a.opened > 0 {
		return d.opened >= a.opened && (d.closed > 0 || !a.closes)
	}
	other := int64(0)
	for _, n := range d.other {
		other += n
	}
	return d.refused > 10*other
}

// sales is how a series of sales was acknowledged.
type sales struct {
	took   []time.Duration // sorted
	failed int
	why    string
}

func (s sales) slowest() time.Duration { return s.took[len(s.took)-1] }

// nineInTen is what nine sales in ten took at the most.
func (s sales) nineInTen() time.Duration { return s.took[len(s.took)*9/10-1] }

func (s sales) lateAfter(calm sales) bool {
	return s.nineInTen() > calm.nineInTen()+late || s.slowest() > calm.slowest()+veryLate
}

func (s sales) String() string {
	text := fmt.Sprintf("%d sales, p50 %v, p90 %v, slowest %v", len(s.took), s.took[len(s.took)/2].Round(time.Millisecond), s.nineInTen().Round(time.Millisecond), s.slowest().Round(time.Millisecond))
	if s.failed > 0 {
		text += fmt.Sprintf(", %d not acknowledged: %s", s.failed, s.why)
	}
	return text
}

// sell makes a sale at each tick, however long those before it take, and waits for all.
func (s *system) sell(t *testing.T, during time.Duration) sales {
	t.Helper()
	var events [][]byte
	for range during / salePause {
		events = append(events, s.play(t, newSession(), "completed_paid")...)
	}
	out := sales{}
	var mu sync.Mutex
	var calls sync.WaitGroup
	tick := time.NewTicker(salePause)
	defer tick.Stop()
	for _, event := range events {
		<-tick.C
		calls.Go(func() {
			began := time.Now()
			a, err := s.tryDeliver(t, event)
			took := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			out.took = append(out.took, took)
			if err != nil || a.status != http.StatusOK {
				out.failed++
				out.why = fmt.Sprintf("%v %v", a, err)
			}
		})
	}
	calls.Wait()
	slices.Sort(out.took)
	return out
}

// besieged is one of our functions, as the machine sees it.
type besieged struct {
	name, address string
	pid           int
	limit         memory
}

// memory is in bytes.
type memory int64

func (m memory) String() string { return fmt.Sprintf("%.1f MB", float64(m)/1e6) }

// functionAt finds a function's own port, and the memory that stack.yml allows it beside its
// watchdog.
func functionAt(t *testing.T, name, pid string) besieged {
	t.Helper()
	f := besieged{name: name}
	var err error
	if f.pid, err = strconv.Atoi(pid); err != nil {
		t.Fatal(err)
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", f.pid))
	if err != nil {
		t.Skipf("where there is no /proc, memory cannot be measured: %v", err)
	}
	for _, variable := range strings.Split(string(environ), "\x00") {
		if address, ok := strings.CutPrefix(variable, "handler_address="); ok {
			f.address = address
		}
	}
	services, err := stack.ParseYAMLFile(filepath.Join("..", "stack.yml"), "", "", true)
	if err != nil {
		t.Fatal(err)
	}
	megabytes, err := strconv.Atoi(strings.TrimSuffix(services.Functions[name].Limits.Memory, "Mi"))
	if err != nil || f.address == "" {
		t.Fatalf("%s listens on %q and may take %q", name, f.address, services.Functions[name].Limits.Memory)
	}
	f.limit = memory(megabytes<<20 - laptop.WatchdogKB<<10)
	return f
}

// peak is the most memory that the process had resident, ever. One that has died has none.
func (f besieged) peak(t *testing.T) memory {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.pid))
	if err != nil {
		t.Fatalf("%s has died: %v", f.name, err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes memory
	if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// cpu is the processor time that the process has used.
func (f besieged) cpu(t *testing.T) time.Duration {
	t.Helper()
	u, err := process.UsageOf(f.pid)
	if err != nil {
		t.Fatalf("%s has died: %v", f.name, err)
	}
	return u.CPU
}

// allowFiles lets this process have so many open.
func allowFiles(n uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	if l.Cur >= n {
		return nil
	}
	l.Cur, l.Max = n, max(l.Max, n)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("allow %d open files: %w", n, err)
	}
	return nil
}
