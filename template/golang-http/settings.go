package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"time"
)

const (
	defaultAddress      = ":8082"
	defaultTimeout      = 10 * time.Second
	defaultMaxBodyBytes = 1 << 20
	// defaultGrace is faasd's, and Kubernetes'.
	defaultGrace = 30 * time.Second
)

// settings come from the environment. README.md gives each one's name, default and meaning.
type settings struct {
	address             string
	readTimeout         time.Duration
	writeTimeout        time.Duration
	healthcheckInterval time.Duration
	// gracePeriod is how long after SIGTERM the platform kills what is left.
	gracePeriod  time.Duration
	maxBodyBytes int64
	// maxInflight is how many calls run at a time; 0 is no limit. Behind a watchdog it is 0: the
	// watchdog has the same setting, and counts by itself.
	maxInflight int
	// watchdog: one stands before this process, and has started it.
	watchdog bool
}

// loadSettings reads every setting and reports all that are wrong in one error. A value that
// cannot be understood is never replaced by the default: a shop that asked for 60 seconds and
// silently got 10 would find out by losing answers.
func loadSettings(getenv func(string) string) (settings, error) {
	var errs []error
	timeout := func(name string, fallback, least time.Duration) time.Duration {
		d, err := parseSeconds(getenv(name), fallback)
		if err == nil && d < least {
			err = errors.New("too small")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s=%q: want seconds (30) or a Go duration (1m30s), %s: %w",
				name, getenv(name), atLeast(least), err))
		}
		return d
	}

	var s settings
	s.readTimeout = timeout("read_timeout", defaultTimeout, time.Millisecond)
	s.writeTimeout = timeout("write_timeout", defaultTimeout, time.Millisecond)
	s.healthcheckInterval = timeout("healthcheck_interval", s.writeTimeout, 0)
	s.gracePeriod = timeout("grace_period", defaultGrace, time.Millisecond)
	s.watchdog = getenv("fprocess") != ""

	var err error
	if !s.watchdog {
		if s.maxInflight, err = parseCount(getenv("max_inflight")); err != nil {
			errs = append(errs, fmt.Errorf("max_inflight=%q: want a number of calls, or 0: %w", getenv("max_inflight"), err))
		}
	}
	if s.maxBodyBytes, err = parseSize(getenv("max_body_bytes")); err != nil {
		errs = append(errs, fmt.Errorf("max_body_bytes=%q: want a number of bytes, at least 1: %w",
			getenv("max_body_bytes"), err))
	}
	if s.address, err = parseAddress(getenv("handler_address")); err != nil {
		errs = append(errs, fmt.Errorf("handler_address=%q: want host:port or :port: %w",
			getenv("handler_address"), err))
	}
	return s, errors.Join(errs...)
}

func atLeast(d time.Duration) string {
	if d == 0 {
		return "zero or more"
	}
	return "at least " + d.String()
}

// parseSeconds understands what OpenFaaS's own variables may hold: a bare integer is seconds.
func parseSeconds(value string, fallback time.Duration) (time.Duration, error) {
	if value == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return time.ParseDuration(value)
	}
	if n > int64(math.MaxInt64/time.Second) || n < 0 {
		return 0, errors.New("out of range")
	}
	return time.Duration(n) * time.Second, nil
}

func parseSize(value string) (int64, error) {
	if value == "" {
		return defaultMaxBodyBytes, nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err == nil && n < 1 {
		err = errors.New("too small")
	}
	return n, err
}

func parseCount(value string) (int, error) {
	if value == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(value, 10, 31)
	return int(n), err
}

func parseAddress(value string) (string, error) {
	if value == "" {
		return defaultAddress, nil
	}
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return "", err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("port %q: %w", port, err)
	}
	return value, nil
}
