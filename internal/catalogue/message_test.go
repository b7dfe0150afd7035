package catalogue

import (
	"testing"
)

func TestRecipientName(t *testing.T) {
	t.Parallel()

	for name, want := range map[string]string{
		"":                            "",
		"Ada Example":                 "Ada Example",
		"Lovelace, Ada; Countess":     "Lovelace Ada Countess",
		"Ada\r\nBcc: eve@example.com": "Ada Bcc: eve@example.com",
		"\x00 花子\u2028":               "花子",
		`<b>&"'`:                      `<b>&"'`,
	} {
		if got := recipientName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
