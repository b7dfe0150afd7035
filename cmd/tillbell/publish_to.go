package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handler/function/cmd/tillbell/publish"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/dotenv"
	"handler/function/shared/runenv"
)

const (
	sendgridHost = "https://api.sendgrid.com"
	// sendgridSetup is the variable of the key for the owner's own commands.
	sendgridSetup = "SENDGRID_SETUP_KEY"
	// sendgridSending is the variable of the functions' key.
	sendgridSending = "SENDGRID_API_KEY"
	// laptopAccount is what the laptop's SendGrid is called.
	laptopAccount = "laptop"
)

// publishTo says which SendGrid account the templates are for: the one of the key that the owner
// gives, else that of the laptop that runs here. A key goes only where it belongs.
type publishTo struct {
	// DotEnv is the file of keys, and Laptop the laptop's folder.
	target.Flags
	// host and account are as the flags say, or empty.
	host, account string
}

func (to *publishTo) register(c *cobra.Command) {
	c.Flags().StringVar(&to.account, "account", "", "the `NAME` by which the lock calls the key's SendGrid account (default: sendgrid_account in settings.yml, else the only one in the lock, else "+firstAccount+")")
	addConnection(c, func(set *pflag.FlagSet) {
		to.RegisterSendGrid(set, &to.host, "SendGrid's API, an `ADDRESS` (default: sendgrid_host in settings.yml, else "+sendgridHost+"; without a key, the SendGrid of the laptop that runs here)")
	})
}

// choose gives a publisher its host, key and account. The settings are those of send-email.
func (to *publishTo) choose(p *publish.Publisher, settings map[string]string) error {
	key, err := publishingKey(to.DotEnv)
	if err != nil {
		return err
	}
	laptop, err := runningSendGrid(to.Laptop)
	if err != nil {
		return err
	}
	host := strings.TrimRight(to.host, "/")
	local := laptop != nil && (host == "" || host == laptop["SENDGRID_URL"])
	switch own := laptop[sendgridSending]; {
	case local && (key == own || key == "" && to.account == ""):
		p.Host, p.Key, p.Account, p.Laptop = laptop["SENDGRID_URL"], own, laptopAccount, true
		return nil
	case laptop != nil && key == own:
		return fmt.Errorf("the key is that of the laptop that runs here, which %s does not know: set %s", host, sendgridSetup)
	case local && host != "":
		return fmt.Errorf("%s is the laptop that runs here, which does not take the key in %s: leave one of the two out", host, sendgridSetup)
	case key == "":
		return fmt.Errorf("set %s, in the environment or in .env, to a key that may create and read templates and their versions; "+
			"or start make run, for a SendGrid on this laptop", sendgridSetup)
	}
	p.Host, p.Key = cmp.Or(host, strings.TrimRight(settings["sendgrid_host"], "/"), sendgridHost), key
	p.Account = cmp.Or(to.account, settings["sendgrid_account"])
	return nil
}

// publishingKey is the key to publish with, or empty: what was set for this command counts more
// than what .env says for all.
func publishingKey(env string) (string, error) {
	file, err := dotenv.Read(env)
	if err != nil {
		return "", err
	}
	key := cmp.Or(os.Getenv(sendgridSetup), os.Getenv(sendgridSending), file[sendgridSetup], file[sendgridSending])
	return strings.TrimSpace(key), nil
}

// runningSendGrid is what the laptop that runs here tells of itself; it is nil where none runs, or
// where its SendGrid is the real one.
func runningSendGrid(state string) (map[string]string, error) {
	env, err := runenv.ReadRunning(state)
	if err != nil && !errors.Is(err, runenv.ErrNotRunning) && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if env[sendgridSending] == "" {
		return nil, nil
	}
	return env, nil
}
