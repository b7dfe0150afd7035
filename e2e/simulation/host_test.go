package simulation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	sendemail "handler/function/send-email"
	webhook "handler/function/stripe-webhook"
)

// host is a place where one replica of a function runs, one process after the other.
type host struct {
	w    *world
	name string
	skew time.Duration
	// boot makes a process's function: what answers its calls.
	boot func(p *process) func(handler.Request) handler.Response

	mu      sync.Mutex
	running *process
	booted  int
	closed  bool
}

// process is one life of a replica.
type process struct {
	host *host
	name string
	// quit is told to the function; dead is what ends the process.
	quit   context.Context
	end    context.CancelFunc
	dead   chan struct{}
	answer func(handler.Request) handler.Response
}

func (w *world) startHosts() {
	for i := range w.webhooks {
		w.addHost(fmt.Sprintf("stripe-webhook/%d", i), w.bootWebhook)
	}
	for i := range w.senders {
		w.addHost(fmt.Sprintf("send-email/%d", i), w.bootSender)
	}
}

func (w *world) addHost(name string, boot func(*process) func(handler.Request) handler.Response) {
	h := &host{w: w, name: name, boot: boot, skew: w.between(-3*time.Second, 3*time.Second).Truncate(time.Millisecond)}
	w.hosts = append(w.hosts, h)
	h.revive()
}

// revive starts a process, if there is none.
func (h *host) revive() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.running != nil || h.closed {
		return
	}
	h.booted++
	p := &process{host: h, name: fmt.Sprintf("%s#%d", h.name, h.booted), dead: make(chan struct{})}
	p.quit, p.end = context.WithCancel(context.Background())
	h.running = p
	h.w.note(p.name, "starts, its clock %v off", h.skew)
	p.answer = h.boot(p)
}

// kill ends the process at once, if one runs: each of its goroutines at its next step. What it sent
// and did not record may be sent again.
func (h *host) kill(why string) {
	if p := h.end(why); p != nil {
		h.w.sendgrid.copies.died(h.w, p)
		h.w.alerts.copies.died(h.w, p)
	}
}

// end is kill, which excuses nothing.
func (h *host) end(why string) *process {
	h.mu.Lock()
	p := h.running
	h.running = nil
	h.mu.Unlock()
	if p == nil {
		return nil
	}
	h.w.note(p.name, "dies: %s", why)
	close(p.dead)
	p.end()
	return p
}

// close ends the host for good.
func (h *host) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.end("the simulation ends")
}

// ask tells the process to end, as a redeploy does, and kills it when its time is up.
func (h *host) ask() {
	h.mu.Lock()
	p := h.running
	h.mu.Unlock()
	if p == nil {
		return
	}
	h.w.note(p.name, "is told to end")
	p.end()
	time.Sleep(h.w.between(time.Second, 10*time.Second))
	if !p.gone() {
		h.kill("its time to end is up")
	}
}

func (h *host) current() *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running
}

func (p *process) gone() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// step is where a goroutine of the process may find that it is dead, or die.
func (p *process) step() {
	if p.gone() {
		exit()
	}
	if p.host.w.chance(p.host.w.deadly) {
		p.host.w.fault("process killed in a call")
		p.host.kill("SIGKILL between two steps")
		p.host.reviveLater()
		exit()
	}
}

// reviveLater is faasd's way: a process that died is started at the next call, cron-connector's at
// the latest.
func (h *host) reviveLater() {
	after := h.w.between(100*time.Millisecond, 5*time.Minute)
	h.w.spawn(func() {
		time.Sleep(after)
		h.revive()
	})
}

// killSometimes kills processes that may be idle, or asks them to end.
func (w *world) killSometimes() {
	for _, h := range w.hosts {
		for range w.below(3) {
			at, gently := w.between(0, w.span), w.random() < w.graceful
			w.spawn(func() {
				time.Sleep(at)
				if gently {
					w.fault("process told to end")
					h.ask()
				} else {
					w.fault("process killed")
					h.kill("SIGKILL")
				}
				h.reviveLater()
			})
		}
	}
}

// call hands a request to a process and waits for its answer; false where there is none in time.
func (p *process) call(req handler.Request, timeout time.Duration) (handler.Response, bool) {
	answers := make(chan handler.Response, 1)
	// A process that dies leaves all its callers at one instant, of which each goes on at its own.
	notice := p.host.w.between(time.Microsecond, time.Millisecond)
	p.host.w.spawn(func() {
		p.step()
		res := p.answer(req)
		p.step()
		answers <- res
	})
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case res := <-answers:
		return res, true
	case <-p.dead:
		time.Sleep(notice)
		return handler.Response{}, false
	case <-timer.C:
		return handler.Response{}, false
	}
}

func (p *process) now() time.Time {
	return time.Now().Add(p.host.skew).UTC().Truncate(time.Millisecond)
}

func (p *process) store() *mongodb.Store {
	s := mongodb.NewStoreOf(documents{p.host.w.database, p})
	s.Now, s.Random = p.now, p.host.w.random
	return s
}

func (p *process) log() *slog.Logger {
	if !p.host.w.keep {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(historian{p}, &slog.HandlerOptions{ReplaceAttr: terse}))
}

const (
	signingSecret = "whsec_simulated"
	functionsKey  = "simulated"
)

var errSecret = errors.New("the secret is missing")

// secret reads a secret, which is missing at times.
func (w *world) secret(value string) func() ([]string, error) {
	return func() ([]string, error) {
		if _, away := w.away("secrets"); away {
			w.fault("secret missing")
			return nil, errSecret
		}
		return []string{value}, nil
	}
}

// key reads a key, which is missing while the secrets are, and in outages of its own that hang. In the
// others its service refuses it.
func (w *world) key(name, value string) func() (string, error) {
	lines := w.secret(value)
	return func() (string, error) {
		if _, err := lines(); err != nil {
			return "", err
		}
		if o, away := w.away(name); away && o.hangs {
			w.fault(name + " missing")
			return "", openfaas.NewMisconfigured("secret %s is missing", name)
		}
		return value, nil
	}
}

func (w *world) bootWebhook(p *process) func(handler.Request) handler.Response {
	e := &webhook.Endpoint{
		Secrets:          w.secret(signingSecret),
		Keys:             w.secret(functionsKey),
		Store:            func() (webhook.Recorder, error) { return p.store(), nil },
		Queue:            callerOf{w.queue, p},
		Stripe:           webhook.NewStripe("https://stripe.invalid", transport{p, w.stripe}, w.key("stripe key", "rk_test_1")),
		Random:           w.random,
		AcceptTestEvents: true,
		Log:              p.log(),
	}
	if w.lost > 0 {
		e.Window = 10 * 24 * time.Hour
		w.spawn(func() {
			p.step()
			e.CatchUpUntil(p.quit)
		})
	}
	return e.Receive
}

// eventKeys are those of the Event Webhook, if it is on.
func (w *world) eventKeys() string {
	if !w.tells {
		return ""
	}
	return eventsKey.public
}

func (w *world) bootSender(p *process) func(handler.Request) handler.Response {
	store := p.store()
	f, err := sendemail.New(sendemail.Parts{
		Keys:      w.secret(functionsKey),
		Store:     func() (sendemail.Store, error) { return store, nil },
		Stripe:    sendemail.Service{URL: "https://stripe.invalid", Key: w.key("stripe key", "rk_test_1"), Transport: transport{p, w.stripe}},
		SendGrid:  sendemail.Service{URL: "https://sendgrid.invalid", Key: w.key("sendgrid key", "SG.a.b"), Transport: transport{p, w.sendgrid}},
		Alerts:    w.alertsOf(p),
		EventKeys: w.eventKeys(), Interval: w.interval, Rate: w.rate, Now: p.now, Random: w.random, Log: p.log(),
	}, catalogueOf(w.scheduled))
	if err != nil {
		panic(err)
	}
	w.spawn(func() {
		p.step()
		f.SweepUntil(p.quit)
	})
	return f.Receive
}

// transport carries a process's requests to a service.
type transport struct {
	p *process
	s service
}

// service answers one request of a process, or breaks it.
type service interface {
	serve(p *process, r *http.Request) (*http.Response, error)
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.s.serve(t.p, r) }
