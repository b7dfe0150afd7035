package chaos

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"handler/function/internal/plural"
	"handler/function/shared/shop"
)

const (
	// wakeEvery is how often send-email is called with nothing, as cron-connector does.
	wakeEvery = 5 * time.Second
	// tellEvery is how often it is said how far all is.
	tellEvery = 10 * time.Second
)

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
		r.Say("%8s  %d of %d purchases acknowledged, %s accepted", r.maker.clock(time.Now()), acknowledged, r.Purchases, plural.Of(accepted, "e-mail"))
	}
}

// backlog guesses what is in the queue: what it took since it was last asked, less what the worker
// has brought since.
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
	b, err := os.ReadFile(log)
	return bytes.Count(b, []byte("Invoked: send-email")), err
}
