package simulation

import (
	"strings"
	"time"

	"handler/function/internal/order"
)

// copies are those that a service accepted, by their deliveries.
type copies map[string][]*mailCopy

// mailCopy is one acceptance of a mail, or of an alert.
type mailCopy struct {
	by *process
	// at is when it was accepted, and due when it had been to be sent.
	at, due time.Time
	to      string
	message string
	// attempt is the attempt of the delivery that was being made.
	attempt int
	// unheard: the answer did not reach the process. died: the process did, before it had recorded
	// it.
	unheard, died, recorded bool
	// dropped: the service accepted it, and it arrived nowhere.
	dropped bool
}

// accept keeps a copy, and gives how many there are of its delivery.
func (all copies) accept(w *world, delivery string, c *mailCopy) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.due = w.database.claimed[delivery]
	if id, key, _ := strings.Cut(delivery, "/"); w.database.orders[id] != nil {
		c.attempt = w.database.orders[id].Emails[key].Attempts
	}
	all[delivery] = append(all[delivery], c)
	return len(all[delivery])
}

// recorded notes which copies a process has recorded: those of the deliveries that its write says
// are sent. It is called with the world locked.
func (all copies) recorded(p *process, o *order.Order) {
	for key, d := range o.Emails {
		if d.State != order.Sent {
			continue
		}
		for _, c := range all[o.ID+"/"+key] {
			if c.by == p && !c.unheard {
				c.recorded = true
			}
		}
	}
}

// died notes which copies a process takes with it unrecorded.
func (all copies) died(w *world, p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, list := range all {
		for _, c := range list {
			if c.by == p && !c.recorded {
				c.died = true
			}
		}
	}
}

// excused is how many of a delivery's copies have a reason to be followed by another.
func (all copies) excused(delivery string) (n int) {
	for _, c := range all[delivery] {
		if c.unheard || c.died {
			n++
		}
	}
	return n
}

// arrived reports whether a copy of a delivery was accepted and not dropped.
func (all copies) arrived(delivery string) bool {
	for _, c := range all[delivery] {
		if !c.dropped {
			return true
		}
	}
	return false
}
