package catalogue

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
)

var mistakeForm = regexp.MustCompile(`^c\.yml:(\d+): .`)

// FuzzCatalogue: a catalogue is refused, each mistake with its line, or is one by which every
// e-mail can be planned and sent.
func FuzzCatalogue(f *testing.F) {
	for _, c := range []string{
		string(sampletest.File(f, "catalogue.yml")), sample.SmallCatalogue, "metadata_keys: [download_url]\n" + sample.EveryOrderCatalogue, "", "a", "[]", "from: {", "a: &a [*a]", "admins: &a [*a]", "admins: &a {live: *a, test: *a}", "\xff", "a: \x00", "---\n---\n", "? {a: b}\n: c",
		strings.Replace(sample.SmallCatalogue, "[owner@example.com]", "[owner@example.com, &n null, *n]", 1),
		strings.Replace(sample.SmallCatalogue, "to: customer}\ndefault", "to: customer, after: 9223372036854775807ns}\ndefault", 1),
		strings.Replace(sample.SmallCatalogue, "to: customer}\ndefault", "to: customer, after: 1e999}\ndefault", 1),
		strings.Replace(sample.SmallCatalogue, "key: delivery", "key: \"a\\nb\\0\"", 1),
		strings.Replace(sample.SmallCatalogue, "{email: shop@example.com}", "\"a\\nb\"", 1),
		strings.Replace(sample.SmallCatalogue, "[owner@example.com]", "[owner@example.com, *n]\nreply_to: &n null", 1),
		strings.Replace("reply_to: &n null\n"+sample.SmallCatalogue, "[owner@example.com]", "[owner@example.com, *n]", 1),
		strings.Replace(sample.SmallCatalogue, "[prod_ebook]", "{a: \"b\\nc\"}", 1),
		strings.Replace(sample.SmallCatalogue, "{email: shop@example.com}", "[\"a\\nb\"]", 1),
		strings.Replace(sample.SmallCatalogue, "admins:", "only: {metadata: {$a.b: \"\"}}\nadmins:", 1),
		strings.Replace(sample.SmallCatalogue, "admins:", "? a\n\n\n: b\nadmins:", 1),
		strings.Repeat("[", 20_000), strings.Repeat("a: {", 5_000), "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]",
	} {
		f.Add([]byte(c))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		c, err := Parse("c.yml", source)
		if err != nil {
			for _, mistake := range strings.Split(err.Error(), "\n") {
				parts := mistakeForm.FindStringSubmatch(mistake)
				if parts == nil {
					t.Fatalf("no line is named in %q", err)
				}
				if n, _ := strconv.Atoi(parts[1]); n < 1 || n > strings.Count(string(source), "\n")+strings.Count(string(source), "\r")+1 {
					t.Errorf("there is no line %d: %s", n, mistake)
				}
			}
			return
		}
		k := newChecker()
		if c.check(k); k.err("c.yml") != nil {
			t.Errorf("a second look finds %v", k.err("c.yml"))
		}
		sendable(t, c)
	})
}

// sendable fails where a catalogue makes a plan that could not be stored or sent.
func sendable(t *testing.T, c *Catalogue) {
	t.Helper()
	var lists [][]email
	for _, s := range c.allSeries() {
		lists = append(lists, s.Emails)
		if strings.ContainsAny(s.Name.Value, ".$\x00/") {
			t.Errorf("series %q would be a path in the order", s.Name.Value)
		}
	}
	for _, list := range lists {
		for _, e := range list {
			if strings.ContainsAny(e.Key.Value, ".$\x00/") || e.Key.Value == "" || e.Template.Value == "" || e.To.audience == "" || e.After.Duration < 0 {
				t.Errorf("an e-mail of %+v", e)
			}
			if due := time.Now().Add(e.After.Duration); !time.UnixMilli(due.UnixMilli()).Equal(due.Truncate(time.Millisecond)) {
				t.Errorf("an e-mail that is due at %v", due)
			}
		}
	}
	if len(c.Admins.Live) == 0 || len(c.Admins.Test) == 0 || c.From.Email.Value == "" {
		t.Errorf("no admins, or no sender: %+v, %+v", c.Admins, c.From)
	}
}
