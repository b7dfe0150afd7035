package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

const (
	// Go clients drop an idle connection after 90 seconds. Waiting longer leaves the closing to
	// them: a server that closes first can do so just as the next request is on its way.
	idleTimeout = 2 * time.Minute

	maxHeaderBytes = 1 << 20 // as the watchdog's

	// The watchdog in front gets the same signal, waits the same interval and then stops
	// accepting. Ours stays open a little longer, for what the watchdog accepted last.
	drainSlack = 100 * time.Millisecond

	// The time that the watchdog has to pass on the last answers and to end: this process ends with
	// it.
	watchdogTime = 2 * time.Second
)

var (
	// errForced says that an interrupt cut the draining short.
	errForced = errors.New("interrupted: stopped without waiting for running calls")
	// errOutlived says that this process still runs although it has drained, and the watchdog had
	// the time to end.
	errOutlived = errors.New("the watchdog waits for calls whose end does not reach it; it ends with this process")
)

// serve answers calls on the listener until a signal arrives, then drains. It returns nil when it
// was asked to stop, also if a call had to be cut off (which is logged), and errOutlived where the
// watchdog has to be ended. While it drains, another SIGTERM changes nothing: faasd signals every
// process of a container, and the watchdog passes its own on. An interrupt, which a person sends,
// ends it at once with errForced.
func serve(l net.Listener, s settings, handle handleFunc, signals <-chan os.Signal, log *slog.Logger) error {
	invoker := newInvoker(s, handle, log)
	server := &http.Server{
		Handler:           invoker,
		ReadTimeout:       s.readTimeout,
		ReadHeaderTimeout: s.readTimeout,
		WriteTimeout:      s.writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext:       know,
		ConnState:         watch,
	}
	// However serve ends, no connection and no call's context outlives it.
	defer server.Close()

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(newGate(l, s.maxBodyBytes, log)) }()

	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case sig := <-signals:
		log.Info("draining", "signal", sig.String(), "duration", s.healthcheckInterval.String())
	}

	drained := make(chan error, 1)
	go func() { drained <- drain(server, invoker, s, log) }()
	for {
		select {
		case err := <-failed:
			if !errors.Is(err, http.ErrServerClosed) { // as it is once the listener is closed
				return fmt.Errorf("serve on %s while draining: %w", l.Addr(), err)
			}
		case err := <-drained:
			return err
		case sig := <-signals:
			if sig == os.Interrupt {
				return errForced
			}
		}
	}
}

// drain keeps serving for the healthcheck interval, so that the router of calls can detect the end
// and stop. Then it closes the listener and gives running calls, and the background work of calls,
// up to the write timeout, or less: everything must end well before the platform kills the process.
//
// The watchdog ends by itself once it has the answers to its calls, and this process with it, as a
// container goes with its first process. But faasd removes the container's network, the loopback
// interface too, before it sends SIGTERM: then no answer reaches the watchdog, which would wait for
// up to write_timeout. After 30 seconds faasd gives up the whole update. An exit with an error is
// the only signal that still reaches the watchdog.
func drain(server *http.Server, invoker *invoker, s settings, log *slog.Logger) error {
	end := time.Now().Add(s.gracePeriod * 2 / 3)
	time.Sleep(s.healthcheckInterval + drainSlack)
	ctx, cancel := context.WithTimeout(context.Background(), min(s.writeTimeout, time.Until(end)))
	defer cancel()
	err := server.Shutdown(ctx)
	if err == nil {
		err = invoker.wait(ctx)
	}
	if err != nil {
		log.Warn("calls cut off: they ran for longer than there was time after SIGTERM", "err", err)
	} else {
		log.Info("drained")
	}
	if !s.watchdog {
		return nil
	}
	time.Sleep(watchdogTime)
	return errOutlived
}
