package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/publish"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/catalogue"
	"handler/function/local/sendgrid"
	"handler/function/shared/runenv"
	"handler/function/shared/shopcheck"
)

// runningAt has a laptop run in a state folder, as far as others see it.
func runningAt(t *testing.T, state string, env runenv.Env) {
	t.Helper()
	held, err := runenv.Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
	if err := env.Write(state); err != nil {
		t.Fatal(err)
	}
}

const laptopURL, laptopKey = "http://127.0.0.1:4444", "SG.laptop.key"

func TestPublishTo(t *testing.T) {
	standIn := runenv.Env{{"SENDGRID_URL", laptopURL}, {"SENDGRID_API_KEY", laptopKey}}
	onLaptop := publish.Publisher{Host: laptopURL, Key: laptopKey, Account: "laptop", Laptop: true}
	real := publish.Publisher{Host: "https://api.sendgrid.com", Key: "SG.real.key"}
	for name, c := range map[string]struct {
		laptop   runenv.Env
		to       publishTo
		env      [2]string // SENDGRID_SETUP_KEY, SENDGRID_API_KEY
		file     string
		settings map[string]string
		want     publish.Publisher
		wrong    string
	}{
		"the laptop that runs, without a key":       {laptop: standIn, want: onLaptop},
		"it, whatever the settings say":             {laptop: standIn, settings: map[string]string{"sendgrid_host": "https://api.eu.sendgrid.com", "sendgrid_account": "main"}, want: onLaptop},
		"it, with its own key from run.env":         {laptop: standIn, env: [2]string{"", laptopKey}, want: onLaptop},
		"it, by its address":                        {laptop: standIn, to: publishTo{host: laptopURL + "/"}, want: onLaptop},
		"SendGrid, with a key":                      {laptop: standIn, env: [2]string{"SG.real.key", ""}, want: real},
		"SendGrid, with a key beside the laptop's":  {laptop: standIn, env: [2]string{"SG.real.key", laptopKey}, want: real},
		"SendGrid, with a key in .env":              {laptop: standIn, file: "SENDGRID_SETUP_KEY=SG.real.key\n", want: real},
		"SendGrid, where nothing runs":              {env: [2]string{"SG.real.key", ""}, want: real},
		"SendGrid in the EU, to an account":         {laptop: standIn, to: publishTo{account: "trial"}, env: [2]string{"SG.real.key", ""}, settings: map[string]string{"sendgrid_host": "https://api.eu.sendgrid.com/", "sendgrid_account": "main"}, want: publish.Publisher{Host: "https://api.eu.sendgrid.com", Key: "SG.real.key", Account: "trial"}},
		"the account of the settings":               {env: [2]string{"SG.real.key", ""}, settings: map[string]string{"sendgrid_account": "club"}, want: publish.Publisher{Host: real.Host, Key: real.Key, Account: "club"}},
		"another host":                              {to: publishTo{host: "http://127.0.0.1:5555"}, env: [2]string{"SG.real.key", ""}, want: publish.Publisher{Host: "http://127.0.0.1:5555", Key: real.Key}},
		"nobody, without a key":                     {wrong: "set SENDGRID_SETUP_KEY, in the environment or in .env, to a key"},
		"nobody, where the laptop's is the real":    {laptop: runenv.Env{{"SENDGRID_URL", laptopURL}}, wrong: "set SENDGRID_SETUP_KEY"},
		"nobody, for an account without a key":      {laptop: standIn, to: publishTo{account: "trial"}, wrong: "set SENDGRID_SETUP_KEY"},
		"nobody: the laptop's key is for no other":  {laptop: standIn, to: publishTo{host: "https://api.sendgrid.com"}, env: [2]string{"", laptopKey}, wrong: "the key is that of the laptop that runs here, which https://api.sendgrid.com does not know"},
		"nobody: a real key is not for the laptop":  {laptop: standIn, to: publishTo{host: laptopURL}, env: [2]string{"SG.real.key", ""}, wrong: laptopURL + " is the laptop that runs here, which does not take the key in SENDGRID_SETUP_KEY"},
		"nobody: a host of one's own wants its key": {laptop: standIn, to: publishTo{host: "http://127.0.0.1:5555"}, wrong: "set SENDGRID_SETUP_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("SENDGRID_SETUP_KEY", c.env[0])
			t.Setenv("SENDGRID_API_KEY", c.env[1])
			c.to.Laptop, c.to.DotEnv = t.TempDir(), filepath.Join(t.TempDir(), ".env")
			if c.laptop != nil {
				runningAt(t, c.to.Laptop, c.laptop)
			}
			if c.file != "" {
				write(t, c.to.DotEnv, c.file)
				if err := os.Chmod(c.to.DotEnv, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var got publish.Publisher
			err := c.to.choose(&got, c.settings)
			if c.wrong != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.wrong) || strings.Contains(err.Error(), "SG.") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || got.Host != c.want.Host || got.Key != c.want.Key || got.Account != c.want.Account || got.Laptop != c.want.Laptop {
				t.Errorf("%v: host %q, key %q, account %q, laptop %v", err, got.Host, got.Key, got.Account, got.Laptop)
			}
		})
	}

	t.Run("nobody, where a laptop was killed", func(t *testing.T) {
		t.Setenv("SENDGRID_SETUP_KEY", "")
		t.Setenv("SENDGRID_API_KEY", "")
		to := publishTo{Flags: target.Flags{Laptop: t.TempDir(), DotEnv: filepath.Join(t.TempDir(), ".env")}}
		if err := standIn.Write(to.Laptop); err != nil {
			t.Fatal(err)
		}
		if err := to.choose(new(publish.Publisher), nil); err == nil || !strings.HasPrefix(err.Error(), "set SENDGRID_SETUP_KEY") {
			t.Errorf("got %v", err)
		}
	})
}

// What is published on the laptop is in a lock of its own: the owner's is committed.
func TestPublishToTheLaptop(t *testing.T) {
	t.Parallel()

	s, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(s.API())
	t.Cleanup(api.Close)
	c := fixtureChecker(t, nil)
	owners := c.Lock
	before, err := os.ReadFile(owners)
	if err != nil {
		t.Fatal(err)
	}
	c.Lock = shopcheck.LaptopLock(t.TempDir())
	var out strings.Builder
	p := publish.Publisher{Host: api.URL, Key: laptopKey, Account: laptopAccount, Laptop: true, Out: &out, Yes: true}
	if err := publishTemplates(t.Context(), c, &p); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"This is the SendGrid of the laptop that runs here, " + api.URL, "for your account set SENDGRID_SETUP_KEY", "published receipt as d-"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	for _, lie := range []string{"the next e-mail goes by it", "commit it"} {
		if strings.Contains(out.String(), lie) {
			t.Errorf("it says %q:\n%s", lie, out.String())
		}
	}
	after, err := os.ReadFile(owners)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(before), string(after)); d != "" {
		t.Errorf("the owner's lock has changed (-want +got):\n%s", d)
	}
	lock, err := catalogue.ReadLock(c.Lock)
	if err != nil || len(lock.Accounts[laptopAccount]) < 10 {
		t.Errorf("the laptop's lock has %v, %v", lock, err)
	}
}
