package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of help texts, in columns.
const helpWidth = 100

// notes is the annotation of a command that holds what its help says below the flags.
const notes = "notes"

// connection is the annotation of flags that say which system is meant.
const connection = "connection"

// showHelp prints the help of a command.
func showHelp(c *cobra.Command, _ []string) {
	w := c.OutOrStdout()
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(cmp.Or(c.Long, c.Short)), c.UseLine())
	if c.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.Trim(c.Example, "\n"))
	}
	for _, g := range c.Groups() {
		fmt.Fprintf(w, "\n%s\n", g.Title)
		for _, sub := range c.Commands() {
			if sub.GroupID == g.ID {
				fmt.Fprintf(w, "  %-10s  %s\n", sub.Name(), sub.Short)
			}
		}
	}
	showFlags(w, "Flags:", c, func(f *pflag.Flag) bool { return f.Annotations[connection] == nil })
	showFlags(w, "Connection flags:", c, func(f *pflag.Flag) bool { return f.Annotations[connection] != nil })
	if text := c.Annotations[notes]; text != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(text))
	}
	if !c.HasParent() {
		fmt.Fprintf(w, "\ntillbell help COMMAND shows the flags of a command, with examples.\n")
	}
	fmt.Fprintf(w, "\n%s", exitCodes)
}

// showFlags prints a command's flags that belong to a part of its help.
func showFlags(w io.Writer, title string, c *cobra.Command, belongs func(*pflag.Flag) bool) {
	part := pflag.NewFlagSet("", pflag.ContinueOnError)
	part.SortFlags = false
	c.NonInheritedFlags().SortFlags = false
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		if belongs(f) && f.Name != "help" {
			part.AddFlag(f)
		}
	})
	if part.HasFlags() {
		fmt.Fprintf(w, "\n%s\n%s", title, part.FlagUsagesWrapped(helpWidth))
	}
}

// addConnection adds flags that say which system is meant.
func addConnection(c *cobra.Command, register func(*pflag.FlagSet)) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	register(set)
	set.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{connection: {}} })
	c.Flags().AddFlagSet(set)
}

// helpCommand is help, in place of cobra's, which accepts any topic.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "show how a command is used",
		Example: "  tillbell help orders",
		Args:    takes("[COMMAND]"),
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			for _, sub := range c.Root().Commands() {
				if len(args) == 0 && !sub.Hidden {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			found, _, err := c.Root().Find(args)
			if err == nil && found == c.Root() {
				err = knownCommand(found, args)
			}
			if err != nil {
				return err
			}
			return found.Help()
		},
	}
}
