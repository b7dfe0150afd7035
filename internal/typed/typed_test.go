package typed_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/typed"
)

func TestText(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		file, want string
		bad        *typed.Mistake
	}{
		"nothing":                  {"", "", nil},
		"line breaks of any kind":  {"a\r\nb\rc\nd", "a\nb\nc\nd", nil},
		"a byte order mark":        {"\ufeffé\n", "é\n", nil},
		"Latin-1, where it begins": {"a\r\nb\xe9\r\n\xe9", "", &typed.Mistake{Line: 2, What: "this line is not UTF-8: save the file as UTF-8"}},
		"half a character":         {"a\nb\n\xe2\x82", "", &typed.Mistake{Line: 3, What: "this line is not UTF-8: save the file as UTF-8"}},
		"UTF-16":                   {"\xff\xfea\x00", "", &typed.Mistake{Line: 1, What: "the file is UTF-16: save it as UTF-8"}},
		"UTF-16, big end first":    {"\xfe\xff\x00a", "", &typed.Mistake{Line: 1, What: "the file is UTF-16: save it as UTF-8"}},
	} {
		got, bad := typed.Text([]byte(c.file))
		if got != c.want || cmp.Diff(c.bad, bad) != "" {
			t.Errorf("%s: got %q, %v", name, got, bad)
		}
	}
}

func TestOdd(t *testing.T) {
	t.Parallel()

	for word, want := range map[string][2]string{
		"prod_x":                  {"", "prod_x"},
		"müller@bücher.example":   {"", "müller@bücher.example"},
		"“prod_x”":                {"typographic quotes", "prod_x"},
		"„prod_x“":                {"typographic quotes", "prod_x"},
		"prod_x’":                 {"typographic quotes", "prod_x"},
		"prod_\u200bx":            {"a zero-width space (U+200B)", "prod_x"},
		"\ufeffprod_x":            {"a zero-width space (U+FEFF)", "prod_x"},
		"prod_x\u00a0":            {"a no-break space (U+00A0)", "prod_x"},
		"prod_x\u202f":            {"a no-break space (U+202F)", "prod_x"},
		"prod\u00ad_x":            {"an invisible character (U+00AD)", "prod_x"},
		"ada@example.com\u200e":   {"an invisible character (U+200E)", "ada@example.com"},
		"prod_x\t":                {"an invisible character (U+0009)", "prod_x"},
		"follow–up":               {"a dash that is not a hyphen (U+2013)", "follow-up"},
		" prod_x ":                {"a space at its end", "prod_x"},
		"prod_a prod_b":           {"", "prod_a prod_b"},
		"\u00a0“prod_x”\u00a0":    {"a no-break space (U+00A0)", "prod_x"},
		"Owner <ada@example.com>": {"", "Owner <ada@example.com>"},
	} {
		what, clean := typed.Odd(word)
		if got := [2]string{what, clean}; got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}

func TestInvisible(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"": "", "a b\tc\nd “e” – f": "", "a\u00a0b": "a no-break space (U+00A0)", "a\x07": "an invisible character (U+0007)",
	} {
		if got := typed.Invisible(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestNear(t *testing.T) {
	t.Parallel()

	fields := []string{"from", "reply_to", "admins", "only", "series", "default", "notices", "report", "emails", "email", "name", "to", "at"}
	for word, want := range map[string]string{
		"emials": "emails", "emals": "emails", "emailss": "emails", "enails": "emails", "Emails": "emails", "EMAIL": "email",
		"reply-to": "reply_to", "replyto": "reply_to", "reply to": "reply_to", "notice": "notices", "admin": "admins", "serie": "series",
		"defaults": "default", "form": "from", "nmae": "name", "too": "to",
		"cc": "", "color": "", "x": "", "": "", "bcc": "", "attachments": "", "administrators": "", "on": "",
	} {
		if got := typed.Near(word, fields); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := typed.DidYouMean("emials", fields) + typed.DidYouMean("color", fields); got != ": did you mean emails?" {
		t.Errorf("got %q", got)
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()

	m := typed.Mistakes{{7, "b is there already"}, {7, "a\nb"}, {7, "b is there already"}, {2, "c"}, {9, "b is there already"}}
	want := "f.yml:2: c\nf.yml:7: b is there already\nf.yml:7: a\\nb\nf.yml:9: b is there already"
	if got := typed.In("f.yml", m.Err()).Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
