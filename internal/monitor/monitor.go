// Package monitor shows monitors from outside whether a shop works, from what its last sweep saw.
package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// timeout ends a heartbeat.
	timeout = 5 * time.Second
	// logEvery is how often a heartbeat that fails is logged.
	logEvery = time.Hour
	// patience is the least time without a good sweep after which the shop is not well.
	patience = time.Minute
)

// Monitor keeps what the last sweep saw.
type Monitor struct {
	// Interval is that of the sweep; 0 if it runs only on request.
	Interval time.Duration
	// URL is called after a sweep that found all well; empty for none. Its path may be a token.
	URL string
	// Transport is http.DefaultTransport if it is nil.
	Transport http.RoundTripper
	Now       func() time.Time
	Log       *slog.Logger

	mu sync.Mutex
	// well: the last sweep found all well. wellAt is the last such sweep.
	well   bool
	wellAt time.Time
	// active: a condition keeps the shop from working.
	active bool
	// calling: a heartbeat is under way. calledAt is the last that was begun.
	calling  bool
	calledAt time.Time
	loggedAt time.Time
}

// Swept notes how a sweep ended: whether it did all that was due, and whether a condition is active.
// If all is well, it calls the URL, for which it does not wait.
func (m *Monitor) Swept(ok, active bool) {
	now := m.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active, m.well = active, ok && !active
	if !m.well {
		return
	}
	m.wellAt = now
	if m.URL == "" || m.calling || !m.calledAt.IsZero() && now.Sub(m.calledAt) < m.Interval/2 {
		return // in a rush there is a sweep each second
	}
	m.calling, m.calledAt = true, now
	go m.call()
}

// OK reports whether the shop works: no condition is active, and a sweep found all well within three
// intervals, or the last one if it runs only on request.
func (m *Monitor) OK() bool {
	now := m.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Interval == 0 || m.active {
		return m.well
	}
	return !m.wellAt.IsZero() && now.Sub(m.wellAt) <= max(3*m.Interval, patience)
}

// call calls the URL. That it fails harms nothing: the monitor raises an alarm without it.
func (m *Monitor) call() {
	err := m.get()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calling = false
	if now := m.Now(); err != nil && (m.loggedAt.IsZero() || now.Sub(m.loggedAt) >= logEvery) {
		m.loggedAt = now
		m.Log.Warn("the heartbeat failed; the next one follows", "err", err)
	}
}

// get makes the call. Its error does not contain the URL.
func (m *Monitor) get() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.URL, http.NoBody)
	if err != nil {
		return errors.New("heartbeat_url is no address")
	}
	req.Header.Set("User-Agent", "tillbell")
	res, err := (&http.Client{Transport: m.Transport}).Do(req)
	var outer *url.Error
	switch {
	case errors.As(err, &outer):
		return outer.Err
	case err != nil:
		return err
	}
	defer res.Body.Close() //nolint:errcheck // nothing was written
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("it was answered with %d", res.StatusCode)
	}
	return nil
}
