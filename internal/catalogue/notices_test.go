package catalogue

import (
	"testing"

	"handler/function/internal/sample"
)

// A catalogue may be older than the notice.
func TestBouncedIsEmailFailedUnlessNamed(t *testing.T) {
	t.Parallel()

	c, err := Parse("c.yml", []byte(sample.SmallCatalogue))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Notices.template(Bounced), c.Notices.EmailFailed; got != want || want.Value == "" {
		t.Errorf("got %v, want %v", got, want)
	}
}
