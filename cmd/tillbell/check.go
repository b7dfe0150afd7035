package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/screen"
	"handler/function/shared/shopcheck"
)

func checkCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "check [flags]",
		Short: "who gets which e-mail for what, or what is wrong in the shop's files",
		Long: `Check the catalogue, the templates and the lock of what is published, and print who gets which
e-mail for what. Each template is rendered with each sample order. A mistake is one line: file:line:
what is wrong; the exit code is 1 then. Warnings stop nothing. The image build and make run do the
same check.`,
		Example: `  tillbell check
  tillbell check --catalogue draft.yml
  tillbell check --json | jq -r '.mistakes[], .warnings[]'`,
		Args: takes(),
	}
	checker := shopcheck.New(shopcheck.Folder)
	checkerFlags(c, checker)
	json := jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		report, err := checker.Report()
		if err != nil {
			return err
		}
		s := screen.Of(c.OutOrStdout(), *json)
		if !s.JSON {
			report.Print(s.Out)
			return report.Err()
		}
		if err := s.Value(report); err != nil {
			return err
		}
		if n := len(report.Mistakes); n > 0 {
			return fmt.Errorf("%w: %d", errMistakes, n)
		}
		return nil
	}
	return c
}

// errMistakes: they are in the JSON.
var errMistakes = errors.New("mistakes in the shop's files")

// checkerFlags adds the flags that say which files are meant.
func checkerFlags(c *cobra.Command, checker *shopcheck.Checker) {
	c.Flags().StringVar(&checker.Catalogue, "catalogue", checker.Catalogue, "the catalogue's `FILE`")
	c.Flags().StringVar(&checker.Templates, "templates", checker.Templates, "the `FOLDER` of the templates")
	c.Flags().StringVar(&checker.Lock, "lock", checker.Lock, "the `FILE` that says what is published")
}
