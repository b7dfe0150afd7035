package main

import (
	"strings"
	"testing"

	"handler/function/shared/stackfile/stackfiletest"
)

func TestFlagsInHelp(t *testing.T) {
	t.Parallel()

	t.Run("are a verb's own, and then those of all that call the functions", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		set := newFlags("try", "ops try tries.\n")
		set.SetOutput(&out)
		new(ownerFlags).register(set)
		set.Int("limit", 50, "how many")
		set.String("state", "", "only those in this `word`")
		set.Usage()
		const want = "ops try tries.\n\nFlags:\n  --limit N     how many (default: 50)\n  --state WORD  only those in this word\n\n" +
			"Flags of all verbs that call the functions:\n"
		if !strings.HasPrefix(out.String(), want) || !strings.Contains(out.String(), "\n  --json ") {
			t.Errorf("got\n%s", &out)
		}
	})

	t.Run("are one list in a verb that does not", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		set := newFlags("try", "ops try tries.")
		set.SetOutput(&out)
		set.String("gateway", "", "the `address`")
		set.Bool("yes", false, "do not ask")
		set.Usage()
		if want := "ops try tries.\n\nFlags:\n  --gateway ADDRESS  the address\n  --yes              do not ask\n"; out.String() != want {
			t.Errorf("got\n%s", &out)
		}
	})
}

// TestOwnerVerbs is about what is wrong before anybody is called.
func TestOwnerVerbs(t *testing.T) {
	t.Parallel()

	stack := stackfiletest.Write(t, "../..")
	for _, c := range []struct {
		args, says string
		code       int
	}{
		{"orders --since yesterday", `since "yesterday": want 24h`, 2},
		{"orders --limit 0", "--limit 0", 2},
		{"orders cs_1", `takes no "cs_1"`, 2},
		{"order", "wants an argument", 2},
		{"orders --state lost", `--state "lost": want failed, stuck, waiting`, 2},
		{"orders --email joan", `--email "joan": want an address alone`, 2},
		{"order pi_1", `"pi_1" is not the ID of an order`, 2},
		{"order cs_1 cs_2", `takes no "cs_2"`, 2},
		{"summary today", `takes no "today"`, 2},
		{"sumary", `no verb "sumary"`, 2},
		{"up --stack " + stack + " --env none --gateway http://127.0.0.1:1", "set REGISTRY, in the environment or in .env", 1},
		{"summary --stack " + stack + " --env none --gateway http://127.0.0.1:1", "make secrets ONLY=send-email-key NEW_KEY=1", 1},
		{"summary --stack none.yml", "there is no stack.yml here", 1},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()

			err := dispatch(t.Context(), strings.Fields(c.args))
			if err == nil || !strings.Contains(err.Error(), c.says) || exitCode(err) != c.code {
				t.Errorf("exit code %d: %v", exitCode(err), err)
			}
		})
	}
}
