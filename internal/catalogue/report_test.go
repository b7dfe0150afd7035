package catalogue

import (
	"strings"
	"testing"

	"handler/function/internal/sample"
)

func TestReportMistakes(t *testing.T) {
	t.Parallel()

	for yaml, want := range map[string]string{
		`report: {template: report, at: "7 o'clock"}`:       `"7 o'clock" is not a time of day such as 07:30`,
		`report: {template: report, at: 24:00}`:             `"24:00" is not a time of day`,
		`report: {at: "07:00"}`:                             "report has no template",
		`report: {template: d-1, at: "07:00"}`:              `"d-1" is not the ID of a dynamic template`,
		`report: {template: report, until: "07:00"}`:        "unknown field until",
		"report: {template: report}\nreport: {template: x}": "already",
	} {
		t.Run(yaml, func(t *testing.T) {
			t.Parallel()

			if _, err := Parse("c.yml", []byte(sample.SmallCatalogue+"\n"+yaml+"\n")); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
	for _, at := range []string{"07:00", "7:05", `"00:00"`, "23:59"} {
		if _, err := Parse("c.yml", []byte(sample.SmallCatalogue+"\nreport: {template: report, at: "+at+"}\n")); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
}
