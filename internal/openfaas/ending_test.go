package openfaas

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestNoErrorsAfter(t *testing.T) {
	t.Parallel()

	ending, end := context.WithCancel(t.Context())
	var out bytes.Buffer
	log := NoErrorsAfter(ending, slog.New(slog.NewTextHandler(&out, nil))).With("order", "cs_1").WithGroup("of").With("a", 1)
	levels := func() (all []string) {
		out.Reset()
		log.Error("failed")
		log.Warn("tried")
		log.Info("done")
		for line := range strings.Lines(out.String()) {
			if !strings.Contains(line, "order=cs_1 of.a=1") {
				t.Errorf("it says %q", line)
			}
			all = append(all, strings.Fields(line)[1])
		}
		return all
	}
	if got := strings.Join(levels(), " "); got != "level=ERROR level=WARN level=INFO" {
		t.Errorf("before the end: %s", got)
	}
	end()
	if got := strings.Join(levels(), " "); got != "level=WARN level=WARN level=INFO" {
		t.Errorf("after it: %s", got)
	}
}

// Not parallel: the signal reaches the whole process.
func TestEnding(t *testing.T) {
	ending, other := Ending(), Ending()
	if ending.Err() != nil {
		t.Fatal("it has begun")
	}
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for _, ctx := range []context.Context{ending, other} {
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Error("it is not told")
		}
	}
}
