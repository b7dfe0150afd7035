package console

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTook(t *testing.T) {
	t.Parallel()

	for d, want := range map[time.Duration]string{
		0:                         "0 ms",
		1499 * time.Microsecond:   "1 ms",
		999 * time.Millisecond:    "999 ms",
		time.Second:               "1.0 s",
		83_460 * time.Millisecond: "83.5 s",
	} {
		if got := Took(d); got != want {
			t.Errorf("Took(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestStep(t *testing.T) {
	t.Parallel()

	t.Run("tells of one that went well", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		if err := c.Step("start the queue", func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^✓ start the queue \d+ ms\n$`).MatchString(out.String()) {
			t.Errorf("output %q", out)
		}
	})

	t.Run("tells of one that went wrong, and gives its error", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		wrong := errors.New("wrong")
		if err := c.Step("start the queue", func() error { return wrong }); err != wrong {
			t.Errorf("error = %v", err)
		}
		mustContain(t, out.String(), "✗ start the queue")
	})

	t.Run("shows on a terminal what is under way, and writes over it", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		c.colour = true
		_ = c.Step("start the queue", func() error {
			if out.String() != "  start the queue …" {
				t.Errorf("while it goes on: %q", out)
			}
			return nil
		})
		mustContain(t, out.String(), "…\r\x1b[K\x1b[32m✓\x1b[0m start the queue")
	})

	t.Run("has no colours for what is no terminal", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		_ = c.Step("start the queue", func() error { return nil })
		c.Trouble("%s is away", "Stripe")
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("output %q", out)
		}
		mustContain(t, out.String(), "✗ Stripe is away\n")
	})
}
