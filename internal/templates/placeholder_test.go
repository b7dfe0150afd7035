package templates

import (
	"regexp"
	"testing"
)

func TestPlaceholderID(t *testing.T) {
	t.Parallel()

	id := PlaceholderID("receipt")
	if !regexp.MustCompile(`^d-[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("%s does not have the form of SendGrid's", id)
	}
	if PlaceholderID("receipt") != id || PlaceholderID("receipt.fr") == id {
		t.Error("a name and its ID are not one for one")
	}
}
