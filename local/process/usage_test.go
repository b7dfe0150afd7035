package process

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()

	// The fields of proc(5) from the third on: 14 and 15 are the time, 24 the pages.
	rest := "S 1 1 1 0 -1 0 1 2 3 4 250 50 7 8 20 0 5 0 999 4096 3 18446744073709551615"

	t.Run("reads time and memory behind any name", func(t *testing.T) {
		t.Parallel()

		got, err := parseStat("42 (a) S (b c) " + rest)
		want := Usage{CPU: 3 * time.Second, Resident: 3 * int64(os.Getpagesize())}
		if err != nil || got != want {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	})

	t.Run("refuses what is cut off", func(t *testing.T) {
		t.Parallel()

		if _, err := parseStat("42 (a) S 1 1"); err == nil {
			t.Error("no error")
		}
	})

	t.Run("refuses what is no number", func(t *testing.T) {
		t.Parallel()

		if _, err := parseStat("42 (a) " + strings.Replace(rest, "250", "x", 1)); err == nil {
			t.Error("no error")
		}
	})
}

func TestUsageOfThisProcess(t *testing.T) {
	t.Parallel()

	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here: only Linux has it")
	}
	u, err := UsageOf(os.Getpid())
	if err != nil || u.Resident < 1<<20 {
		t.Errorf("got %+v, %v", u, err)
	}
}
