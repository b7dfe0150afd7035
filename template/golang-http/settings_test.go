package main

import (
	"strings"
	"testing"
	"time"
)

func TestLoadSettings(t *testing.T) {
	t.Parallel()

	defaults := settings{
		address:             ":8082",
		readTimeout:         10 * time.Second,
		writeTimeout:        10 * time.Second,
		healthcheckInterval: 10 * time.Second,
		gracePeriod:         30 * time.Second,
		maxBodyBytes:        1048576,
	}
	with := func(change func(*settings)) settings {
		s := defaults
		change(&s)
		return s
	}

	tests := []struct {
		name string
		env  map[string]string
		want settings
	}{
		{"has defaults", nil, defaults},
		{"takes integers for seconds", map[string]string{"read_timeout": "60"},
			with(func(s *settings) { s.readTimeout = time.Minute })},
		{"takes Go durations", map[string]string{"read_timeout": "1m30s"},
			with(func(s *settings) { s.readTimeout = 90 * time.Second })},
		{"drains for write_timeout unless told otherwise", map[string]string{"write_timeout": "20"},
			with(func(s *settings) { s.writeTimeout, s.healthcheckInterval = 20*time.Second, 20*time.Second })},
		{"drains for healthcheck_interval", map[string]string{"healthcheck_interval": "1s"},
			with(func(s *settings) { s.healthcheckInterval = time.Second })},
		{"may drain without waiting", map[string]string{"healthcheck_interval": "0"},
			with(func(s *settings) { s.healthcheckInterval = 0 })},
		{"ends before the platform kills", map[string]string{"grace_period": "1m"},
			with(func(s *settings) { s.gracePeriod = time.Minute })},
		{"detects a watchdog by fprocess", map[string]string{"fprocess": "./handler"},
			with(func(s *settings) { s.watchdog = true })},
		{"takes a limit of calls", map[string]string{"max_inflight": "10"},
			with(func(s *settings) { s.maxInflight = 10 })},
		{"leaves the limit of calls to a watchdog", map[string]string{"max_inflight": "10", "fprocess": "./handler"},
			with(func(s *settings) { s.watchdog = true })},
		{"takes a body limit", map[string]string{"max_body_bytes": "10"},
			with(func(s *settings) { s.maxBodyBytes = 10 })},
		{"takes an address", map[string]string{"handler_address": "127.0.0.1:41000"},
			with(func(s *settings) { s.address = "127.0.0.1:41000" })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := loadSettings(func(name string) string { return tt.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestLoadSettingsRefuses(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, value string }{
		{"read_timeout", "abc"},
		{"read_timeout", "10 s"},
		{"read_timeout", "0"},
		{"read_timeout", "-1"},
		{"read_timeout", "-5s"},
		{"write_timeout", "1.5"},
		{"write_timeout", "0s"},
		{"write_timeout", "9999999999999"},
		{"write_timeout", "-18446744063"}, // would be 10.7 s if it could overflow
		{"healthcheck_interval", "-1s"},
		{"healthcheck_interval", "soon"},
		{"grace_period", "0"},
		{"max_body_bytes", "1MB"},
		{"max_body_bytes", "0"},
		{"max_body_bytes", "-1"},
		{"max_inflight", "many"},
		{"max_inflight", "-1"},
		{"max_inflight", "9999999999"},
		{"handler_address", "8082"},
		{"handler_address", "127.0.0.1:http-alt"},
		{"handler_address", ":70000"},
	}
	for _, tt := range tests {
		t.Run(tt.name+"="+tt.value, func(t *testing.T) {
			t.Parallel()

			_, err := loadSettings(func(name string) string { return map[string]string{tt.name: tt.value}[name] })
			if want := tt.name + `="` + tt.value + `"`; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got error %v, want one with %s", err, want)
			}
		})
	}

	t.Run("all that is wrong in one error", func(t *testing.T) {
		t.Parallel()

		_, err := loadSettings(func(name string) string { return map[bool]string{true: "?"}[name != "fprocess"] })
		for _, name := range []string{"read_timeout", "write_timeout", "healthcheck_interval", "grace_period", "max_body_bytes", "max_inflight", "handler_address"} {
			if err == nil || !strings.Contains(err.Error(), name+`="?"`) {
				t.Errorf("error does not name %s: %v", name, err)
			}
		}
	})
}
