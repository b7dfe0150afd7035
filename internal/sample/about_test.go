package sample

import "testing"

func TestAbout(t *testing.T) {
	t.Parallel()

	for _, name := range Names() {
		if About(name) == "" {
			t.Errorf("nothing is said of %s", name)
		}
	}
	if n := len(Names()); n != len(about) {
		t.Errorf("%d events, and of %d something is said", n, len(about))
	}
}
