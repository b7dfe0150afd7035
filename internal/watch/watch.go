// Package watch collects what a function observes of conditions, and keeps them in one document
// among the orders.
package watch

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"handler/function/internal/condition"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// Store is where the document is.
type Store interface {
	Load(ctx context.Context, id string) (*order.Order, error)
	UpdateFrom(ctx context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error)
	Create(ctx context.Context, o *order.Order) (bool, error)
}

// Watch collects observations until Keep stores them. The zero value is ready.
type Watch struct {
	mu sync.Mutex
	// pending are those that are not stored, the last of each kind.
	pending []observation
	// active is the last word on each kind, stored or not.
	active map[condition.Kind]bool
}

// observation says that a condition is there, or is not.
type observation struct {
	kind   condition.Kind
	about  string
	active bool
	at     time.Time
}

// Observe notes a condition, and reports whether that is news to this process.
func (w *Watch) Observe(kind condition.Kind, about string, now time.Time) (isNew bool) {
	return w.note(observation{kind, about, true, now})
}

// Clear notes that none of some kinds is there, and reports whether this process observed one.
func (w *Watch) Clear(now time.Time, kinds ...condition.Kind) (isNew bool) {
	for _, kind := range kinds {
		isNew = w.note(observation{kind, "", false, now}) || isNew
	}
	return isNew
}

func (w *Watch) note(o observation) (isNew bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.active == nil {
		w.active = map[condition.Kind]bool{}
	}
	isNew = w.active[o.kind] != o.active
	if w.active[o.kind] = o.active; o.kind.Once() {
		w.active[o.kind] = false // each event is news
	}
	w.pending = append(slices.DeleteFunc(w.pending, o.replaces), o)
	return isNew
}

// replaces reports whether an earlier observation says nothing more. Each event counts.
func (o observation) replaces(before observation) bool {
	return before.kind == o.kind && (!o.kind.Once() || before.about == o.about)
}

// take returns the pending observations and forgets them.
func (w *Watch) take() []observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.pending
	w.pending = nil
	return all
}

// giveBack keeps observations that could not be stored, before those of the meantime.
func (w *Watch) giveBack(all []observation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	newer := w.pending
	w.pending = all
	for _, o := range newer {
		w.pending = append(slices.DeleteFunc(w.pending, o.replaces), o)
	}
}

// Kept is what the document says: how full the database is, and the conditions.
type Kept struct {
	view.Space
	condition.Set
}

// KeptIn reads the document.
func KeptIn(o *order.Order) Kept {
	return Kept{view.ParseSpace(o.Report), condition.Parse(o.Report)}
}

// JSON is it as the document keeps it.
func (k Kept) JSON() string {
	b, err := json.Marshal(k)
	if err != nil {
		return "{}" // cannot be: it is plain structs
	}
	return string(b)
}

// Loader is a Store that is only read.
type Loader interface {
	Load(ctx context.Context, id string) (*order.Order, error)
}

// Load reads what is kept; nothing if the document is not there.
func Load(ctx context.Context, orders Loader) (Kept, error) {
	o, err := orders.Load(ctx, order.ConditionsID)
	if errors.Is(err, order.ErrNotFound) {
		return Kept{}, nil
	}
	if err != nil {
		return Kept{}, err
	}
	return KeptIn(o), nil
}

// Tell decides what the document owes for its conditions as they are now, and reports whether that
// changes it.
type Tell func(o *order.Order, set *condition.Set) (changed bool)

// Keep stores what was observed, has tell look at the conditions, and returns them. It reads the
// document once, and writes it only if something changed.
func (w *Watch) Keep(ctx context.Context, orders Store, now time.Time, tell Tell) (condition.Set, error) {
	pending := w.take()
	set, err := keep(ctx, orders, pending, now, tell)
	if err != nil {
		w.giveBack(pending)
	}
	return set, err
}

func keep(ctx context.Context, orders Store, pending []observation, now time.Time, tell Tell) (condition.Set, error) {
	o, err := orders.Load(ctx, order.ConditionsID)
	if errors.Is(err, order.ErrNotFound) {
		if !slices.ContainsFunc(pending, func(o observation) bool { return o.active }) {
			return condition.Set{}, nil
		}
		o = order.NewConditions(now)
		if _, err := orders.Create(ctx, o); err != nil {
			return condition.Set{}, err
		}
	} else if err != nil {
		return condition.Set{}, err
	}
	change := func(o *order.Order) error { return apply(o, pending, now, tell) }
	if errors.Is(change(o.Clone()), order.ErrUnchanged) {
		return KeptIn(o).Set, nil
	}
	o, err = orders.UpdateFrom(ctx, o, change)
	if err != nil {
		return condition.Set{}, err
	}
	return KeptIn(o).Set, nil
}

// apply changes the document by what was observed.
func apply(o *order.Order, pending []observation, now time.Time, tell Tell) error {
	kept := KeptIn(o)
	changed := false
	for _, seen := range pending {
		if seen.active {
			changed = kept.Observe(seen.kind, seen.about, seen.at) || changed
		} else {
			changed = kept.Clear(seen.kind, seen.at) || changed
		}
	}
	if tell != nil {
		changed = tell(o, &kept.Set) || changed
	}
	if changed = kept.Prune(now) || changed; !changed {
		return order.ErrUnchanged
	}
	o.SetReport(kept.JSON(), now)
	return nil
}
