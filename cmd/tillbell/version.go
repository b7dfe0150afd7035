package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/screen"
)

// version says what this program was built from.
type version struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	// Time is the time of the revision's commit.
	Time string `json:"time,omitempty"`
	// Modified: there were changes that are not committed.
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// buildVersion reads what the compiler noted.
func buildVersion() version {
	v := version{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

func (v version) String() string {
	text := "tillbell " + v.Version
	switch {
	case v.Revision == "":
		text += ", built without git"
	case v.Modified:
		text += fmt.Sprintf("\ncommit %s of %s, with changes that are not committed", v.Revision, v.Time)
	default:
		text += fmt.Sprintf("\ncommit %s of %s", v.Revision, v.Time)
	}
	return text + "\n" + v.Go + " " + v.Platform
}

func versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "version [--json]",
		Short:   "show what this program was built from",
		Example: "  tillbell version\n  tillbell version --json | jq -r .revision",
		Args:    takes(),
	}
	json := jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s := screen.Of(c.OutOrStdout(), *json)
		if s.JSON {
			return s.Value(buildVersion())
		}
		s.Line("%s", buildVersion())
		return nil
	}
	return c
}
