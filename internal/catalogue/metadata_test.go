package catalogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

func TestMetadataKeyMistakes(t *testing.T) {
	t.Parallel()

	for keys, want := range map[string]string{
		"[pdf_url, size]":                   "",
		"[Größe, download url]":             "",
		`["a[b]"]`:                          `c.yml:1: "a[b]" is not a key of metadata: want up to 40 characters without square brackets`,
		`[""]`:                              `c.yml:1: "" is not a key of metadata`,
		"[" + strings.Repeat("k", 41) + "]": `c.yml:1: "` + strings.Repeat("k", 41) + `" is not a key of metadata`,
		"[a, a]":                            `c.yml:1: key "a" is on line 1 already`,
		"[a, ~]":                            `c.yml:1: an entry of metadata_keys is empty`,
	} {
		_, err := Parse("c.yml", []byte("metadata_keys: "+keys+"\n"+sample.SmallCatalogue))
		if got := strings.Join(lines(err), "\n"); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: got %q, want %q", keys, got, want)
		}
	}
}

func TestMetadataWarnings(t *testing.T) {
	t.Parallel()

	files := folder()
	files["letter/body.html.hbs"].Data = []byte("{{metadata.download_url}}\n{{metadata.pdf_url}}\n{{#if metadata.pdf_ulr}}x{{/if}}")
	for keys, want := range map[string][]string{
		"[pdf_url]": {"templates/letter/body.html.hbs:3: no sample order and no metadata_keys entry has metadata.pdf_ulr: did you mean pdf_url?"},
		"[]": {
			"templates/letter/body.html.hbs:2: no sample order and no metadata_keys entry has metadata.pdf_url",
			"templates/letter/body.html.hbs:3: no sample order and no metadata_keys entry has metadata.pdf_ulr",
		},
	} {
		c, err := checked(t, "metadata_keys: "+keys+"\n"+named, files)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, c.Warnings); d != "" {
			t.Errorf("%s (-want +got):\n%s", keys, d)
		}
	}
}

// A link is tried with products and links that have the declared keys, and with others that lack
// them.
func TestEmptyLinks(t *testing.T) {
	t.Parallel()

	for html, wrong := range map[string]bool{
		`<a href="{{metadata.pdf_url}}">a</a>`:                                                                            true,
		`{{#if metadata.pdf_url}}<a href="{{metadata.pdf_url}}">a</a>{{/if}}`:                                             false,
		`{{#if metadata.pdf_url}}<a href="{{metadata.preview}}">a</a>{{/if}}`:                                             true,
		`{{#each own_items}}<a href="{{metadata.pdf_url}}">a</a>{{/each}}`:                                                true,
		`{{#each own_items}}{{#if metadata.pdf_url}}<a href="{{metadata.pdf_url}}">a</a>{{/if}}{{/each}}`:                 false,
		`{{#each own_items}}{{#if @root.metadata.pdf_url}}<a href="{{@root.metadata.pdf_url}}">a</a>{{/if}}{{/each}}`:     false,
		`{{#each own_items}}{{#if metadata.download_url}}<a href="{{@root.metadata.download_url}}">a</a>{{/if}}{{/each}}`: true,
	} {
		files := folder()
		files["letter/body.html.hbs"].Data = []byte("<p>\n" + html)
		files["letter/body.txt.hbs"] = files["letter.fr/subject.hbs"]
		_, err := checked(t, "metadata_keys: [pdf_url, preview]\n"+named, files)
		want := ""
		if wrong {
			want = "templates/letter/body.html.hbs:2: the address of this link is empty where the data has no value for it: put {{#if …}} around the link (as ebook/delivery, c.yml:9)"
		}
		if got := strings.Join(lines(err), "\n"); got != want {
			t.Errorf("%s: got %q, want %q", html, got, want)
		}
	}
}

func TestSamplesWithMetadata(t *testing.T) {
	t.Parallel()

	c, err := Parse("c.yml", []byte("metadata_keys: [a, b]\n"+sample.SmallCatalogue))
	if err != nil {
		t.Fatal(err)
	}
	check := templateCheck{Catalogue: c}
	o := &order.Order{Items: []order.Item{{Metadata: []order.Pair{{Key: "a", Value: "1"}, {Key: "c", Value: "3"}}}, {}}}
	var got [][]string
	for _, m := range check.withMetadata(maildata.Mail{Order: o}) {
		var keys []string
		for _, pairs := range [][]order.Pair{m.Order.Metadata, m.Order.Items[0].Metadata, m.Order.Items[1].Metadata} {
			text := ""
			for _, p := range pairs {
				text += p.Key
			}
			keys = append(keys, text)
		}
		got = append(got, keys)
	}
	want := [][]string{{"", "ac", ""}, {"", "c", ""}, {"ab", "cab", "ab"}, {"b", "cb", "b"}, {"a", "ca", "a"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if o.Items[0].Metadata[0].Value != "1" || len(o.Items[1].Metadata) != 0 {
		t.Errorf("the sample itself was changed: %+v", o.Items)
	}
}
