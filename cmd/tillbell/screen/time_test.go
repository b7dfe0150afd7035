package screen_test

import (
	"testing"
	"time"

	"handler/function/cmd/tillbell/screen"
)

func TestSpan(t *testing.T) {
	t.Parallel()

	for d, want := range map[time.Duration]string{
		0:                                 "0 ms",
		-40 * time.Millisecond:            "-40 ms",
		999 * time.Millisecond:            "999 ms",
		3290 * time.Millisecond:           "3.2 s",
		9999 * time.Millisecond:           "9.9 s",
		59*time.Second + 999:              "59 s",
		time.Minute:                       "1 min",
		time.Hour - 1:                     "59 min",
		time.Hour:                         "1 h",
		3*time.Hour + 5*time.Minute:       "3 h 5 min",
		52 * time.Hour:                    "2 d 4 h",
		24*time.Hour + 59*time.Minute:     "1 d",
		100*24*time.Hour + 23*time.Minute: "100 d",
	} {
		if got := screen.Span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration]string{-3 * time.Minute: "3 min ago", 0: "0 ms ago", 2 * time.Hour: "in 2 h"} {
		if got := screen.Ago(now.Add(d), now); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	if got := screen.Stamp(now.In(time.FixedZone("", 3600))); got != "2026-11-24 13:00:00" {
		t.Errorf("got %s", got)
	}
}
