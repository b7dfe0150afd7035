package sendgrid

import "testing"

func TestTagsSayWhatTellsMailsApart(t *testing.T) {
	t.Parallel()

	m := messageView{Args: []field{{"order", "cs_1"}, {"delivery", "cs_1/ebook/welcome"}}}
	if got := m.Tags(); len(got) != 1 || got[0] != (field{"delivery", "ebook/welcome"}) {
		t.Errorf("tags %v, want the delivery without its order", got)
	}
	if m.Args[1].Value != "cs_1/ebook/welcome" {
		t.Errorf("the page of the mail itself shows %q", m.Args[1].Value)
	}
}
