// Command bench measures the functions beside the alternatives, as package bench does, on a laptop
// of its own. `make bench` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"handler/function/e2e/bench"
	"handler/function/e2e/laptop"
)

const usage = `Measures the functions beside what might be used instead of them, all in one run, and prints a table.

  bench [--quick | --sales] [--docs DIR] [--state DIR] [--bin DIR]

It starts an empty laptop with the tests' shop, and ends it afterwards. The whole takes about ten minutes, of
which each contender's turns are seconds; other load on the machine changes the figures, so leave it alone.
Without Node.js the contender on Node is left out. --quick writes no documents.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func run(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := set.Bool("quick", false, "a minute instead of ten, whose figures mean little")
	sales := set.Bool("sales", false, "whole sales alone, which takes two minutes; all else in the documents stays")
	docs := set.String("docs", "docs", "folder of the documents to write the results into")
	l := laptop.Options{Say: say}
	l.Flags(set)
	set.Usage = func() {
		fmt.Fprint(set.Output(), usage)
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if err := laptop.MocksOnly("bench"); err != nil {
		return err
	}
	size := bench.Full
	if *quick {
		size, *docs = bench.Quick, ""
	}
	results, err := measure(ctx, l, bench.Options{Size: size, SalesOnly: *sales, Say: say})
	if ctx.Err() != nil && err != nil {
		return errors.New("stopped before the results")
	}
	if err != nil {
		return err
	}
	return show(results, *sales, *docs)
}

// measure measures on a laptop of its own. The sweep is off: it would process what the rounds store.
func measure(ctx context.Context, l laptop.Options, o bench.Options) (*bench.Results, error) {
	fresh, err := laptop.Fresh(ctx, l, map[string]string{"sweep_interval": "0"})
	if err != nil {
		return nil, err
	}
	defer fresh.Stop()
	if err := o.On(fresh, l.State); err != nil {
		return nil, err
	}
	return bench.Run(ctx, o)
}

// show prints the results, and writes them into a folder of documents, if one is named.
func show(results *bench.Results, sales bool, docs string) error {
	if !sales {
		say("\n%s", results.Table())
	}
	say("\n%s", results.Sales.Table())
	if unmet := results.Unmet(); len(unmet) > 0 {
		say("Goals that are not met: %s.", strings.Join(unmet, "; "))
	}
	if docs == "" {
		return nil
	}
	return results.Write(docs)
}
