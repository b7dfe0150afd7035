package templates

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAttributesFindsAsTheFormItself(t *testing.T) {
	t.Parallel()

	for _, out := range []string{
		"", "<", "<a", "a > b", `<a href="">`, `<A HREF=''`, `<a title="a>b" href="">`, `<p><a  href = "mailto:" ><img src=" "></p><`,
		`<a href="x" src=""><<a href="">text href=""<a b < c href="">`, "<a\n\thref=\"www.x\"><img src=“x”>", `<1 href=""><a =href="">`,
	} {
		for _, form := range []*regexp.Regexp{emptyAddress, brokenAddresses[0].form, brokenAddresses[1].form} {
			if diff := cmp.Diff(form.FindAllStringSubmatchIndex(out, -1), attributes(out, form)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", out, diff)
			}
		}
	}
}
