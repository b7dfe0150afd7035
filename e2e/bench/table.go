package bench

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// names are what the table and the plot call the contenders, in their order.
var names = []struct{ key, name, short string }{
	{ours, "ours", "ours"},
	{oursGateway, "ours, behind the gateway", "behind the gateway"},
	{ceiling, "the ceiling: stores, and nothing else", "the ceiling"},
	{sameWork, "the ceiling that verifies and hands on", "with our duties"},
	{node, "Express on Node (no mail)", "Express on Node"},
	{nodeMail, "Express on Node (sends its mail)", "with its mail"},
}

// columns are the table's. Processor time comes first: it depends least on what else the machine
// does.
var columns = []struct {
	title, figure string
	in            float64
}{
	{"CPU an event, µs", cpuPerEvent, 1},
	{"events/s, 1 sender", perSecond(1), 1},
	{"16", perSecond(16), 1},
	{"64", perSecond(64), 1},
	{"ack p50 at 16, ms", latency(50, 16), 1},
	{"p99", latency(99, 16), 1},
	{"ack p50 at 1, ms", latency(50, 1), 1},
	{"p99", latency(99, 1), 1},
	{"at rest, MB", rssRest, 1024},
	{"after, MB", rssAfter, 1024},
	{"start, ms", startMS, 1},
}

// Table is all that was measured but whole sales, in Markdown.
func (r *Results) Table() string {
	return fmt.Sprintf("Medians of %s on %s.\n\n%s\n%s\n%s\n%s",
		plural(r.Rounds, "round"), r.Machine, r.beside(), r.goalsTable(), r.alone(), r.grownTable())
}

// beside is the contenders beside each other.
func (r *Results) beside() string {
	var b strings.Builder
	header := []string{""}
	for _, c := range columns {
		header = append(header, c.title)
	}
	writeRow(&b, header...)
	writeRule(&b, len(header))
	for _, n := range names {
		f, measured := r.Contenders[n.key]
		if !measured {
			continue
		}
		row := []string{n.name}
		for _, c := range columns {
			row = append(row, number(f[c.figure]/c.in))
		}
		writeRow(&b, row...)
	}
	for _, n := range names {
		if why, ok := r.NotMeasured[n.key]; ok {
			fmt.Fprintf(&b, "\nNot measured: %s, since %s\n", n.name, why)
		}
	}
	return b.String()
}

// Table is whole sales with OpenFaaS and without it, in Markdown.
func (s *Sales) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Medians of %s on %s.\n\n", plural(s.Rounds, "round"), s.Machine)
	writeRow(&b, "whole sales", "ack p50, ms", "p99", "to the last e-mail p50, ms", "p99", "CPU a sale, ms", "at rest, MB", "after, MB")
	writeRule(&b, 8)
	row := func(name string, f Figures) {
		writeRow(&b, name, number(f[ackP50]), number(f[ackP99]), number(f[mailedP50]), number(f[mailedP99]),
			number(f[cpuPerSale]/1000), number(f[rssRest]/1024), number(f[rssAfter]/1024))
	}
	row("OpenFaaS: gateway, queue, queue worker, both functions", s.OpenFaaS)
	row("without OpenFaaS: both functions", s.Bare)
	return b.String()
}

// alone is what has nothing to be compared with.
func (r *Results) alone() string {
	var b strings.Builder
	f := r.Contenders[ours]
	writeRow(&b, "ours alone", "")
	writeRule(&b, 2)
	if len(r.Grown) > 0 {
		writeRow(&b, "CPU of a whole sale, in both functions", number((f[cpuPerEvent]+r.Grown[0].OrderCPU)/1000)+" ms")
	}
	writeRow(&b, "stripe-webhook: binary, and compressed layer", megabytes(f["binary_bytes"])+" and "+megabytes(f["image_layer_bytes"]))
	writeRow(&b, "send-email: binary, and compressed layer", megabytes(f["send_email_binary_bytes"])+" and "+megabytes(f["send_email_image_layer_bytes"]))
	return b.String()
}

// grownTable is what becomes of it all with the years.
func (r *Results) grownTable() string {
	var b strings.Builder
	writeRow(&b, "orders stored", "a sweep, ms", "stripe-webhook, events/s", "send-email, orders/s", "CPU an order, µs", "send-email at rest, MB", "after, MB")
	writeRule(&b, 7)
	for _, g := range r.Grown {
		writeRow(&b, strconv.Itoa(g.Stored), number(g.SweepMS), number(g.Events), number(g.Orders), number(g.OrderCPU), number(g.Rest/1024), number(g.After/1024))
	}
	return b.String()
}

func writeRow(b *strings.Builder, cells ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// writeRule is the line below a table's header, whose numbers stand at the right.
func writeRule(b *strings.Builder, columns int) {
	fmt.Fprintf(b, "|---|%s\n", strings.Repeat("--:|", columns-1))
}

// number has three digits, or all that are before the point.
func number(v float64) string {
	decimals := 0
	if v != 0 {
		decimals = max(0, 2-int(math.Floor(math.Log10(math.Abs(v)))))
	}
	return strconv.FormatFloat(v, 'f', min(decimals, 3), 64)
}

func megabytes(bytes float64) string { return number(bytes/1e6) + " MB" }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
