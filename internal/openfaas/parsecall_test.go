package openfaas_test

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"handler/function/internal/openfaas"
)

func TestParseCall(t *testing.T) {
	t.Parallel()

	t.Run("gives the command, its arguments and the time", func(t *testing.T) {
		t.Parallel()

		c, err := openfaas.ParseCall([]byte(`{"at": "2026-03-04T05:06:07Z", "resend": {"order": "cs_1"}}`))
		if err != nil || c.Command != "resend" || !c.At.Equal(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)) {
			t.Fatalf("got %+v, %v", c, err)
		}
		var arguments struct {
			Order string `json:"order"`
		}
		if err := c.Arguments(&arguments); err != nil || arguments.Order != "cs_1" {
			t.Errorf("arguments %+v, %v", arguments, err)
		}
	})

	t.Run("gives a copy of a call the same ID, and another call another", func(t *testing.T) {
		t.Parallel()

		id := func(body string) string {
			c, err := openfaas.ParseCall([]byte(body))
			if err != nil || !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(c.ID) {
				t.Errorf("%s has the ID %q: %v", body, c.ID, err)
			}
			return c.ID
		}
		one, two := `{"resend": {}, "at": "2026-03-04T05:06:07Z"}`, `{"resend": {}, "at": "2026-03-04T05:06:08Z"}`
		if first, again, other := id(one), id(one), id(two); first != again || first == other {
			t.Errorf("they are %s, %s and %s", first, again, other)
		}
	})

	for _, body := range []string{
		``, `null`, `{}`, `[]`, `"sweep"`, `{"sweep": true, "id": "cs_1"}`, `{"at": "2026-03-04T05:06:07Z"}`, `{"sweep": true} {}`, `{"sweep": true`, `{"": "", "id": "cs_1"}`,
	} {
		t.Run("refuses "+body, func(t *testing.T) {
			t.Parallel()

			if c, err := openfaas.ParseCall([]byte(body)); !errors.Is(err, openfaas.ErrCall) {
				t.Errorf("got %+v, %v", c, err)
			}
		})
	}
}

func TestWrongArgumentIsNamed(t *testing.T) {
	t.Parallel()

	type whose struct {
		Email string `json:"email"`
	}
	for body, want := range map[string]string{
		`{"forget": {"email": 1}}`:                        "forget.email: want a string",
		`{"forget": {"EMAIL": ["ada@example.com"]}}`:      "forget.email: want a string",
		`{"forget": {"limit": "ada@example.com"}}`:        "forget.limit: want a whole number",
		`{"forget": {"limit": 1.5}}`:                      "forget.limit: want a whole number",
		`{"forget": {"dry_run": 1}}`:                      "forget.dry_run: want true or false",
		`{"forget": {"keys": "ebook"}}`:                   "forget.keys: want a list of strings",
		`{"forget": {"keys": ["ebook", 2]}}`:              "forget.keys: want a string",
		`{"forget": "ada@example.com"}`:                   "forget: want an object",
		`{"forget": {"ada@example.com": true}}`:           "forget: want no arguments but email, dry_run, limit, keys",
		`{"forget": {}, "at": 1}`:                         "at: want a time such as 2026-11-01T00:00:00Z",
		`{"forget": {}, "at": "ada@example.com"}`:         "at: want a time such as 2026-11-01T00:00:00Z",
		`{"forget": {"email": "a", "email": ["a"]}}`:      "forget.email: want a string",
		`{"forget": {"email": "ada@example.com", "x":1}}`: "forget: want no arguments but email, dry_run, limit, keys",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()

			var arguments struct {
				whose
				DryRun bool     `json:"dry_run"`
				Limit  int      `json:"limit"`
				Keys   []string `json:"keys"`
			}
			c, err := openfaas.ParseCall([]byte(body))
			if err == nil {
				err = c.Arguments(&arguments)
			}
			var wrong *openfaas.ArgumentError
			if !errors.As(err, &wrong) || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		})
	}
	var text string
	if c, err := openfaas.ParseCall([]byte(`{"order": {"$gt": ""}}`)); err != nil || c.Arguments(&text).Error() != "order: want a string" {
		t.Errorf("a command with one argument: %v", c.Arguments(&text))
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()

	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, tt := range []struct {
		name string
		now  time.Time
		err  error
	}{
		{"at once", at, nil},
		{"at the end of the tolerance", at.Add(openfaas.CallTolerance), nil},
		{"a moment later", at.Add(openfaas.CallTolerance + 1), openfaas.ErrStale},
		{"by a clock that is behind", at.Add(-openfaas.CallTolerance), nil},
		{"by one that is too far behind", at.Add(-openfaas.CallTolerance - 1), openfaas.ErrStale},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if err := (openfaas.Call{At: at}).Fresh(tt.now); err != tt.err {
				t.Errorf("got %v, want %v", err, tt.err)
			}
		})
	}
	if err := (openfaas.Call{}).Fresh(at); !errors.Is(err, openfaas.ErrStale) {
		t.Errorf("undated: %v", err)
	}
}
