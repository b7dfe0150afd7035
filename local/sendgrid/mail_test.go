package sendgrid

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return v
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseMail(t *testing.T) {
	t.Parallel()

	for _, tt := range mailCases() {
		t.Run("judges "+tt.name, func(t *testing.T) {
			t.Parallel()

			_, errs := parseMail(encoded(t, patched(t, tt.base, tt.patch)), clock())
			want := strings.ReplaceAll(strings.Join(sorted(strings.Fields(tt.fields)), " "), "·", " ")
			if diff := cmp.Diff(want, strings.Join(sorted(fields(errs)), " ")); diff != "" {
				t.Errorf("fields (-want +got):\n%s%s", diff, encoded(t, errs))
			}
			for _, e := range errs {
				if e.Message == "" || e.Help == nil || !strings.HasPrefix(*e.Help, helpPage) {
					t.Errorf("an error without its message or help: %s", encoded(t, e))
				}
			}
		})
	}

	t.Run("refuses what is no JSON object", func(t *testing.T) {
		t.Parallel()

		for _, body := range []string{``, `{`, `[]`, `null`, `"x"`, plain + plain, `{"from":}`} {
			if _, errs := parseMail([]byte(body), clock()); len(errs) != 1 || errs[0].Field != nil {
				t.Errorf("%q: %s", body, encoded(t, errs))
			}
		}
	})

	t.Run("refuses a null in every place", func(t *testing.T) {
		t.Parallel()

		for name := range decode(t, everything) {
			body := decode(t, plain)
			body[name] = nil
			if _, errs := parseMail(encoded(t, body), clock()); !slices.Contains(fields(errs), name) {
				t.Errorf("%s is null, complained about %v", name, fields(errs))
			}
		}
	})

	t.Run("tells all that is wrong at once, in the same order each time", func(t *testing.T) {
		t.Parallel()

		body := []byte(`{"from":{"email":"x"},"personalizations":[{"to":[{"email":"y"}],"z":1,"b":2}],"subject":"","content":[]}`)
		_, first := parseMail(body, clock())
		if len(first) != 6 {
			t.Errorf("got %d errors: %s", len(first), encoded(t, first))
		}
		for range 20 {
			_, again := parseMail(body, clock())
			if !bytes.Equal(encoded(t, first), encoded(t, again)) {
				t.Fatalf("%s, then %s", encoded(t, first), encoded(t, again))
			}
		}
	})

	t.Run("writes an error as SendGrid does", func(t *testing.T) {
		t.Parallel()

		_, errs := parseMail(encoded(t, patched(t, plain, `{"personalizations":[{"to":[{"email":"nobody"}]}]}`)), clock())
		want := `{"errors":[{"message":"Does not contain a valid address.","field":"personalizations.0.to.0.email",` +
			`"help":"http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.personalizations.to.email"}]}`
		if diff := cmp.Diff(want, string(encoded(t, errorBody{errs}))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReadMail(t *testing.T) {
	t.Parallel()

	for size, want := range map[int]int{maxBody: 0, maxBody + 1: http.StatusRequestEntityTooLarge} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/", bytes.NewReader(make([]byte, size)))
		r.Header.Set("Content-Type", "application/json")
		if body, status, _ := readMail(httptest.NewRecorder(), r); status != want || status == 0 && len(body) != size {
			t.Errorf("%d bytes: status %d, %d bytes read", size, status, len(body))
		}
	}
}

func TestValidEmail(t *testing.T) {
	t.Parallel()

	good := []string{"a@b.de", "first.last+tag@mail.example.co.uk", "o'hara@example.com", "x_1@xn--bcher-kva.example",
		strings.Repeat("a", 64) + "@example.com"}
	bad := []string{"", "a", "@b.de", "a@", "a@b", "a@@b.de", "a b@c.de", "a..b@c.de", ".a@b.de", "a.@b.de", "a@b..de", "a@-b.de",
		"a@b.de.", "ä@b.de", "a@bücher.de", "Ada <a@b.de>", "a@b.de\n", "a@b.de,c@d.de", "a@b.1",
		strings.Repeat("a", 65) + "@example.com", "a@" + strings.Repeat("abcdefg.", 32) + "com"}
	for _, s := range good {
		if !validEmail(s) {
			t.Errorf("%q is refused", s)
		}
	}
	for _, s := range bad {
		if validEmail(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}
