package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printFlags lists a verb's flags. Those that every verb has which calls the functions come last.
func printFlags(set *flag.FlagSet) {
	common := flag.NewFlagSet("", flag.ContinueOnError)
	new(ownerFlags).register(common)
	calls := set.Lookup("key") != nil
	var own, shared [][2]string
	set.VisitAll(func(f *flag.Flag) {
		if calls && common.Lookup(f.Name) != nil {
			shared = append(shared, described(f))
			return
		}
		own = append(own, described(f))
	})
	printPairs(set.Output(), "Flags:", own)
	printPairs(set.Output(), "Flags of all verbs that call the functions:", shared)
}

// described is a flag as it is typed, and what it does.
func described(f *flag.Flag) [2]string {
	value, usage := flag.UnquoteUsage(f)
	text := "--" + f.Name
	switch value {
	case "":
	case "int":
		text += " N"
	default:
		text += " " + strings.ToUpper(value)
	}
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && !strings.Contains(usage, "default") {
		usage += " (default: " + f.DefValue + ")"
	}
	return [2]string{text, usage}
}

func printPairs(out io.Writer, title string, pairs [][2]string) {
	if len(pairs) == 0 {
		return
	}
	width := 0
	for _, p := range pairs {
		width = max(width, utf8.RuneCountInString(p[0]))
	}
	fmt.Fprintf(out, "\n%s\n", title)
	for _, p := range pairs {
		fmt.Fprintf(out, "  %-*s  %s\n", width, p[0], p[1])
	}
}
