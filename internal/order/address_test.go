package order_test

import (
	"strings"
	"testing"

	"handler/function/internal/order"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()

	ada := order.Address{Email: "ada@example.com", Name: "Ada Example"}
	for text, want := range map[string]order.Address{
		"ada@example.com":                      {Email: "ada@example.com"},
		" <ada@example.com> ":                  {Email: "ada@example.com"},
		"Ada Example <ada@example.com>":        ada,
		`"Ada Example" <ada@example.com>`:      ada,
		`"Example, Ada" <ada@example.com>`:     {Email: "ada@example.com", Name: "Example, Ada"},
		"Adélaïde Müller <ada@xn--x.example>":  {Email: "ada@xn--x.example", Name: "Adélaïde Müller"},
		"Dr. Ada O'Brien <ada+shop@a.example>": {Email: "ada+shop@a.example", Name: "Dr. Ada O'Brien"},
		strings.Repeat("é", 200) + " <a@b.de>": {Email: "a@b.de", Name: strings.Repeat("é", 200)},
	} {
		if got, ok := order.ParseAddress(text); !ok || got != want {
			t.Errorf("%q: got %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "ada", "ada@", "@example.com", "ada@example", "ada@example.com, bob@example.com", "Example, Ada <ada@example.com>", "Ada ada@example.com",
		"ada@bücher.example", "àda@example.com", `"a b"@example.com`, "Ada <ada@example.com> Example", "ada@example.com\nBcc: bob@example.com",
		strings.Repeat("a", 250) + "@b.de", strings.Repeat("é", 201) + " <a@b.de>",
	} {
		if got, ok := order.ParseAddress(text); ok {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func TestAddressAsText(t *testing.T) {
	t.Parallel()

	for want, a := range map[string]order.Address{
		"ada@example.com":               {Email: "ada@example.com"},
		"Ada Example <ada@example.com>": {Email: "ada@example.com", Name: "Ada Example"},
	} {
		if a.String() != want {
			t.Errorf("got %s, want %s", a, want)
		}
	}
}
