package publish

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/sample"
)

// subjects are those of a template's versions at SendGrid, the oldest first.
func (b *bench) subjects(name string) []string {
	b.t.Helper()
	versions, _ := b.call("GET", "/v3/templates/"+b.locked(name).ID, nil)["versions"].([]any)
	var all []string
	for _, v := range versions {
		v, _ := v.(map[string]any)
		all = append(all, fmt.Sprint(v["subject"]))
	}
	return all
}

// edit publishes the receipt with each of some subjects.
func (b *bench) edit(subjects ...string) {
	b.t.Helper()
	for _, s := range subjects {
		b.put("receipt/subject.hbs", s)
		b.mustPublish()
	}
}

// byHand makes a version as SendGrid's editor does, and gives its path.
func (b *bench) byHand(name string, in map[string]any) string {
	b.t.Helper()
	path := "/v3/templates/" + b.locked(name).ID + "/versions"
	return path + "/" + fmt.Sprint(b.call("POST", path, in)["id"])
}

func TestOldVersionsAreRemoved(t *testing.T) {
	t.Parallel()

	t.Run("but for the newest five, of what got a new one", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.edit("1", "2", "3", "4", "5", "6")
		if d := cmp.Diff([]string{"2", "3", "4", "5", "6"}, b.subjects("receipt")); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if got := b.subjects("sale"); len(got) != 1 || b.active("receipt")["subject"] != "6" {
			t.Errorf("sale has %v; the active receipt is %v", got, b.active("receipt")["subject"])
		}
		mustContain(t, b.out.String(), "receipt: removes 1 old version\n", "published receipt: the next e-mail goes by it\nremoved 1 old version of receipt\n")
		b.mustPublish()
		if got := b.writes(); len(got) > 0 {
			t.Errorf("with nothing to publish: %v", got)
		}
	})

	t.Run("and not where it is only to show", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.edit("1", "2", "3", "4")
		b.put("receipt/subject.hbs", "5")
		b.mustPublish(func(p *Publisher) { p.DryRun = true })
		mustContain(t, b.out.String(), "receipt: removes 1 old version\n")
		if got := b.writes(); len(got) > 0 {
			t.Errorf("calls %v", got)
		}
	})

	t.Run("and not the one that is sent, once a person went back to it", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		first := b.locked("receipt")
		b.edit("1", "2", "3", "4")
		b.call("POST", "/v3/templates/"+first.ID+"/versions/"+first.Version+"/activate", nil)
		b.edit("5")
		if d := cmp.Diff([]string{"Your receipt", "1", "2", "3", "4", "5"}, b.subjects("receipt")); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("and not one that a person made or changed", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.edit("1", "2", "3")
		b.byHand("receipt", map[string]any{"name": "by hand", "subject": "hand"})
		b.byHand("receipt", map[string]any{"name": "2026-11-24 0123456789ab", "subject": "drawn", "editor": "design"})
		one, _ := b.call("GET", "/v3/templates/"+b.locked("receipt").ID, nil)["versions"].([]any)[1].(map[string]any)
		b.call("PATCH", fmt.Sprintf("/v3/templates/%s/versions/%s", one["template_id"], one["id"]), map[string]any{"name": one["name"], "subject": "1, changed"})
		b.edit("4", "5", "6", "7")
		want := []string{"1, changed", "3", "hand", "drawn", "4", "5", "6", "7"}
		if d := cmp.Diff(want, b.subjects("receipt")); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		mustContain(t, b.out.String(), "left 1 old version of receipt, changed at SendGrid since\n")
	})

	t.Run("unless the new one is refused", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.edit("1", "2", "3", "4")
		b.fail = func(method, _ string) int {
			if method == "POST" {
				return http.StatusInternalServerError
			}
			return 0
		}
		b.put("receipt/subject.hbs", "5")
		if err := b.publish(); err == nil || len(b.subjects("receipt")) != 5 {
			t.Errorf("%v; there are %v", err, b.subjects("receipt"))
		}
	})

	t.Run("and what cannot be removed keeps nothing from being published", func(t *testing.T) {
		t.Parallel()

		for status, want := range map[int]string{
			http.StatusForbidden: "Old versions stay: the key lacks the scope templates.versions.delete. SendGrid allows 300 versions in an account, which has 8 now.\n",
			http.StatusNotFound:  "removed 1 old version of receipt\n",
			http.StatusConflict:  "an old version of receipt stays: SendGrid answered 409: access forbidden\n",
		} {
			b := setup(t)
			b.mustPublish()
			b.fail = func(method, _ string) int {
				if method == "DELETE" {
					return status
				}
				return 0
			}
			b.edit("1", "2", "3", "4", "5")
			mustContain(t, b.out.String(), want)
			b.put("partials/footer.hbs", "new")
			b.mustPublish()
			if status == http.StatusForbidden {
				if n := strings.Count(b.out.String(), "Old versions stay"); n != 1 || b.active("sale")["html_content"] != "<p>A sale</p>\nnew\n" {
					t.Errorf("told %d times", n)
				}
			}
		}
	})
}

func TestAFullAccount(t *testing.T) {
	t.Parallel()

	// fill makes versions of another's until the account has so many.
	fill := func(b *bench, until int) {
		id := fmt.Sprint(b.call("POST", "/v3/templates", map[string]any{"name": "another's"})["id"])
		n := len(b.subjects("receipt")) + len(b.subjects("receipt.fr")) + len(b.subjects("sale"))
		for ; n < until; n++ {
			b.call("POST", "/v3/templates/"+id+"/versions", map[string]any{"name": "x", "subject": "x"})
		}
	}

	t.Run("has room once old versions of all templates are gone", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		b.edit("1", "2", "3", "4")
		for i := range 3 { // as another version of this program left them
			hash := content{subject: fmt.Sprintf("%d\n", i)}.hash()
			b.byHand("receipt", map[string]any{"name": "2026-11-24 " + hash, "subject": fmt.Sprint(i), "generate_plain_content": true})
		}
		fill(b, 300)
		b.put("follow-up/subject.hbs", "How is it?")
		b.put("follow-up/body.html.hbs", "<p>How is it?</p>")
		b.mustPublish()
		mustContain(t, b.out.String(), "The account has 300 versions of templates, and SendGrid allows 300: old ones are removed first.\n",
			"receipt: removes 3 old versions\n", "removed 3 old versions of receipt\npublished follow-up")
	})

	t.Run("of another's is told", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.mustPublish()
		fill(b, 300)
		b.put("receipt/subject.hbs", "new")
		err := b.publish()
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "receipt: SendGrid answered 400: You have reached the limit of 300 versions. The account has 300 versions of templates, "+
			"and SendGrid allows no more: remove some that were not made here, in SendGrid's editor")
	})
}

// A partial that all templates share is edited a hundred times: the account never has too many
// versions.
func TestAHundredEditsOfASharedPartial(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.files = fstest.MapFS{}
	folder, err := fs.Sub(sample.Shop(), "templates")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(folder, path)
		if strings.HasSuffix(path, "body.html.hbs") {
			text = append(text, "\n{{> shared}}\n"...)
		}
		b.put(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		b.put("partials/shared.hbs", fmt.Sprintf("<p>%d</p>", i))
		b.mustPublish()
	}
	for name := range b.read().Accounts["main"] {
		if got := b.subjects(name); len(got) != 5 {
			t.Errorf("%s has %d versions", name, len(got))
		}
	}
}
