package bench

import (
	"fmt"
	"strings"

	"handler/function/e2e/laptop"
)

// goal is a figure, or a ratio of two, that ours is to keep.
type goal struct {
	what string
	got  func(*Results) (float64, bool)
	want float64
	// most: the goal is not to exceed what is wanted, rather than to reach it.
	most bool
	unit string
}

// ratio is ours to another's.
func ratio(figure, other string) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) {
		theirs, ok := r.Contenders[other]
		return r.Contenders[ours][figure] / theirs[figure], ok && theirs[figure] > 0
	}
}

func own(figure string, in float64) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) {
		v, ok := r.Contenders[ours][figure]
		return v / in, ok
	}
}

// mailer is the worst of send-email's figures.
func mailer(figure func(Grown) float64) func(*Results) (float64, bool) {
	return func(r *Results) (worst float64, ok bool) {
		for _, g := range r.Grown {
			worst = max(worst, figure(g))
		}
		return worst, len(r.Grown) > 0
	}
}

// lastToFirst is how a figure is beside the most orders, as a share of that beside none.
func lastToFirst(figure func(Grown) float64) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) {
		n := len(r.Grown)
		if n < 2 || figure(r.Grown[0]) == 0 {
			return 0, false
		}
		return figure(r.Grown[n-1]) / figure(r.Grown[0]), true
	}
}

var goals = []goal{
	{"CPU an event, to Node's", ratio(cpuPerEvent, node), 0.333, true, ""},
	{"CPU of a forged request", own(forgedCPU, 1), 50, true, " µs"},
	{"memory at rest, to Node's", ratio(rssRest, node), 0.25, true, ""},
	{"memory after 10,000 events, to Node's", ratio(rssAfter, node), 0.25, true, ""},
	{"start to the first 200, to Node's", ratio(startMS, node), 0.2, true, ""},
	{"events/s at 16 senders, to the ceiling's", ratio(perSecond(16), ceiling), 0.9, false, ""},
	{"ack p99 at 16 senders, to the ceiling's", ratio(latency(99, 16), ceiling), 1.3, true, ""},
	{"events/s at 1 sender, to Node's", ratio(perSecond(1), node), 1, false, ""},
	{"events/s at 16 senders, to Node's", ratio(perSecond(16), node), 1, false, ""},
	{"events/s at 64 senders, to Node's", ratio(perSecond(64), node), 1, false, ""},
	{"binary of stripe-webhook", own("binary_bytes", 1e6), 20, true, " MB"},
	{"binary of send-email", own("send_email_binary_bytes", 1e6), 20, true, " MB"},
	{"compressed layer of stripe-webhook", own("image_layer_bytes", 1e6), 8, true, " MB"},
	{"compressed layer of send-email", own("send_email_image_layer_bytes", 1e6), 8, true, " MB"},
	{"stripe-webhook after 10,000 events, with 16 MB for its watchdog", withWatchdog(own(rssAfter, 1)), 64, true, " MB"},
	{"send-email after its orders, with 16 MB for its watchdog", withWatchdog(mailer(func(g Grown) float64 { return g.After })), 64, true, " MB"},
	{"a sweep beside the most orders, to one beside none", lastToFirst(func(g Grown) float64 { return g.SweepMS }), 1.5, true, ""},
	{"stripe-webhook's events/s beside the most orders, to beside none", lastToFirst(func(g Grown) float64 { return g.Events }), 0.8, false, ""},
	{"send-email's orders/s beside the most orders, to beside none", lastToFirst(func(g Grown) float64 { return g.Orders }), 0.8, false, ""},
}

func withWatchdog(kb func(*Results) (float64, bool)) func(*Results) (float64, bool) {
	return func(r *Results) (float64, bool) {
		v, ok := kb(r)
		return (v + laptop.WatchdogKB) / 1024, ok
	}
}

// met reports whether a goal is kept.
func (g goal) met(got float64) bool {
	if g.most {
		return got <= g.want
	}
	return got >= g.want
}

// goalsTable is what is wanted beside what was got.
func (r *Results) goalsTable() string {
	var b strings.Builder
	writeRow(&b, "goal", "wanted", "got", "")
	writeRule(&b, 4)
	for _, g := range goals {
		bound := "at least "
		if g.most {
			bound = "at most "
		}
		got, measured := g.got(r)
		value, verdict := number(got)+g.unit, "met"
		switch {
		case !measured:
			value, verdict = "", "not measured"
		case !g.met(got):
			verdict = "**not met**"
		}
		writeRow(&b, g.what, bound+number(g.want)+g.unit, value, verdict)
	}
	return b.String()
}

// Unmet are the goals that were measured and not kept.
func (r *Results) Unmet() []string {
	var all []string
	for _, g := range goals {
		if got, measured := g.got(r); measured && !g.met(got) {
			all = append(all, fmt.Sprintf("%s: %s%s", g.what, number(got), g.unit))
		}
	}
	return all
}
