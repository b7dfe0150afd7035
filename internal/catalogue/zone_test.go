package catalogue

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
)

func zoned(t *testing.T, lines string) *Catalogue {
	t.Helper()
	c, err := Parse("c.yml", []byte(sample.SmallCatalogue+"\n"+lines+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTimeZone(t *testing.T) {
	t.Parallel()

	for line, want := range map[string]string{"": "UTC", "time_zone:": "UTC", "time_zone: UTC": "UTC", "time_zone: America/New_York": "America/New_York"} {
		if c := zoned(t, line); c.Zone().String() != want || c.Shop().Location() != c.Zone() {
			t.Errorf("%s: %v, the templates have %v", line, c.Zone(), c.Shop().Location())
		}
	}
	for name, want := range map[string]string{
		"Europe/Berln":     `"Europe/Berln" is not the IANA name of a time zone, such as Europe/Berlin`,
		"Local":            `"Local" is not`,
		"+01:00":           `"+01:00" is not`,
		"../etc/passwd":    `"../etc/passwd" is not`,
		"europe/berlin":    `did you mean Europe/Berlin?`,
		"AMERICA/NEW YORK": `did you mean America/New_York?`,
		"utc":              `did you mean UTC?`,
	} {
		_, err := Parse("c.yml", []byte(sample.SmallCatalogue+"\ntime_zone: "+name+"\n"))
		if line := strings.Count(sample.SmallCatalogue, "\n") + 2; err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), fmt.Sprintf("c.yml:%d: ", line)) {
			t.Errorf("%s: %v, want %s on line %d", name, err, want, line)
		}
	}
	if _, err := Parse("c.yml", []byte(sample.SmallCatalogue+"\ntime_zome: UTC\n")); err == nil || !strings.Contains(err.Error(), "did you mean time_zone?") {
		t.Errorf("a wrong field: %v", err)
	}
}

func TestReportsDueInATimeZone(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		at, now string
		want    []string // the newest two
	}{
		"in winter":                       {"07:00", "2026-01-10T06:00:00Z", []string{"2026-01-09T06:00:00Z", "2026-01-10T06:00:00Z"}},
		"a moment before":                 {"07:00", "2026-01-10T05:59:59Z", []string{"2026-01-08T06:00:00Z", "2026-01-09T06:00:00Z"}},
		"after midnight there":            {"00:15", "2026-01-10T23:20:00Z", []string{"2026-01-09T23:15:00Z", "2026-01-10T23:15:00Z"}},
		"on the day with 23 hours":        {"07:00", "2026-03-29T12:00:00Z", []string{"2026-03-28T06:00:00Z", "2026-03-29T05:00:00Z"}},
		"on the day with 25 hours":        {"07:00", "2026-10-25T12:00:00Z", []string{"2026-10-24T05:00:00Z", "2026-10-25T06:00:00Z"}},
		"at a time that is left out":      {"02:30", "2026-03-29T12:00:00Z", []string{"2026-03-28T01:30:00Z", "2026-03-29T01:30:00Z"}},
		"at a time that there is twice":   {"02:30", "2026-10-25T12:00:00Z", []string{"2026-10-24T00:30:00Z", "2026-10-25T01:30:00Z"}},
		"at the end of the 25 hours' day": {"23:59", "2026-10-25T22:59:00Z", []string{"2026-10-24T21:59:00Z", "2026-10-25T22:59:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			now, err := time.Parse(time.RFC3339, c.now)
			if err != nil {
				t.Fatal(err)
			}
			due := zoned(t, `time_zone: Europe/Berlin`+"\n"+`report: {template: report, at: "`+c.at+`"}`).ReportsDue(now)
			var got []string
			for _, at := range due[len(due)-2:] {
				got = append(got, at.UTC().Format(time.RFC3339))
			}
			if d := cmp.Diff(c.want, got); d != "" || len(due) < 6 || len(due) > 7 {
				t.Errorf("%d due (-want +got):\n%s", len(due), d)
			}
			if id := order.ReportID(due[len(due)-1]); id == order.ReportID(due[len(due)-2]) {
				t.Errorf("two days have the report %s", id)
			}
		})
	}
}

func TestStarterShowsTheShopsTime(t *testing.T) {
	t.Parallel()

	o := sampletest.Orders(t)["completed_paid"]
	o.SessionCreated = time.Date(2024, 11, 23, 23, 30, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	set := sampletest.TemplatesOf(t, sample.Starter())
	for _, c := range []struct {
		template, language string
		zone               *time.Location
		want               string
	}{
		{"receipt", "de", berlin, "24.11.2024"}, {"receipt", "de", nil, "23.11.2024"}, {"receipt", "fr", berlin, "24/11/2024"},
		{"sale", "", berlin, "Date: November 24, 2024, 00:30 Europe/Berlin\n"}, {"sale", "", nil, "Date: November 23, 2024, 23:30 UTC\n"},
	} {
		there := shop
		there.Zone = c.zone
		tmpl, ok := set.Find(c.template, c.language)
		if !ok {
			t.Fatalf("no template %s.%s", c.template, c.language)
		}
		got, err := tmpl.Render(sample.Mail(o, unusedKey(c.template), c.language).Data(there))
		if err != nil || !strings.Contains(got.Text, c.want) {
			t.Errorf("%s in %v: %v, no %q in\n%s", c.template, c.zone, err, c.want, got.Text)
		}
	}
}
