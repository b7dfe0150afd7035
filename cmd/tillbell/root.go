package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groups are the commands, by what an owner wants.
var groups = []struct {
	title    string
	commands []func() *cobra.Command
}{
	{"See orders:", []func() *cobra.Command{summaryCommand, ordersCommand, orderCommand}},
	{"Do something with orders:", []func() *cobra.Command{
		retryCommand, resendCommand, correctCommand, forgetCommand, exportCommand, reconcileCommand,
	}},
	{"Check and publish:", []func() *cobra.Command{checkCommand, templatesCommand, doctorCommand}},
	{"Set up and deploy:", []func() *cobra.Command{
		secretsCommand, endpointCommand, upCommand, imagesCommand, binariesCommand,
	}},
	{"About this program:", []func() *cobra.Command{helpCommand, completionCommand, versionCommand}},
}

// newRoot is the command tillbell with all its commands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "tillbell COMMAND [flags]",
		Short: "The program of a shop's owner",
		Long: `tillbell is the program of a shop's owner: see orders and do something with them, check the shop's
files and the setup, publish, build and deploy.`,
		SilenceErrors: true, SilenceUsage: true, DisableFlagsInUseLine: true,
		SuggestionsMinimumDistance: 2,
		Version:                    buildVersion().String(),
		Args:                       knownCommand,
		RunE:                       func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "show the version")
	root.PersistentFlags().BoolP("help", "h", false, "show this help")
	root.SetHelpFunc(showHelp)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, command := range g.commands {
			c := command()
			c.GroupID, c.DisableFlagsInUseLine = g.title, true
			c.Flags().VisitAll(func(f *pflag.Flag) { completePaths(c, f) })
			root.AddCommand(c)
			if c.Name() == "help" {
				root.SetHelpCommand(c)
			}
		}
	}
	return root
}

// knownCommand refuses arguments of tillbell itself: they are names of no command.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if similar := root.SuggestionsFor(args[0]); len(similar) > 0 {
		return usagef("there is no command %q: did you mean %s?", args[0], strings.Join(similar, " or "))
	}
	return usagef("there is no command %q", args[0])
}

// completePaths completes the values of flags that take a file or a folder.
func completePaths(c *cobra.Command, f *pflag.Flag) {
	var err error
	switch value, _ := pflag.UnquoteUsage(f); value {
	case "FILE":
		err = c.MarkFlagFilename(f.Name)
	case "FOLDER":
		err = c.MarkFlagDirname(f.Name)
	}
	if err != nil {
		panic(err) // the flag is there
	}
}
