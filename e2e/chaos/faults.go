package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"handler/function/local/fault"
	"handler/function/shared/shop"
)

// faults arms the stand-ins, and remembers what happened by it.
type faults struct {
	env map[string]string

	mu    sync.Mutex
	armed map[*standIn]armedFault
	// happened counts the calls that a fault happened to, by the fault's name.
	happened map[string]int
	// broken is when SendGrid may have accepted a mail and broken off.
	broken []span
}

type armedFault struct {
	fault fault.Fault
	at    time.Time
}

// span is a piece of time.
type span struct{ from, to time.Time }

func (s span) holds(t time.Time) bool { return !t.Before(s.from) && !t.After(s.to) }

func newFaults(env map[string]string) *faults {
	return &faults{env: env, armed: map[*standIn]armedFault{}, happened: map[string]int{}}
}

// arm puts a fault in the place of the one that was armed; the zero Fault ends it.
func (f *faults) arm(ctx context.Context, s *standIn, next fault.Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	url := f.env[s.url] + fault.Path
	left, err := shop.Request(ctx, http.MethodGet, url, "", nil)
	if err != nil {
		return fmt.Errorf("faults of %s: %w", s.name, err)
	}
	body, err := json.Marshal(next)
	if err != nil {
		return err
	}
	before := time.Now()
	if _, err := shop.Request(ctx, http.MethodPut, url, "", body); err != nil {
		return fmt.Errorf("fault %s of %s: %w", body, s.name, err)
	}
	f.ended(s, []byte(left), time.Now())
	f.armed[s] = armedFault{next, before}
	return nil
}

// ended counts what came of the fault that was armed until now.
func (f *faults) ended(s *standIn, left []byte, now time.Time) {
	was := f.armed[s]
	var rest fault.Fault
	if was.fault == rest || json.Unmarshal(left, &rest) != nil {
		return
	}
	if times := was.fault.Times - rest.Times; times > 0 {
		f.happened[s.name+" "+name(was.fault)] += times
	}
	if s == sendgrid && was.fault.AfterAccepting {
		f.broken = append(f.broken, span{was.at, now})
	}
}

// end ends all faults, also when ctx is over: nobody else would.
func (f *faults) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, s := range []*standIn{sendgrid, stripe} {
		if err := f.arm(ctx, s, fault.Fault{}); err != nil {
			return err
		}
	}
	return nil
}

func name(f fault.Fault) string {
	switch {
	case f.AfterAccepting:
		return "breaks after accepting"
	case f.Status != 0:
		return fmt.Sprint(f.Status)
	case f.DelayMS > 15_000:
		return "long delays"
	}
	return "delays"
}
