package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/condition"
	"handler/function/internal/order"
	"handler/function/internal/view"
	"handler/function/internal/watch"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// shelf is a store of the one document.
type shelf struct {
	o             *order.Order
	reads, writes int
	err           error
}

func (s *shelf) Load(context.Context, string) (*order.Order, error) {
	s.reads++
	switch {
	case s.err != nil:
		return nil, s.err
	case s.o == nil:
		return nil, order.ErrNotFound
	}
	return s.o.Clone(), nil
}

func (s *shelf) Create(_ context.Context, o *order.Order) (bool, error) {
	s.writes++
	s.o = o.Clone()
	return true, s.err
}

func (s *shelf) UpdateFrom(_ context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error) {
	o = o.Clone()
	if err := change(o); err != nil {
		return nil, err
	}
	s.writes++
	s.o = o
	return o.Clone(), s.err
}

func (s *shelf) active(t *testing.T) (all []condition.Kind) {
	t.Helper()
	kept, err := watch.Load(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range kept.Active() {
		all = append(all, c.Kind)
	}
	return all
}

func TestKeep(t *testing.T) {
	t.Parallel()

	keep := func(t *testing.T, w *watch.Watch, s *shelf) error {
		t.Helper()
		_, err := w.Keep(t.Context(), s, now, nil)
		return err
	}

	t.Run("makes no document for a shop that works", func(t *testing.T) {
		t.Parallel()

		w, s := new(watch.Watch), &shelf{}
		w.Clear(now, condition.OfSendGrid()...)
		if err := keep(t, w, s); err != nil || s.reads != 1 || s.writes != 0 {
			t.Errorf("%d reads, %d writes, %v", s.reads, s.writes, err)
		}
	})

	t.Run("keeps the last word on each kind, and each event", func(t *testing.T) {
		t.Parallel()

		w, s := new(watch.Watch), &shelf{}
		w.Observe(condition.SendGridSender, "", now)
		w.Clear(now, condition.SendGridSender)
		w.Clear(now, condition.SendGridKeyRefused)
		w.Observe(condition.SendGridKeyRefused, "", now)
		w.Observe(condition.UnreadableEvent, "evt_1", now)
		w.Observe(condition.UnreadableEvent, "evt_2", now)
		if err := keep(t, w, s); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]condition.Kind{condition.SendGridKeyRefused}, s.active(t)); d != "" || len(watch.KeptIn(s.o).Conditions) != 3 {
			t.Errorf("kept %+v (-want +got):\n%s", watch.KeptIn(s.o).Conditions, d)
		}
	})

	t.Run("keeps what could not be stored, and nothing that is out of date", func(t *testing.T) {
		t.Parallel()

		w, s := new(watch.Watch), &shelf{err: errors.New("away")}
		w.Observe(condition.SendGridSender, "", now)
		w.Observe(condition.StripeKeyMissing, "", now)
		if err := keep(t, w, s); err == nil {
			t.Error("it says that it is stored")
		}
		w.Clear(now, condition.SendGridSender)
		s.err = nil
		if err := keep(t, w, s); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]condition.Kind{condition.StripeKeyMissing}, s.active(t)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("leaves how full the database is", func(t *testing.T) {
		t.Parallel()

		w, s := new(watch.Watch), &shelf{o: order.NewConditions(now)}
		full := view.SpaceOf(430<<20, 512)
		s.o.SetReport(watch.Kept{Space: full}.JSON(), now)
		w.Observe(condition.StripeKeyMissing, "", now)
		if err := keep(t, w, s); err != nil {
			t.Fatal(err)
		}
		if kept := watch.KeptIn(s.o); kept.Space != full || len(kept.Conditions) != 1 {
			t.Errorf("%+v", kept)
		}
	})
}

func TestNews(t *testing.T) {
	t.Parallel()

	var w watch.Watch
	for i, c := range []struct {
		isNew bool
		want  bool
	}{
		{w.Clear(now, condition.SendGridSender), false},
		{w.Observe(condition.SendGridSender, "", now), true},
		{w.Observe(condition.SendGridSender, "", now), false},
		{w.Clear(now, condition.SendGridSender), true},
		{w.Observe(condition.UnreadableEvent, "evt_1", now), true},
		{w.Observe(condition.UnreadableEvent, "evt_2", now), true},
	} {
		if c.isNew != c.want {
			t.Errorf("observation %d is news: %v", i, c.isNew)
		}
	}
}
