// Command handler serves one OpenFaaS function over HTTP, behind of-watchdog or on its own.
//
// It promises the function whole bodies of bounded size, a context that ends while there is still
// time to answer, and that nothing the function does with one call takes down the others.
// README.md lists the environment variables and what differs from the classic golang-http.
package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"handler/function"
)

func main() {
	// The function's own default logger is left alone. Standard error is where Go writes the
	// trace of a crash, so everything this process says is in one stream and in order.
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))

	err := run(log)
	if errors.Is(err, errOutlived) {
		log.Warn("function stopped", "err", err)
	} else if err != nil {
		log.Error("function stopped", "err", err)
	}
	if err != nil {
		os.Exit(1)
	}
}

func run(log *slog.Logger) error {
	settings, err := loadSettings(os.Getenv)
	if err != nil {
		return err
	}

	// Room for the two SIGTERMs of faasd and the watchdog, and for an interrupt behind them.
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)

	listener, err := net.Listen("tcp", settings.address)
	if err != nil {
		return err
	}
	log.Info("function listening", "address", listener.Addr().String())
	return serve(listener, settings, function.Handle, signals, log)
}
