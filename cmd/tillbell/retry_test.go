package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/screen"
)

func TestRetry(t *testing.T) {
	t.Parallel()

	const all, more = `/function/send-email retry {"failed":true}`, `/function/send-email retry {"failed":true,"before":"n"}`
	for name, c := range map[string]struct {
		answers, asked []string
		wish           retrying
		shows, fails   string
	}{
		"takes up an order": {
			[]string{`{"orders":["cs_1"],"not_yet":[]}`}, []string{`/function/send-email retry {"order":"cs_1"}`}, retrying{Order: "cs_1"}, "Taken up again: 1; send-email does the rest within minutes\n  cs_1\n", "",
		},
		"asks until there is no more": {
			[]string{`{"orders":["cs_1"],"not_yet":[],"next":"n"}`, `{"orders":["cs_2"],"not_yet":[]}`}, []string{all, more}, retrying{Failed: true}, "Taken up again: 2; send-email does the rest within minutes\n  cs_1\n  cs_2\n", "",
		},
		"says that there is nothing to take up": {
			[]string{`{"orders":[],"not_yet":[]}`}, []string{all}, retrying{Failed: true}, "Nothing was given up.\n", "",
		},
		"says what it would do": {
			[]string{`{"orders":["cs_1"],"not_yet":[],"dry_run":true}`}, []string{`/function/send-email retry {"failed":true,"dry_run":true}`}, retrying{Failed: true, DryRun: true}, "Would be taken up again: 1\n  cs_1\n", "",
		},
		"shows what was done until it went wrong": {
			[]string{`{"orders":["cs_1"],"not_yet":[],"next":"n"}`, `OK`}, []string{all, more}, retrying{Failed: true}, "Taken up again: 1; send-email does the rest within minutes\n  cs_1\n", "the same again does the rest",
		},
		"fails if an order is left": {
			[]string{`{"orders":[],"not_yet":["cs_1"]}`}, []string{all}, retrying{Failed: true}, "Taken up again: 0; send-email does the rest within minutes\n", "in some minutes: cs_1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client, asked := answering(t, c.answers...)
			var out strings.Builder
			err := retry(t.Context(), client, screen.Screen{Out: &out}, io.Discard, c.wish)
			if d := cmp.Diff(c.asked, *asked); d != "" {
				t.Errorf("asked (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.shows, out.String()); d != "" {
				t.Errorf("shown (-want +got):\n%s", d)
			}
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
		})
	}
}
