package main

import (
	"cmp"
	"errors"
	"flag"
	"os"

	"handler/function/cmd/tillbell/screen"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/owner"
	"handler/function/shared/runenv"
)

// ownerHelp ends the --help of each verb that calls the functions.
const ownerHelp = `
The gateway and the key that the functions share (the secret send-email-key) are those of the flags, else of the
environment or .env (GATEWAY_URL or OPENFAAS_URL; SEND_EMAIL_KEY), else of the laptop that runs here.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 not found, 4 conflict with the order's current state.
`

// errNoKey: there is nothing to sign calls with.
var errNoKey = errors.New("there is no key to sign the call with: set SEND_EMAIL_KEY, in the environment or in .env, to the secret send-email-key; " +
	"or make secrets ONLY=send-email-key NEW_KEY=1 makes a new one, and keeps it in .env")

// ownerFlags are those of the verbs that call the functions.
type ownerFlags struct {
	target.Flags
	key  string
	json bool
}

// register adds them to a verb's own.
func (f *ownerFlags) register(set *flag.FlagSet) {
	f.RegisterAs(set, "laptop")
	set.StringVar(&f.key, "key", "", "the `key` that signs calls; other people of this machine can see it there, so rather set SEND_EMAIL_KEY")
	set.BoolVar(&f.json, "json", false, "answer in JSON, for a program")
}

// client is one for the functions that the flags mean.
func (f *ownerFlags) client() (*owner.Client, error) {
	t, err := f.Find()
	if err != nil {
		return nil, err
	}
	key := cmp.Or(f.key, t.Given(target.FunctionsKey))
	if key == "" {
		// A gateway that was named may be the laptop's all the same.
		if env, err := runenv.ReadRunning(f.State); err == nil && env["GATEWAY_URL"] == t.Gateway {
			key = env["SEND_EMAIL_KEY"]
		}
	}
	if key == "" {
		return nil, errNoKey
	}
	return &owner.Client{Gateway: t.Gateway, Key: key}, nil
}

func (f *ownerFlags) screen() screen.Screen { return screen.Of(os.Stdout, f.json) }
