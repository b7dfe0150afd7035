package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// sendTimeout ends a request; ours answers within ten seconds.
const sendTimeout = 20 * time.Second

// load is what came of sending.
type load struct {
	took time.Duration
	// latencies are from the request to its answer, the shortest first.
	latencies []time.Duration
}

func (l load) perSecond() float64 { return float64(len(l.latencies)) / l.took.Seconds() }

// percentile is the latency that so many of a hundred are not above.
func (l load) percentile(p int) time.Duration {
	if len(l.latencies) == 0 {
		return 0
	}
	return l.latencies[min(len(l.latencies)*p/100, len(l.latencies)-1)]
}

// target is where requests go, and the status that each must be answered with.
type target struct {
	url  string
	want int
}

// request is one as it goes over the wire. They are made before the clock runs: on a small machine
// the sender's work is taken from whoever is measured.
func (t target) request(body []byte, header http.Header) ([]byte, error) {
	req, err := http.NewRequest(http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", "application/json")
	var wire bytes.Buffer
	err = req.Write(&wire)
	return wire.Bytes(), err
}

// send sends the requests, so many at a time, each sender over a connection of its own that stays
// open.
func (t target) send(ctx context.Context, requests [][]byte, atOnce int) (load, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var l load
	var mu sync.Mutex
	var senders sync.WaitGroup
	next := make(chan []byte, len(requests))
	for _, r := range requests {
		next <- r
	}
	close(next)
	began := time.Now()
	for range atOnce {
		senders.Go(func() {
			took, err := t.sendAll(ctx, next)
			if err != nil {
				cancel(err)
			}
			mu.Lock()
			defer mu.Unlock()
			l.latencies = append(l.latencies, took...)
		})
	}
	senders.Wait()
	l.took = time.Since(began)
	slices.Sort(l.latencies)
	return l, context.Cause(ctx)
}

// sendAll is one sender.
func (t target) sendAll(ctx context.Context, requests <-chan []byte) ([]time.Duration, error) {
	var took []time.Duration
	c, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for r := range requests {
		if ctx.Err() != nil {
			return took, nil
		}
		began := time.Now()
		if err := c.do(r, t.want); err != nil {
			return took, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// sender is a connection that carries one request after the other.
type sender struct {
	net.Conn
	answers *bufio.Reader
}

func (t target) dial(ctx context.Context) (*sender, error) {
	u, err := url.Parse(t.url)
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	return &sender{conn, bufio.NewReader(conn)}, nil
}

// do sends one request; its answer must have that status.
func (s *sender) do(request []byte, want int) error {
	if err := s.SetDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	if _, err := s.Write(request); err != nil {
		return err
	}
	res, err := http.ReadResponse(s.answers, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("answered %d: %.200s", res.StatusCode, body)
	}
	return err
}
