package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// rounds measures the contenders in turn.
func (b *bench) rounds(ctx context.Context) error {
	if err := b.EndQueue(ctx); err != nil {
		return err
	}
	m, err := newMaker()
	if err != nil {
		return err
	}
	samples := map[string][]sampled{}
	for round := range b.Rounds {
		for _, c := range b.contenders {
			s, err := b.turn(ctx, c, m)
			err = errors.Join(err, b.drop(ctx, c.name))
			if err != nil {
				return fmt.Errorf("%s in round %d: %w", c.name, round+1, err)
			}
			samples[c.name] = append(samples[c.name], s)
			b.Say("round %d of %d  %-12s  %5.0f µs of CPU an event, %6.0f events/s", round+1, b.Rounds, c.name, s[cpuPerEvent], s[perSecond(16)])
		}
	}
	for name, all := range samples {
		b.results.Contenders[name] = figuresOf(all)
	}
	return nil
}

// sampled is what was measured of one contender in one round, by the name of the figure.
type sampled map[string]float64

// The names of figures that several places speak of.
const (
	cpuPerEvent = "cpu_us_per_event"
	forgedCPU   = "forged_cpu_us"
	rssRest     = "rss_rest_kb"
	rssAfter    = "rss_after_kb"
	startMS     = "start_ms"
)

func perSecond(atOnce int) string { return fmt.Sprintf("events_per_s_%d", atOnce) }

// latency is the name of a percentile's figure; those at 16 senders have the short name.
func latency(p, atOnce int) string {
	if atOnce == 16 {
		return fmt.Sprintf("ack_p%d_ms", p)
	}
	return fmt.Sprintf("ack_p%d_ms_%d", p, atOnce)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// turn is one contender in one round, from its start to its end.
func (b *bench) turn(ctx context.Context, c contender, m *maker) (sampled, error) {
	r, err := c.start(ctx, c.name)
	if err != nil {
		return nil, err
	}
	defer r.stop(ctx)
	s := sampled{}
	started, err := r.firstAnswer(ctx, m)
	if err != nil {
		return nil, err
	}
	s[startMS] = milliseconds(started)
	time.Sleep(b.Rest)
	rest, err := r.usage()
	if err != nil {
		return nil, err
	}
	s[rssRest] = float64(rest.Resident) / 1024
	for _, senders := range b.Senders {
		if err := r.measure(ctx, m, senders, s); err != nil {
			return nil, fmt.Errorf("%d senders: %w", senders.AtOnce, err)
		}
	}
	after, err := r.usage()
	if err != nil {
		return nil, err
	}
	s[rssAfter] = float64(after.Resident) / 1024
	if c.name == ours {
		err = b.forge(ctx, r, m, s)
	}
	return s, err
}

// measure sends events by so many senders at a time. The processor time is counted where the figure
// is of 16.
func (r *running) measure(ctx context.Context, m *maker, n Senders, s sampled) error {
	requests, _, err := m.signed(r.target, r.secret, n.Events)
	if err != nil {
		return err
	}
	before, err := r.usage()
	if err != nil {
		return err
	}
	l, err := r.send(ctx, requests, n.AtOnce)
	if err != nil {
		return err
	}
	after, err := r.usage()
	if err != nil {
		return err
	}
	if n.AtOnce == 16 {
		s[cpuPerEvent] = microseconds(after.CPU-before.CPU) / float64(n.Events)
	}
	s[perSecond(n.AtOnce)] = l.perSecond()
	for _, p := range []int{50, 99} {
		s[latency(p, n.AtOnce)] = milliseconds(l.percentile(p))
	}
	return nil
}

// forge measures what it costs to turn away what Stripe did not sign.
func (b *bench) forge(ctx context.Context, r *running, m *maker, s sampled) error {
	refused := target{url: r.url, want: 400}
	requests, err := m.forged(refused, b.Forged)
	if err != nil {
		return err
	}
	before, err := r.usage()
	if err != nil {
		return err
	}
	if _, err := refused.send(ctx, requests, 4); err != nil {
		return fmt.Errorf("forged: %w", err)
	}
	after, err := r.usage()
	s[forgedCPU] = microseconds(after.CPU-before.CPU) / float64(b.Forged)
	return err
}
