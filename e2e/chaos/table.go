package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"handler/function/internal/plural"
)

// table is the verdict, and what went wrong meanwhile.
func (r *run) table(v verdict) string {
	_, tries, _ := r.sender.counts()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(what string, n int, more string) { fmt.Fprintf(w, "%s\t%d\t%s\n", what, n, more) }
	row("purchases", v.purchases, fmt.Sprintf("in %s, SEED=%d", r.For, r.Seed))
	row("acknowledged", v.acknowledged, quantiles(v.acks)+"; "+plural.Of(tries, "request"))
	refused := r.sender.refusals()
	row("refused", sum(refused), counts(refused)+"; delivered again")
	row("orders", v.orders, "")
	row("e-mails expected", v.expected, "")
	row("sent once", v.once, quantiles(v.mails)+" after the acknowledgement")
	row("sent twice", v.twice, fmt.Sprintf("died between accept and record: %d; connection broke after accepting: %d; unexplained: %d", v.died, v.broke, v.unexplained))
	row("lost", v.lost, "")
	row("unexpected", v.unexpected, "")
	if r.Meanwhile != nil {
		return aligned(w, &b)
	}
	killed := map[string]int{}
	for _, p := range r.parts() {
		killed[p.name] = len(r.maker.deaths(p))
	}
	row("killed", sum(killed), counts(killed))
	if !r.Bare {
		row("NATS wiped", r.maker.wipes, "about "+plural.Of(r.maker.lost, "queued message")+" lost")
	}
	row("faults", sum(r.faults.happened), counts(r.faults.happened))
	return aligned(w, &b)
}

// aligned is what was written, without the blanks that alignment leaves at the ends.
func aligned(w *tabwriter.Writer, b *strings.Builder) string {
	_ = w.Flush() // to a strings.Builder
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func sum(n map[string]int) int {
	all := 0
	for _, v := range n {
		all += v
	}
	return all
}

func counts(n map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		all = append(all, fmt.Sprintf("%s: %d", name, n[name]))
	}
	return strings.Join(all, "; ")
}

// quantiles are the median, the 99th percentile and the greatest.
func quantiles(d []time.Duration) string {
	if len(d) == 0 {
		return "none"
	}
	slices.Sort(d)
	at := func(percent int) string {
		return d[(len(d)-1)*percent/100].Round(time.Millisecond).String()
	}
	return fmt.Sprintf("p50 %s, p99 %s, slowest %s", at(50), at(99), at(100))
}
