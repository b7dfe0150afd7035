package main

import (
	"errors"
	"flag"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Setenv("STRIPE_API_KEY", "a real one")
	for want, args := range map[string][]string{
		flag.ErrHelp.Error(): {"--help"},
		"STRIPE_API_KEY is set: bench is for the mocked services": {"--quick", "--state", t.TempDir()},
		`unexpected argument "everything"`:                        {"everything"},
	} {
		if err := run(t.Context(), args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", args, err, want)
		}
	}
	if err := run(t.Context(), []string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}
