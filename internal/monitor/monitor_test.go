package monitor_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handler/function/internal/monitor"
)

// calls is a monitor from outside: what it answers, and how often it was called.
type calls struct {
	mu     sync.Mutex
	n      int
	answer func(*http.Request) (*http.Response, error)
}

func (c *calls) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	if c.answer != nil {
		return c.answer(r)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

func status(code int) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: code, Body: http.NoBody, Request: r}, nil
	}
}

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func setUp(interval time.Duration, c *calls, log *bytes.Buffer) *monitor.Monitor {
	return &monitor.Monitor{
		Interval: interval, URL: "https://monitor.invalid/secret-token", Transport: c,
		Now: time.Now, Log: slog.New(slog.NewJSONHandler(log, nil)),
	}
}

func TestOK(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		m := setUp(time.Minute, &calls{}, &bytes.Buffer{})
		want := func(ok bool, when string) {
			t.Helper()
			if m.OK() != ok {
				t.Errorf("%s it says %v", when, !ok)
			}
		}
		want(false, "before the first sweep")
		m.Swept(true, false)
		want(true, "after a good sweep")
		m.Swept(false, false)
		want(true, "after one that failed")
		time.Sleep(3 * time.Minute)
		want(true, "three intervals after a good one")
		time.Sleep(time.Second)
		want(false, "after three intervals")
		m.Swept(true, true)
		want(false, "while a condition is active")
		m.Swept(true, false)
		want(true, "when it is over")
		m.Swept(false, true)
		want(false, "at once when a condition begins")
		synctest.Wait()
	})
	synctest.Test(t, func(t *testing.T) {
		m := setUp(0, &calls{}, &bytes.Buffer{})
		m.Swept(true, false)
		time.Sleep(24 * time.Hour)
		if !m.OK() {
			t.Error("without a sweep of its own, it does not say what the last one saw")
		}
		m.Swept(false, false)
		if m.OK() {
			t.Error("without a sweep of its own, it does not say that the last one failed")
		}
		synctest.Wait()
	})
}

func TestHeartbeat(t *testing.T) {
	t.Parallel()

	t.Run("follows each sweep that found all well, and no other", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			c := &calls{}
			m := setUp(time.Minute, c, &bytes.Buffer{})
			for _, sweep := range []struct {
				ok, active bool
				n          int
			}{{true, false, 1}, {false, false, 1}, {true, true, 1}, {true, false, 2}} {
				m.Swept(sweep.ok, sweep.active)
				time.Sleep(time.Minute)
				synctest.Wait()
				if c.n != sweep.n {
					t.Errorf("%d calls after %+v", c.n, sweep)
				}
			}
			for range 120 { // a rush
				m.Swept(true, false)
				time.Sleep(time.Second)
			}
			synctest.Wait()
			if c.n != 6 {
				t.Errorf("%d calls after two minutes of sweeps, want two a minute", c.n)
			}
		})
	})

	t.Run("delays nothing, ends by itself, and is logged once an hour without its token", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			c, log := &calls{answer: hang}, &bytes.Buffer{}
			m := setUp(time.Minute, c, log)
			for i := range 90 {
				if i == 30 {
					c.answer = status(http.StatusNotFound)
				}
				began := time.Now()
				m.Swept(true, false)
				if took := time.Since(began); took != 0 {
					t.Fatalf("a sweep waits for it for %v", took)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
			}
			if n := strings.Count(log.String(), "the heartbeat failed"); n != 2 || c.n != 90 || strings.Contains(log.String(), "secret-token") {
				t.Errorf("%d lines after %d calls:\n%s", n, c.n, log)
			}
		})
	})

	t.Run("is off without an address", func(t *testing.T) {
		t.Parallel()

		c := &calls{}
		m := setUp(time.Minute, c, &bytes.Buffer{})
		m.URL = ""
		m.Swept(true, false)
		if c.n != 0 {
			t.Error("it calls something")
		}
	})
}
