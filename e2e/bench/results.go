package bench

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"handler/function/cmd/tillbell/oci"
	"handler/function/shared/image"
)

// Figures are a contender's, by name: the medians of its rounds.
type Figures map[string]float64

// Results are all that a run has measured.
type Results struct {
	Machine string
	Rounds  int
	// Contenders are those that took part, by name, and NotMeasured those that did not, with the
	// reason.
	Contenders  map[string]Figures
	NotMeasured map[string]string
	Grown       []Grown
	// Sales are nil where none were measured.
	Sales *Sales
}

// all are the results by their names in docs/performance.json, the contenders under their own.
func (r *Results) all() map[string]any {
	all := map[string]any{}
	if !r.salesOnly() {
		all = map[string]any{"machine": r.Machine, "rounds": r.Rounds, "grown": r.Grown, "not_measured": r.NotMeasured}
	}
	for name, figures := range r.Contenders {
		all[name] = figures
	}
	if r.Sales != nil {
		all["whole_sales"] = r.Sales
	}
	return all
}

// salesOnly reports whether nothing was measured but whole sales.
func (r *Results) salesOnly() bool { return len(r.Contenders) == 0 }

func figuresOf(rounds []sampled) Figures {
	all := map[string][]float64{}
	for _, s := range rounds {
		for name, v := range s {
			all[name] = append(all[name], v)
		}
	}
	f := Figures{}
	for name, values := range all {
		f[name] = rounded(median(values))
	}
	return f
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// rounded leaves four digits: no more are measured.
func rounded(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-3)
	if unit >= 1 {
		return math.Round(v)
	}
	return math.Round(v/unit) / math.Round(1/unit)
}

// sizes adds what is measured of the binaries to our figures.
func (b *bench) sizes(ctx context.Context) error {
	f := b.results.Contenders[ours]
	for prefix, path := range map[string]string{"": b.Webhook, "send_email_": b.Mailer} {
		binary, layer, err := sizes(ctx, path)
		if err != nil {
			return err
		}
		f[prefix+"binary_bytes"], f[prefix+"image_layer_bytes"] = float64(binary), float64(layer)
	}
	return nil
}

// sizes are those of a binary, and of the layer that it is in an image.
func sizes(ctx context.Context, path string) (binary, layer int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	r := oci.Recipe{Context: filepath.Dir(path), Platform: v1.Platform{OS: runtime.GOOS, Architecture: runtime.GOARCH}}
	l, err := r.Layer(ctx, image.Copy{From: image.Source{Path: filepath.Base(path)}, To: "/home/app/handler"}, types.OCILayer)
	if err != nil {
		return 0, 0, err
	}
	layer, err = l.Size()
	return info.Size(), layer, err
}

// thisMachine is what the figures were measured on.
func thisMachine() string {
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return model + ", " + plural(runtime.NumCPU(), "core") + ", " + runtime.GOOS + ", " + runtime.Version()
}
