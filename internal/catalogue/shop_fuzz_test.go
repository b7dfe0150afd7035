package catalogue

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
	"handler/function/internal/templates"
	"handler/function/internal/view"
)

// FuzzShop: the image build refuses a shop, with a line for each mistake that names a line of a
// file, or the function starts with it, plans all that the sample orders owe, and every e-mail that
// is planned can be rendered.
func FuzzShop(f *testing.F) {
	for seed := range uint64(8) {
		bytes := make([]byte, 50*seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		f.Add(bytes)
	}
	orders := sampletest.Orders(f)
	f.Fuzz(func(t *testing.T, bytes []byte) {
		s := writeShop(t, newMaker(bytes))
		set, err := s.check(orders)
		if err != nil {
			s.mustBeToldOf(t, err)
			return
		}
		s.mustWork(t, set, orders)
	})
}

// madeShop is a shop in a folder.
type madeShop struct {
	Files
	catalogue string
}

func writeShop(t *testing.T, m *maker) *madeShop {
	t.Helper()
	s := &madeShop{Files: Files{Folder: t.TempDir(), As: "send-email", Catalogue: "catalogue.yml", Templates: "templates", Lock: "templates.lock.yml"}}
	s.catalogue = m.text(m.catalogue())
	files := map[string]string{"catalogue.yml": s.catalogue, "templates.lock.yml": m.lock()}
	for path, text := range m.templates() {
		files["templates/"+path] = text
	}
	for path, text := range files {
		path = filepath.Join(s.Folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *madeShop) check(orders map[string]*order.Order) (set *templates.Set, err error) {
	_, err = s.Check(func(folder fs.FS) (_ TemplateSet, err error) {
		set, err = templates.Read(folder)
		return set, err
	}, sample.Mails(orders))
	return set, err
}

var ownersMistake = regexp.MustCompile(`^send-email/([^:\n]+):(\d+): .`)

// mustBeToldOf fails where a mistake is not on one line, or names a line that is not there, or is
// told twice. A folder, and a file that is missing, has line 1.
func (s *madeShop) mustBeToldOf(t *testing.T, err error) {
	t.Helper()
	told := map[string]bool{}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		parts := ownersMistake.FindStringSubmatch(line)
		if parts == nil || told[line] {
			t.Fatalf("%q has no line of a file, or is reported twice:\n%v\nin\n%s", line, err, s.catalogue)
		}
		told[line] = true
		source, _ := os.ReadFile(filepath.Join(s.Folder, parts[1]))
		if n, _ := strconv.Atoi(parts[2]); n < 1 || n > 1+strings.Count(string(source), "\n") {
			t.Errorf("there is no such line: %s\nin\n%s", line, source)
		}
	}
}

// mustWork fails where the function does not start, or an e-mail of the sample orders cannot be
// planned or rendered.
func (s *madeShop) mustWork(t *testing.T, set *templates.Set, orders map[string]*order.Order) {
	t.Helper()
	now := time.Date(2024, 11, 25, 12, 0, 0, 0, time.UTC)
	c, err := Parse("catalogue.yml", []byte(s.catalogue))
	if err == nil {
		err = c.Resolve(func() (published.IDs, error) { return published.Placeholders(TemplatesIn(os.DirFS(s.Folder))), nil })
	}
	if err != nil {
		t.Fatalf("the function does not start: %v\nwith\n%s", err, s.catalogue)
	}
	var all []*order.Order
	for i, name := range slices.Sorted(maps.Keys(orders)) {
		o := orders[name].Clone()
		o.Locale, o.Livemode = []string{"", "de-AT", "pt-BR"}[i%3], i%2 == 0
		s.planAll(t, c, o, now)
		all = append(all, o)
	}
	if c.Report != nil {
		o := order.NewReport(now, view.ReportOf(view.Summary{}).JSON(), now)
		o.Owe([]order.Email{c.ReportEmail(o, now)}, now)
		all = append(all, o)
	}
	for _, o := range all {
		for key, d := range o.Emails {
			if err := render(c, set, o, d); err != nil {
				t.Errorf("%s of %s: %v\nof\n%s", key, o.ID, err, s.catalogue)
			}
		}
	}
}

// planAll makes every plan that an order waits for, and the notices of e-mails that fail and
// bounce.
func (s *madeShop) planAll(t *testing.T, c *Catalogue, o *order.Order, now time.Time) {
	t.Helper()
	for {
		reason, can := o.Plannable(now)
		if !can {
			break
		}
		c.Plan(o, reason, now)
		if o.Awaits(reason) {
			t.Fatalf("it is not planned for %s", reason)
		}
	}
	s.mustHoldAll(t, c, o, now)
	for _, d := range o.Emails {
		d.Arrivals = []order.Arrival{{Kind: order.Bounced}}
		o.Owe(append(c.FailureNotices(o, d, now), c.BounceNotices(o, d, now)...), now)
	}
}

// mustHoldAll fails where an order does not owe each e-mail of each series that it chose, in a form
// that can be stored.
func (s *madeShop) mustHoldAll(t *testing.T, c *Catalogue, o *order.Order, now time.Time) {
	t.Helper()
	if !o.Planned(order.ForPaid) || o.Ignored != "" {
		return
	}
	chosen, _ := c.choose(o)
	var want, got []string
	for _, series := range chosen {
		for _, e := range series.Emails {
			want = append(want, series.Name.Value+"/"+e.Key.Value)
		}
	}
	for key, d := range o.Emails {
		if !order.IsNotice(key) {
			got = append(got, key)
		}
		if !storable.MatchString(key) || d.NotBefore.Before(now) || d.NotBefore.Year() > 9999 {
			t.Errorf("%q is due at %s with\n%s", key, d.NotBefore, s.catalogue)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the order does not owe all e-mails (-want +got):\n%s\nwith\n%s", diff, s.catalogue)
	}
}

// storable is a key that MongoDB accepts as the name of a field.
var storable = regexp.MustCompile(`^[A-Za-z0-9_/-]+$`)

// render makes of a delivery what SendGrid does. Nothing may be left blank but metadata, which a
// product may lack.
func render(c *Catalogue, set *templates.Set, o *order.Order, d order.Delivery) error {
	if _, err := json.Marshal(c.Message(o, d)); err != nil {
		return err
	}
	if len(d.To) == 0 && d.Audience != order.Customer || !published.ValidID(d.Template) {
		return errors.New("it has no recipient or template")
	}
	if d.TemplateName == "" {
		return nil // made at SendGrid
	}
	for _, template := range set.All() {
		if template.FullName() == d.TemplateName {
			data := maildata.Of(c.Shop(), o, d)
			got, err := template.Render(data)
			if err == nil && strings.TrimSpace(got.Subject) == "" {
				err = errors.New("the subject is empty")
			}
			if blank := template.Blanks(data); err == nil && blank != nil && !strings.Contains(blank.Error(), "metadata.") {
				err = blank
			}
			return err
		}
	}
	return errors.New("there is no template " + d.TemplateName)
}
