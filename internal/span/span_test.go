package span_test

import (
	"errors"
	"testing"
	"time"

	"handler/function/internal/span"
)

func TestParse(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "30s": 30 * time.Second, "30m": 30 * time.Minute, "48h": 48 * time.Hour, "1h30m": 90 * time.Minute,
		"1.5h": 90 * time.Minute, ".5h": 30 * time.Minute, "500ms": 500 * time.Millisecond,
		"0d": 0, "1d": 24 * time.Hour, "3d": 72 * time.Hour, "030d": 720 * time.Hour, "2w": 336 * time.Hour,
		"3d12h": 84 * time.Hour, "1w2d3h4m5s": 219*time.Hour + 4*time.Minute + 5*time.Second,
		"106751d": 106751 * 24 * time.Hour, "15250w1d23h47m16s854ms775us807ns": 1<<63 - 1,
		"9223372036854775807ns": 1<<63 - 1,
	} {
		if got, err := span.Parse(text); got != want || err != nil {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()

	for _, text := range []string{
		"", " ", "d", "w", "3", "3.5d", "3 days", "3d ", "3days", "3D", "12h3d", "3d2w", "3d3d", "3d12", "soon", "٣d",
		"-1h", "-3d", "+3d", "3d-1h", "1w-1d", "-0",
		"106752d", "15251w", "106751d24h", "15250w2d", "9223372036854775807d", "99999999999999999999d", "99999999999999999999w",
		"9223372036854775808ns", "1e3h", "3d\n", "\n3d",
	} {
		if got, err := span.Parse(text); !errors.Is(err, span.ErrForm) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}
