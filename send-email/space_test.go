package function

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// filling is setUp with a catalogue that names the notice, and a database of 100 MB.
func filling(t *testing.T) *bench {
	t.Helper()
	b := withCatalogue(t, sample.SmallCatalogue+"  database_full: d-0000000000000000000000000000000a\n")
	b.space.quotaMB = 100
	return b
}

// look has the sweep look at a database of so many MB, a day after the last look, and gives the
// e-mails that went out.
func (b *bench) look(t *testing.T, mb float64) (sent []string) {
	t.Helper()
	before := len(b.sendgrid.sent())
	b.clock = b.clock.Add(24 * time.Hour)
	b.memory.size = int64(mb * (1 << 20))
	b.lookAtSpace(t.Context())
	b.invoke(`{"sweep": true}`)
	for _, m := range b.sendgrid.mails[before:] {
		sent = append(sent, fmt.Sprintf("%s %v", strings.TrimPrefix(m.Personalizations[0].CustomArgs["delivery"], "conditions/"), m.Personalizations[0].Data["database"]))
	}
	return sent
}

func TestSpace(t *testing.T) {
	t.Parallel()

	mail := func(level int, day string, used, percent int) []string {
		return []string{fmt.Sprintf("notice/database-full/%d-%s map[level:%d percent:%d quota_mb:100 used_mb:%d]", level, day, level, percent, used)}
	}
	t.Run("reports each level once, until the database is below it", func(t *testing.T) {
		t.Parallel()

		b := filling(t)
		for _, day := range []struct {
			mb   float64
			want []string
		}{
			{79.9, nil},
			{80, mail(80, "2024-11-26", 80, 80)},
			{94.9, nil},
			{95, mail(95, "2024-11-28", 95, 95)},
			{120, nil},
			{90, nil},
			{96, mail(95, "2024-12-01", 96, 96)},
			{40, nil},
			{99, mail(95, "2024-12-03", 99, 99)}, // one for both
			{85, nil},
			{79, nil},
			{81.6, mail(80, "2024-12-06", 82, 81)},
		} {
			if d := cmp.Diff(day.want, b.look(t, day.mb)); d != "" {
				t.Errorf("at %v MB (-want +got):\n%s", day.mb, d)
			}
		}
		if to := b.sendgrid.mails[0].Personalizations[0].To; len(to) != 1 || to[0].Email != "owner@example.com" {
			t.Errorf("it went to %v", to)
		}
		if n := strings.Count(b.logged.String(), "the database fills up"); n != 9 {
			t.Errorf("%d warnings, want one for each day above 80 %%:\n%s", n, b.logged)
		}
	})

	t.Run("is known to have arrived, or not, by SendGrid's events", func(t *testing.T) {
		t.Parallel()

		b := filling(t)
		a := newAccount(t)
		if b.eventKeys, b.eventKeysErr = readEventKeys(a.public(t)); b.eventKeysErr != nil {
			t.Fatal(b.eventKeysErr)
		}
		b.look(t, 80)
		const key = "notice/database-full/80-2024-11-25"
		e := event("bounce", order.ConditionsID, key, "m1", b.clock, "email", "owner@example.com", "reason", "550 no")
		if got := b.tell(t, a, e); got != (arrived{1, 0}) {
			t.Errorf("got %+v", got)
		}
		if emails := b.memory.orders[order.ConditionsID].Emails; len(emails) != 1 || len(emails[key].Arrivals) != 1 {
			t.Errorf("e-mails %+v", emails)
		}
	})

	t.Run("looks once a day, and one of several processes sends the notice", func(t *testing.T) {
		t.Parallel()

		b := filling(t)
		other := filling(t)
		other.memory = b.memory
		other.Function.store = b.Function.store
		b.memory.size = 90 << 20
		for range 3 {
			b.lookAtSpace(t.Context())
			other.lookAtSpace(t.Context())
		}
		if o := b.memory.orders[order.ConditionsID]; len(o.Emails) != 1 || b.memory.looks != 2 {
			t.Errorf("%d e-mails after %d looks", len(o.Emails), b.memory.looks)
		}
	})

	t.Run("is turned off by a quota of 0", func(t *testing.T) {
		t.Parallel()

		b := filling(t)
		b.space.quotaMB = 0
		if sent := b.look(t, 99); sent != nil || b.memory.looks != 0 {
			t.Errorf("sent %v after %d looks", sent, b.memory.looks)
		}
	})

	t.Run("is a warning alone where the catalogue has no notice", func(t *testing.T) {
		t.Parallel()

		b := withCatalogue(t, sample.SmallCatalogue)
		b.space.quotaMB = 100
		if sent := b.look(t, 99); sent != nil || len(b.memory.orders[order.ConditionsID].Emails) > 0 || !strings.Contains(b.logged.String(), `"used_mb":99,"quota_mb":100`) {
			t.Errorf("sent %v, log %s", sent, b.logged)
		}
	})

	for name, spoil := range map[string]func(*memory){
		"whose user may not ask for it": func(m *memory) { m.sizeErr = fmt.Errorf("%w: not allowed", mongodb.ErrPermission) },
		"that is full":                  func(m *memory) { m.updateFunc = func(string) error { return mongodb.ErrFull } },
		"that is away":                  func(m *memory) { m.sizeErr = errors.New("away") },
	} {
		t.Run("costs a line of the log at a database "+name, func(t *testing.T) {
			t.Parallel()

			b := filling(t)
			spoil(b.memory)
			b.memory.size = 99 << 20
			for range 3 {
				b.lookAtSpace(t.Context())
			}
			if n := strings.Count(b.logged.String(), "the database's size could not be read"); n != 1 || strings.Contains(b.logged.String(), `"level":"ERROR"`) {
				t.Errorf("%d lines: %s", n, b.logged)
			}
			b.memory.sizeErr, b.memory.updateFunc = nil, nil
			if sent := b.look(t, 99); len(sent) != 1 {
				t.Errorf("the next day %v is sent", sent)
			}
		})
	}
}
