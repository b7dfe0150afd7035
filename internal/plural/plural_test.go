package plural

import "testing"

func TestOf(t *testing.T) {
	t.Parallel()

	for noun, want := range map[string][]string{
		"e-mail":  {"0 e-mails", "1 e-mail", "2 e-mails"},
		"process": {"0 processes", "1 process", "2 processes"},
		"branch":  {"0 branches", "1 branch", "2 branches"},
	} {
		for n, text := range want {
			if got := Of(n, noun); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
}
