package simulation

import (
	"context"
	"errors"
	"net/http"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

// queue is the model of the community queue: it may lose what it took, bring it late or twice, and
// never brings again what failed.
type queue struct {
	w    *world
	held int
}

// callerOf is the queue as one process reaches it.
type callerOf struct {
	q *queue
	p *process
}

var errGateway = errors.New("the gateway does not answer")

func (c callerOf) InvokeAsync(ctx context.Context, _ string, body []byte) error {
	w := c.q.w
	w.apart(c.p, "invoke")
	c.p.step()
	time.Sleep(w.between(200*time.Microsecond, 10*time.Millisecond))
	if o, away := w.away("queue"); away {
		w.fault("queue away")
		if !o.hangs {
			return errGateway
		}
		after := w.between(1, time.Millisecond)
		<-ctx.Done()
		time.Sleep(after)
		c.p.step()
		return ctx.Err()
	}
	if w.chance(w.faulty / 4) {
		w.fault("queue refuses")
		return errGateway
	}
	c.p.step()
	c.q.take(body)
	if w.chance(w.faulty / 4) {
		w.fault("queue takes and breaks")
		return errGateway
	}
	c.p.step()
	return nil
}

// take brings a call to a replica of send-email, or does not.
func (q *queue) take(body []byte) {
	times := 1
	switch {
	case q.w.chance(q.w.faulty / 2):
		q.w.fault("queue loses")
		times = 0
	case q.w.chance(q.w.faulty / 4):
		q.w.fault("queue brings twice")
		times = 2
	}
	for range times {
		after := q.w.between(time.Millisecond, 300*time.Millisecond)
		if q.w.chance(q.w.faulty) {
			q.w.fault("queue is slow")
			after = q.w.between(time.Second, 5*time.Minute)
		}
		q.hold(1)
		q.w.spawn(func() {
			defer q.hold(-1)
			time.Sleep(after)
			q.bring(body)
		})
	}
}

func (q *queue) bring(body []byte) {
	var up []*process
	for _, h := range q.w.hosts[q.w.webhooks:] {
		if p := h.current(); p != nil {
			up = append(up, p)
		}
	}
	if len(up) == 0 {
		return
	}
	p := up[q.w.below(len(up))]
	p.call(handler.Request{
		Method: http.MethodPost, Body: body,
		Header: http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, functionsKey)}},
	}, time.Minute)
}

func (q *queue) hold(n int) {
	q.w.mu.Lock()
	defer q.w.mu.Unlock()
	q.held += n
}

func (q *queue) empty() bool {
	q.w.mu.Lock()
	defer q.w.mu.Unlock()
	return q.held == 0
}
