package console

import (
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	t.Parallel()

	t.Run("says once that a step is at work when that takes long", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		_ = c.Step("boil water", func() error {
			eventually(t, "it says that it is at work", func() bool { return strings.Contains(out.String(), "… boil water\n") })
			return nil
		})
		mustContain(t, out.String(), "… boil water\n✓ boil water ")
	})

	t.Run("counts seconds on a terminal, and lets what else is said take the line", func(t *testing.T) {
		t.Parallel()

		c, out := quiet(t)
		c.colour = true
		_ = c.Step("boil water", func() error {
			eventually(t, "it counts", func() bool { return strings.Contains(out.String(), "boil water … 1 s") })
			c.Say("the cat is hungry")
			return nil
		})
		mustContain(t, out.String(), "  boil water …\r\x1b[K  boil water … 1 s\r\x1b[Kthe cat is hungry\n")
	})
}
