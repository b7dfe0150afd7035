//go:build !laptop

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"handler/function/e2e/bench"
	"handler/function/shared/runenv"
)

const benchUsage = `Measures the functions beside what might be used instead of them, all in one run, and prints a table.

  local bench [--quick | --sales] [--docs DIR] [--state DIR] [--bin DIR]

It starts a laptop with nothing in it and the tests' shop, and ends it afterwards. The whole takes about ten minutes, of which each
contender's turns are seconds; what else the machine does meanwhile is measured as well, so leave it alone.
Without Node.js the contender on Node is left out. --quick writes no documents.
`

func benchCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local bench", flag.ContinueOnError)
	quick := set.Bool("quick", false, "a minute instead of ten, whose figures mean little")
	sales := set.Bool("sales", false, "whole sales alone, which takes two minutes; all else in the documents stays")
	docs := set.String("docs", "docs", "folder of the documents to write the results into")
	set.Usage = func() {
		fmt.Fprint(set.Output(), benchUsage)
		set.PrintDefaults()
	}
	f, err := parseFolders(set, args)
	if err != nil {
		return err
	}
	if err := standInsOnly("bench"); err != nil {
		return err
	}
	size := bench.Full
	if *quick {
		size = bench.Quick
		*docs = ""
	}
	return onEmptyLaptop(ctx, f, unswept, func(l *laptop) error { return l.measure(ctx, size, *sales, *docs) })
}

// measure writes what it finds into a folder of documents, if one is named.
func (l *laptop) measure(ctx context.Context, size bench.Size, sales bool, docs string) error {
	o, err := l.benchOptions(size)
	if err != nil {
		return err
	}
	o.Say, o.SalesOnly = newConsole().say, sales
	results, err := bench.Run(ctx, o)
	if err != nil {
		return stoppedByHand(ctx, err)
	}
	if !sales {
		o.Say("\n%s", results.Table())
	}
	o.Say("\n%s", results.Sales.Table())
	if unmet := results.Unmet(); len(unmet) > 0 {
		o.Say("Goals that are not met: %s.", strings.Join(unmet, "; "))
	}
	if docs == "" {
		return nil
	}
	return results.Write(docs)
}

// unswept turns the sweep off, which would work off what the rounds store and nobody sends.
var unswept = map[string]string{"sweep_interval": "0"}

// benchOptions are what bench must know of a laptop that runs.
func (l *laptop) benchOptions(size bench.Size) (bench.Options, error) {
	root, err := os.Getwd()
	if err != nil {
		return bench.Options{}, err
	}
	binaries := images{filepath.Join(l.state, "images")}
	o := bench.Options{
		Size: size, Root: root, Dir: filepath.Join(l.state, "bench"),
		Env: func() (map[string]string, error) { return runenv.Read(l.state) },
		Settings: func(function string) map[string]string {
			settings := maps.Clone(l.services().Functions[function].Environment)
			settings["shop_folder"] = l.owned.inUse()
			return settings
		},
		EndQueue: func(ctx context.Context) { l.parts["queue-worker"].stop(ctx) },
	}
	var missing [2]error
	o.Webhook, missing[0] = binaries.find(l.services().Functions["stripe-webhook"].Image)
	o.Mailer, missing[1] = binaries.find(l.services().Functions["send-email"].Image)
	return o, errors.Join(missing[:]...)
}
