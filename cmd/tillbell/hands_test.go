package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/openfaas"
	"handler/function/shared/owner"
	"handler/function/shared/terminal"
)

// answering is a client of a gateway that gives those answers, one after the other, and what was
// asked of it without the times.
func answering(t *testing.T, answers ...string) (client *owner.Client, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var call map[string]json.RawMessage
		if err := json.Unmarshal(body, &call); err != nil || !openfaas.Signed(body, r.Header.Get(openfaas.SignatureHeader), []string{"k"}) {
			t.Errorf("%s is not signed: %v", body, err)
		}
		for command, arguments := range call {
			if command != "at" {
				*asked = append(*asked, r.URL.Path+" "+command+" "+string(arguments))
			}
		}
		if len(answers) == 0 {
			t.Errorf("asked once too often: %s", body)
			return
		}
		_, _ = io.WriteString(w, answers[0])
		answers = answers[1:]
	}))
	t.Cleanup(server.Close)
	return &owner.Client{Gateway: server.URL, Key: "k"}, asked
}

func TestResend(t *testing.T) {
	t.Parallel()

	t.Run("asks for it, and shows what became of each", func(t *testing.T) {
		t.Parallel()

		client, asked := answering(t, `{"id":"cs_1","emails":[{"key":"a/b/again-1","state":"sent","to":[{"email":"ada@example.com","name":"Ada"}]},
			{"key":"c","state":"waiting","to":[{"email":"a@b.example"},{"email":"c@d.example"}]}]}`)
		var out strings.Builder
		err := resend(t.Context(), client, screen.Screen{Out: &out}, resending{Order: "cs_1", Key: "a/b", To: "ada@example.com", Reason: "why"})
		const want = "a/b/again-1  sent     to Ada <ada@example.com>\nc            waiting  to a@b.example, c@d.example\n"
		if d := cmp.Diff(want, out.String()); err != nil || d != "" {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
		if d := cmp.Diff([]string{`/function/send-email resend {"order":"cs_1","key":"a/b","to":"ada@example.com","reason":"why"}`}, *asked); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
	})

	t.Run("fails where an e-mail did", func(t *testing.T) {
		t.Parallel()

		client, _ := answering(t, `{"id":"cs_1","emails":[{"key":"a","state":"sent"},{"key":"c","state":"failed"}]}`)
		var out strings.Builder
		err := resend(t.Context(), client, screen.Screen{Out: &out, JSON: true}, resending{Order: "cs_1", Reason: "why"})
		if err == nil || !strings.Contains(err.Error(), "1 of 2") || !json.Valid([]byte(out.String())) {
			t.Errorf("%v, %s", err, out.String())
		}
	})
}

func TestCorrect(t *testing.T) {
	t.Parallel()

	const answer = `{"id":"cs_1","to":{"email":"ada@right.example","name":"Ada\u001b Example"},
		"emails":[{"key":"a/b/again-1","state":"sent","to":[{"email":"ada@right.example","name":"Ada"}]},{"key":"a/later","state":"waiting","to":[{"email":"ada@right.example"}],"due_at":"2999-01-01T00:00:00Z"}],
		"earlier":[{"key":"a/c","state":"sending","to":[{"email":"ada@wrong.example"}]},{"key":"a/d","state":"sent","to":[{"email":"ada@wrong.example"}]}]}`
	wish := correcting{Order: "cs_1", To: "ada@right.example", Reason: "a typo", Resend: []string{"a/b"}}

	t.Run("asks for it, and shows where each goes", func(t *testing.T) {
		t.Parallel()

		client, asked := answering(t, answer)
		var out strings.Builder
		if err := correct(t.Context(), client, screen.Screen{Out: &out}, wish); err != nil {
			t.Error(err)
		}
		for _, want := range []string{
			"The customer's e-mails go to Ada\uFFFD Example <ada@right.example>.\n",
			"a/b/again-1  sent     to Ada <ada@right.example>\n", "a/later      waiting  to ada@right.example        due in ",
			"a/c is just being sent to ada@wrong.example. To send it to the new address too: tillbell resend cs_1 a/c --reason \"…\"\n",
			"a/d was sent to ada@wrong.example. To send it to the new address too: tillbell resend cs_1 a/d --reason \"…\"\n",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, &out)
			}
		}
		if d := cmp.Diff([]string{`/function/send-email correct {"order":"cs_1","to":"ada@right.example","reason":"a typo","resend":["a/b"]}`}, *asked); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
	})

	t.Run("is the answer's JSON for a program, and fails where an e-mail did", func(t *testing.T) {
		t.Parallel()

		client, _ := answering(t, strings.Replace(answer, `"sent"`, `"failed"`, 1))
		var out strings.Builder
		var got struct {
			Earlier []resentMail `json:"earlier"`
		}
		err := correct(t.Context(), client, screen.Screen{Out: &out, JSON: true}, wish)
		if err == nil || !strings.Contains(err.Error(), "1 of 2") || json.Unmarshal([]byte(out.String()), &got) != nil || len(got.Earlier) != 2 {
			t.Errorf("%v, %s", err, &out)
		}
	})
}

func TestForget(t *testing.T) {
	t.Parallel()

	const (
		would = `{"orders":["cs_1","cs_2"],"already":[],"not_yet":[],"dry_run":true}`
		done  = `{"orders":["cs_1","cs_2"],"already":[],"not_yet":[],"dry_run":false}`
		dry   = `/function/send-email forget {"email":"ada@example.com","dry_run":true}`
		real  = `/function/send-email forget {"email":"ada@example.com"}`
	)
	says := func(answer bool, err error) func(context.Context, string) (bool, error) {
		return func(context.Context, string) (bool, error) { return answer, err }
	}
	for name, c := range map[string]struct {
		answers []string
		confirm func(context.Context, string) (bool, error)
		json    bool
		asked   []string
		shows   []string
		hides   string
		err     error
		fails   string
	}{
		"does what was said to be done, and tells who holds more": {
			[]string{would, done}, says(true, nil), false, []string{dry, real}, []string{"To be forgotten:\n  cs_1\n  cs_2\nForgotten: 2", "Stripe", "SendGrid", "backups"}, "", nil, "",
		},
		"does nothing without a yes": {
			[]string{would}, says(false, nil), false, []string{dry}, nil, "Forgotten", nil, "nothing was changed",
		},
		"does nothing where nobody can be asked": {
			[]string{would}, says(false, terminal.ErrNone), false, []string{dry}, nil, "Forgotten", terminal.ErrNone, "--yes",
		},
		"only says what it would do in a dry run": {
			[]string{would}, nil, false, []string{dry}, []string{"Would be forgotten: 2\n  cs_1"}, "Stripe", nil, "",
		},
		"answers a program in JSON alone": {
			[]string{would, done}, says(true, nil), true, []string{dry, real}, []string{"{\n  \"orders\": [\n    \"cs_1\""}, "To be", nil, "",
		},
		"says that there is no such customer": {
			[]string{`{"orders":[],"already":[],"not_yet":[]}`}, says(true, nil), false, []string{dry}, nil, "", owner.ErrNotFound, "no order",
		},
		"says what was forgotten before": {
			[]string{`{"orders":[],"already":["cs_1"],"not_yet":[],"dry_run":true}`}, says(true, nil), false, []string{dry}, []string{"Forgotten before: 1\n  cs_1"}, "", nil, "",
		},
		"asks until there is no more, and shows all at once": {
			[]string{`{"orders":["cs_1"],"already":[],"not_yet":[],"dry_run":true,"next":"n/cs_1"}`, would, `{"orders":["cs_1"],"already":[],"not_yet":["cs_3"],"next":"m"}`, done}, says(true, nil), false,
			[]string{dry, `/function/send-email forget {"email":"ada@example.com","before":"n/cs_1","dry_run":true}`, real, `/function/send-email forget {"email":"ada@example.com","before":"m"}`},
			[]string{"To be forgotten:\n  cs_1\n  cs_1\n  cs_2\n", "Forgotten: 3\n"}, "", owner.ErrConflict, "left whole; do it again in some minutes: cs_3",
		},
		"says what was done until it went wrong": {
			[]string{would, `{"orders":["cs_1"],"already":[],"not_yet":[],"next":"m"}`, `OK`}, says(true, nil), false,
			[]string{dry, real, `/function/send-email forget {"email":"ada@example.com","before":"m"}`}, []string{"Forgotten: 1\n  cs_1"}, "", nil, "the same again does the rest",
		},
		"fails where an order is left": {
			[]string{would, `{"orders":["cs_1"],"already":[],"not_yet":["cs_2"]}`}, says(true, nil), false, []string{dry, real}, []string{"Forgotten: 1"}, "", owner.ErrConflict, "cs_2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client, asked := answering(t, c.answers...)
			var out strings.Builder
			wish := forgetting{customerFlags: customerFlags{Email: "ada@example.com"}}
			err := forget(t.Context(), client, screen.Screen{Out: &out, JSON: c.json}, io.Discard, wish, c.confirm)
			if d := cmp.Diff(c.asked, *asked); d != "" {
				t.Errorf("asked (-want +got):\n%s", d)
			}
			for _, want := range c.shows {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not show %q:\n%s", want, out.String())
				}
			}
			if c.hides != "" && strings.Contains(out.String(), c.hides) {
				t.Errorf("it shows %q:\n%s", c.hides, out.String())
			}
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("error %v, want %q", err, c.fails)
			}
		})
	}
}

func TestExport(t *testing.T) {
	t.Parallel()

	t.Run("is one document, of all the parts, and tells how far it is", func(t *testing.T) {
		t.Parallel()

		client, asked := answering(t, `{"email":"ada@example.com","orders":[{"n":12345678901234567890}],"next":"2026-11-24T12:00:00Z/cs_1"}`,
			`{"email":"ada@example.com","orders":[],"next":"m"}`, `{"email":"ada@example.com","orders":[{"n":2}]}`)
		var out, far strings.Builder
		err := export(t.Context(), client, screen.Screen{Out: &out}, &far, customerFlags{Email: "ada@example.com"})
		const want = "{\n  \"email\": \"ada@example.com\",\n  \"orders\": [\n    {\n      \"n\": 12345678901234567890\n    },\n    {\n      \"n\": 2\n    }\n  ]\n}\n"
		if d := cmp.Diff(want, out.String()); err != nil || d != "" {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
		const call = `/function/send-email export {"email":"ada@example.com"`
		if d := cmp.Diff([]string{call + `}`, call + `,"before":"2026-11-24T12:00:00Z/cs_1"}`, call + `,"before":"m"}`}, *asked); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
		if !strings.HasPrefix(far.String(), "  1 found; looking at the orders made until 2026-11-24T12:00:00Z\n") {
			t.Errorf("it says %q", far.String())
		}
	})

	t.Run("is nothing where a part is missing", func(t *testing.T) {
		t.Parallel()

		client, _ := answering(t, `{"orders":[{"n":1}],"next":"m"}`, `OK`)
		var out strings.Builder
		if err := export(t.Context(), client, screen.Screen{Out: &out}, io.Discard, customerFlags{Email: "ada@example.com"}); err == nil || out.Len() > 0 {
			t.Errorf("%v, and %q", err, out.String())
		}
	})
}

func TestHandsWantWhatTheyNeed(t *testing.T) {
	t.Parallel()

	for args, want := range map[string]string{
		"resend":                                           "wants an argument",
		"resend cs_1":                                      "say why, with --reason",
		"resend --reason why":                              "wants an argument",
		"resend cs_1 a b --reason why":                     `takes no "b"`,
		"resend pi_1 --reason why":                         `"pi_1" is not the ID of an order`,
		"resend cs_1 --reason why --to ada":                `--to "ada": want an e-mail address in ASCII, alone or as Name <address>`,
		"resend cs_1 --reason why --to a@b.c,d@e.f":        `--to "a@b.c,d@e.f": want`,
		"resend cs_1 --reason " + strings.Repeat("é", 501): "--reason has 501 characters; want 500 at the most",
		"correct":                                        "wants an argument",
		"correct cs_1 --reason why":                      "say the right address, with --to",
		"correct cs_1 --to ada --reason why":             `--to "ada": want an e-mail address`,
		"correct pi_1 --to a@b.example --reason why":     `"pi_1" is not the ID of an order`,
		"correct cs_1 --to a@b.example":                  "say why, with --reason",
		"correct cs_1 a/b --to a@b.example --reason why": `takes no "a/b"`,
		"forget": "want either --email or --order",
		"forget --email a@b.example --order cs_1": "want either --email or --order",
		"forget --email ada":                      `--email "ada": want an address alone`,
		"forget --order pi_1":                     `"pi_1" is not the ID of an order`,
		"forget cs_1":                             `takes no "cs_1"`,
		"export":                                  "want either --email or --order",
		"export --email a@b.example --order cs_1": "want either --email or --order",
		"export --email <ada@example.com>":        `--email "<ada@example.com>": want an address alone`,
		"export --order ada@example.com":          `"ada@example.com" is not the ID of an order`,
		"export cs_1":                             `takes no "cs_1"`,
	} {
		if err := dispatch(t.Context(), strings.Fields(args)); exitCode(err) != 2 || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
