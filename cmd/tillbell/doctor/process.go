package doctor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"handler/function/internal/openfaas"
)

// condition is what send-email says of its process.
type condition struct {
	Now       time.Time  `json:"now"`
	StartedAt time.Time  `json:"started_at"`
	WokenAt   *time.Time `json:"woken_at"`
	Probes    []string   `json:"probes"`
}

// errOlder: the send-email that runs does not know the call.
var errOlder = errors.New("the send-email that runs is older than this command; make up deploys this one")

func (d *doctor) process(ctx context.Context) (c condition, err error) {
	a, err := d.postSigned(ctx, `{"process":true}`)
	switch {
	case err != nil:
		return c, err
	case a.status == http.StatusBadRequest:
		return c, errOlder
	case a.status != http.StatusOK:
		return c, fmt.Errorf("send-email answers %d: %s", a.status, a.said())
	}
	return c, json.Unmarshal(a.body, &c)
}

// bringer is what brings send-email an asynchronous call, and what is said of it.
type bringer struct {
	name string
	// brings is said where it does, before the time it took.
	brings string
	// takesNone and late are said where it does not, each with what to do.
	takesNone, late, mend, mendLate string
}

// lookAtQueue looks at OpenFaaS's. faasd does not start a queue worker again that has ended, and
// takes calls for it all the same.
func (d *doctor) lookAtQueue(ctx context.Context) Finding {
	return d.lookAtBringer(ctx, bringer{
		name: "the queue", brings: "the queue brings a call within",
		takesNone: "the queue takes no call", mend: "systemctl restart faasd, on the server",
		late: fmt.Sprintf("the queue has brought no call within %s: the queue worker does not work", d.options.QueueTime),
		mendLate: "systemctl restart faasd, on the server, starts the queue worker again, which nothing else does; " +
			"or does the queue have more than that before it (tillbell summary)?",
	})
}

// lookAtHandOver looks at send-email itself, which takes over what it is called for without
// OpenFaaS.
func (d *doctor) lookAtHandOver(ctx context.Context) Finding {
	logs := d.logs(ctx, "send-email") + ", on the server, says why"
	return d.lookAtBringer(ctx, bringer{
		name: "the hand-over", brings: "send-email takes an order over, and works on it within",
		takesNone: "send-email takes no order over, and leaves all to its sweep", mend: logs,
		late: fmt.Sprintf("send-email has taken an order over, and has not worked on it within %s", d.options.QueueTime), mendLate: logs,
	})
}

// lookAtBringer has send-email brought a call, and asks send-email for it.
func (d *doctor) lookAtBringer(ctx context.Context, b bringer) Finding {
	if _, err := d.process(ctx); err != nil {
		return unknown(err.Error(), "%s", b.name)
	}
	word, began := rand.Text(), time.Now()
	queue := openfaas.NewGateway(d.Gateway, func() (string, error) { return d.functionsKey(), nil })
	if err := queue.InvokeAsync(ctx, "send-email", fmt.Appendf(nil, `{"probe":%q}`, word)); err != nil {
		return wrong(b.mend, "%s: %v", b.takesNone, err)
	}
	for {
		if c, err := d.process(ctx); err == nil && slices.Contains(c.Probes, word) {
			return ok("%s %s", b.brings, time.Since(began).Round(time.Millisecond))
		}
		if time.Since(began) > d.options.QueueTime {
			return wrong(b.mendLate, "%s", b.late)
		}
		select {
		case <-ctx.Done():
			return wrong("try again", "%s: %v", b.name, context.Cause(ctx))
		case <-time.After(d.options.QueueTime / 120):
		}
	}
}

// wakeLate is how much later than by its schedule a wake-up may come: cron-connector looks for new
// schedules every 30 s.
const wakeLate = time.Minute

// lookAtWakeUps asks send-email when cron-connector has called it last.
func (d *doctor) lookAtWakeUps(ctx context.Context) Finding {
	const what = "cron-connector"
	schedule, err := d.schedule()
	if err != nil {
		return unknown(err.Error(), what)
	}
	if f, err := d.gateway.Function(ctx, "send-email"); err == nil && f.Replicas > 1 {
		return unknown("each of several replicas sees some of its calls", what)
	}
	c, err := d.process(ctx)
	if err != nil {
		return unknown(err.Error(), what)
	}
	last := c.StartedAt
	if c.WokenAt != nil {
		last = *c.WokenAt
	}
	ago := c.Now.Sub(last).Round(time.Second)
	switch {
	case c.Now.After(schedule.Next(last).Add(wakeLate)):
		return wrong("systemctl restart faasd, on the server; is it in faasd's docker-compose.yaml (step 4 of docs/deploy.md)? what does journalctl -t openfaas:cron-connector say?",
			"cron-connector has not called send-email for %s: after a crash or a reboot nothing would start it", ago)
	case c.WokenAt == nil:
		return unknown(fmt.Sprintf("send-email was started %s ago, and its time has not come yet", ago), what)
	}
	return ok("cron-connector called send-email %s ago", ago)
}

// schedule is when send-email is to be called.
func (d *doctor) schedule() (cron.Schedule, error) {
	annotations := d.Services.Functions["send-email"].Annotations
	if annotations == nil || (*annotations)["topic"] != "cron-function" {
		return nil, errors.New("stack.yml has no schedule for send-email")
	}
	return cron.ParseStandard((*annotations)["schedule"])
}
