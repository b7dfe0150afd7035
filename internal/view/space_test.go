package view_test

import (
	"testing"

	"handler/function/internal/view"
)

func TestSpaceOf(t *testing.T) {
	t.Parallel()

	const mb = 1 << 20
	for _, tt := range []struct {
		bytes int64
		quota float64
		want  view.Space
	}{
		{0, 512, view.Space{QuotaMB: 512}},
		{512*mb*80/100 - 1, 512, view.Space{UsedMB: 410, QuotaMB: 512, Percent: 79}},
		{410 * mb, 512, view.Space{UsedMB: 410, QuotaMB: 512, Percent: 80, Level: 80}},
		{487 * mb, 512, view.Space{UsedMB: 487, QuotaMB: 512, Percent: 95, Level: 95}},
		{513 * mb, 512, view.Space{UsedMB: 513, QuotaMB: 512, Percent: 100, Level: 95}},
		{8 << 40, 0.5, view.Space{UsedMB: 8 << 20, QuotaMB: 1, Percent: 1677721600, Level: 95}},
	} {
		got := view.SpaceOf(tt.bytes, tt.quota)
		if got != tt.want || view.ParseSpace(got.JSON()) != got {
			t.Errorf("%d bytes of %v MB: %+v, want %+v", tt.bytes, tt.quota, got, tt.want)
		}
	}
	if view.ParseSpace("") != (view.Space{}) {
		t.Error("nothing was told, and is read as something")
	}
}
