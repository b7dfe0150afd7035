package main

import (
	"cmp"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handler/function/cmd/tillbell/screen"
	"handler/function/cmd/tillbell/see"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/owner"
	"handler/function/shared/runenv"
)

// ownerNotes end the help of each command that calls the functions.
var ownerNotes = map[string]string{notes: `
The gateway, and the key that the functions share (secret send-email-key), come from the flags, else
from the environment or .env (GATEWAY_URL or OPENFAAS_URL; SEND_EMAIL_KEY), else from the laptop that
runs here.`}

// errNoKey: there is nothing to sign calls with.
var errNoKey = errors.New("there is no key to sign the call with: set SEND_EMAIL_KEY, in the environment or in .env, to the secret send-email-key; " +
	"or make secrets ONLY=send-email-key NEW_KEY=1 makes a new one, and keeps it in .env")

// ownerFlags are those of the commands that call the functions.
type ownerFlags struct {
	target.Flags
	key  string
	json *bool
}

// register adds them to a command's own.
func (f *ownerFlags) register(c *cobra.Command) {
	c.Annotations = ownerNotes
	f.json = jsonFlag(c)
	addConnection(c, func(set *pflag.FlagSet) {
		f.RegisterCalls(set)
		set.StringVar(&f.key, "key", "", "the `KEY` that signs calls; others on this machine can see it in the process list, so rather set SEND_EMAIL_KEY")
	})
}

// jsonFlag adds --json.
func jsonFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("json", false, "print JSON, for programs")
}

// sinceVar adds --since.
func sinceVar(c *cobra.Command, p *time.Time, usage string, check func(time.Time) error) {
	var typed string
	textVar(c.Flags(), &typed, "since", usage, func(value string) error {
		at, err := see.Since(value, time.Now())
		if err == nil && check != nil {
			err = check(at)
		}
		if err == nil {
			*p = at
		}
		return err
	})
}

// client calls the functions that the flags mean.
func (f *ownerFlags) client() (*owner.Client, error) {
	t, err := f.FindFunctions()
	if err != nil {
		return nil, err
	}
	key := cmp.Or(f.key, t.Given(target.FunctionsKey))
	if key == "" {
		// A gateway that was named may be the laptop's all the same.
		if env, err := runenv.ReadRunning(f.Laptop); err == nil && env["GATEWAY_URL"] == t.Gateway {
			key = env["SEND_EMAIL_KEY"]
		}
	}
	if key == "" {
		return nil, errNoKey
	}
	return &owner.Client{Gateway: t.Gateway, Key: key}, nil
}

func (f *ownerFlags) screen(c *cobra.Command) screen.Screen {
	return screen.Of(c.OutOrStdout(), *f.json)
}

// viewer shows what the functions answer.
func (f *ownerFlags) viewer(c *cobra.Command) (see.Viewer, error) {
	client, err := f.client()
	return see.Viewer{Client: client, Screen: f.screen(c), Now: time.Now()}, err
}
