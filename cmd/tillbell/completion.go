package main

import (
	"io"

	"github.com/spf13/cobra"
)

// shells are those that can complete commands, flags and their values.
var shells = []struct {
	name  string
	write func(root *cobra.Command, w io.Writer) error
}{
	{"bash", func(root *cobra.Command, w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
	{"zsh", (*cobra.Command).GenZshCompletion},
	{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	{"powershell", (*cobra.Command).GenPowerShellCompletionWithDesc},
}

func completionCommand() *cobra.Command {
	var names []cobra.Completion
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print a script that completes commands and flags in your shell",
		Long: `Print a script with which your shell completes the commands of tillbell, their flags, and fixed
values of flags. SHELL is bash, zsh, fish or powershell. The shell must find tillbell on its PATH.`,
		Example: `  source <(tillbell completion bash)                                        # for this bash
  tillbell completion bash > ~/.local/share/bash-completion/completions/tillbell   # for each new bash
  tillbell completion zsh > "${fpath[1]}/_tillbell"                         # for each new zsh
  tillbell completion fish > ~/.config/fish/completions/tillbell.fish       # for each new fish`,
		Args:      takes("SHELL"),
		ValidArgs: names,
		RunE: func(c *cobra.Command, args []string) error {
			for _, s := range shells {
				if s.name == args[0] {
					return s.write(c.Root(), c.OutOrStdout())
				}
			}
			return usagef("SHELL %q: want bash, zsh, fish, powershell", args[0])
		},
	}
}
