package bench

import (
	"fmt"
	"html"
	"strings"
)

// panels are the plot's, each with a bar for each contender.
var panels = []struct {
	title, figure string
	in            float64
	unit          string
}{
	{"CPU an event", cpuPerEvent, 1, "µs"},
	{"Memory after 10,000 events", rssAfter, 1024, "MB"},
	{"Start to the first 200", startMS, 1, "ms"},
	{"Events a second, 16 senders", perSecond(16), 1, "/s"},
}

const (
	panelWidth  = 440
	panelHeight = 256
	barLeft     = 160
	barRoom     = 180
	plotMargin  = 20
)

// style is readable on light and on dark: it follows what the reader's system prefers.
const style = `
    .card { fill: #fbfaf7 } .text { fill: #1d2b39 } .faint { fill: #5b6b7c } .bar { fill: #9fb0c0 } .ours { fill: #2e7d5b }
    @media (prefers-color-scheme: dark) {
      .card { fill: #16202a } .text { fill: #e8edf2 } .faint { fill: #a9b7c4 } .bar { fill: #53677a } .ours { fill: #58b98a }
    }
  `

// Plot is the contenders beside each other, as an SVG.
func (r *Results) Plot() string {
	var b strings.Builder
	width, height := 2*panelWidth+2*plotMargin, 2*panelHeight+2*plotMargin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14">
  <title>The webhook beside its alternatives</title>
  <desc>Bars for processor time an event, memory, start and throughput. The figures are in the table of docs/performance.md.</desc>
  <style>%s</style>
  <rect class="card" width="%d" height="%d" rx="12"/>
`, width, height, style, width, height)
	for i := range panels {
		r.panel(&b, i, plotMargin+i%2*panelWidth, plotMargin+i/2*panelHeight)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (r *Results) panel(b *strings.Builder, i, left, top int) {
	p := panels[i]
	most := 0.0
	for _, f := range r.Contenders {
		most = max(most, f[p.figure])
	}
	fmt.Fprintf(b, `  <text class="text" x="%d" y="%d" font-weight="600">%s</text>`+"\n", left, top+18, html.EscapeString(p.title))
	y := top + 32
	for _, n := range names {
		f, measured := r.Contenders[n.key]
		if !measured || most == 0 {
			continue
		}
		class := "bar"
		if n.key == ours {
			class = "ours"
		}
		width := f[p.figure] / most * barRoom
		fmt.Fprintf(b, `  <text class="faint" x="%d" y="%d" text-anchor="end" font-size="13">%s</text>`+"\n", left+barLeft-8, y+17, html.EscapeString(n.short))
		fmt.Fprintf(b, `  <rect class="%s" x="%d" y="%d" width="%.1f" height="22" rx="3"/>`+"\n", class, left+barLeft, y, max(width, 1))
		fmt.Fprintf(b, `  <text class="text" x="%.1f" y="%d" font-size="13">%s %s</text>`+"\n", float64(left+barLeft)+width+6, y+16, number(f[p.figure]/p.in), p.unit)
		y += 34
	}
}
