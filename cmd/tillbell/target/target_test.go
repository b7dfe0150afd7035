package target

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/shared/runenv"
	"handler/function/shared/stackfile/stackfiletest"
)

func TestCheckForm(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name, secret, value string
		want                string
	}{
		{"a restricted live key", StripeKey, "rk_live_51Abcdef", ""},
		{"a secret test key", StripeKey, "sk_test_51Abcdef\n", ""},
		{"a publishable key", StripeKey, "pk_live_51Abcdef", "begins with rk_live_"},
		{"a webhook secret as a key", StripeKey, "whsec_abcdef", "begins with rk_live_"},
		{"a key in quotes", StripeKey, `"sk_test_51Abcdef"`, "begins with rk_live_"},
		{"two keys", StripeKey, "sk_test_51Abcdef\nsk_test_51Ghijkl", "line breaks"},
		{"a signing secret", StripeSigning, "whsec_abcdef", ""},
		{"two, while it is rolled", StripeSigning, "whsec_newnew\nwhsec_oldold\n", ""},
		{"a key as a signing secret", StripeSigning, "sk_test_51Abcdef", "begins with whsec_"},
		{"a signing secret cut short", StripeSigning, "whsec_", "begins with whsec_"},
		{"SendGrid's key", SendGridKey, "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", ""},
		{"half of SendGrid's key", SendGridKey, "SG.ngeVfQFYQlKU0ufo8x5d1A", "three parts"},
		{"SendGrid's key with a space", SendGridKey, "SG.a .b", "spaces"},
		{"Atlas's string", MongoDB, "mongodb+srv://shop:pw@cluster0.abcde.mongodb.net/?retryWrites=true&w=majority", ""},
		{"a server's string", MongoDB, "mongodb://127.0.0.1:27017", ""},
		{"a string that was not filled in", MongoDB, "mongodb+srv://shop:<db_password>@cluster0.abcde.mongodb.net/", "<db_password>"},
		{"a password with a slash", MongoDB, "mongodb+srv://shop:p/w@cluster0.abcde.mongodb.net/", "%2F"},
		{"a web address", MongoDB, "https://cloud.mongodb.com", "begins with mongodb+srv://"},
		{"a long key", FunctionsKey, strings.Repeat("k", 32), ""},
		{"a short key", FunctionsKey, "secret", "16 characters"},
		{"nothing", FunctionsKey, "  \n", "is empty"},
		{"a secret of the owner's own", "my-secret", "any thing", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			err := CheckForm(tt.secret, tt.value)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if err == nil {
				return
			}
			for part := range strings.FieldsSeq(strings.NewReplacer("<db_password>", "", "/", " ", "@", " ").Replace(tt.value)) {
				if len(part) > 6 && strings.Contains(err.Error(), part) {
					t.Errorf("it shows %q: %v", part, err)
				}
			}
		})
	}
}

// Not parallel: the environment is what is looked at.
func TestFind(t *testing.T) {
	for _, name := range []string{"GATEWAY_URL", "OPENFAAS_URL", "PUBLIC_URL", "STRIPE_API_KEY", "STRIPE_SETUP_KEY"} {
		t.Setenv(name, "")
	}
	stack := stackfiletest.Write(t, "../../..")

	t.Run("is the laptop where one runs, which reads no .env", func(t *testing.T) {
		flags := Flags{Laptop: runningLaptop(t), Stack: stack, DotEnv: file(t, 0o600, "STRIPE_API_KEY=sk_live_real00\nPUBLIC_URL=https://shop.example.com\n")}
		got := find(t, flags)
		if got.Gateway != "http://127.0.0.1:8080" || got.Given(StripeKey) != "rk_test_standin" || got.Given(StripeSigning) != "whsec_laptop" || !got.StripeStandIn ||
			got.StripeAPI != "http://127.0.0.1:1" || got.WebhookURL() != "http://127.0.0.1:8080/function/stripe-webhook" {
			t.Errorf("%+v", got)
		}
	})

	t.Run("is the server where a gateway is named, though a laptop runs", func(t *testing.T) {
		flags := Flags{Laptop: runningLaptop(t), Stack: stack, Gateway: "http://10.0.0.1:8080/",
			DotEnv: file(t, 0o600, "STRIPE_API_KEY=sk_live_real00\nPUBLIC_URL=https://shop.example.com/\n")}
		got := find(t, flags)
		if got.Laptop != nil || got.Gateway != "http://10.0.0.1:8080" || got.Given(StripeKey) != "sk_live_real00" || got.StripeStandIn ||
			got.StripeAPI != "https://api.stripe.com" || got.WebhookURL() != "https://shop.example.com/function/stripe-webhook" {
			t.Errorf("%+v", got)
		}
	})

	t.Run("takes the environment before .env", func(t *testing.T) {
		t.Setenv("STRIPE_API_KEY", "sk_test_env000")
		flags := Flags{Laptop: t.TempDir(), Stack: stack, DotEnv: file(t, 0o600, "STRIPE_API_KEY=sk_test_file00\nSTRIPE_SETUP_KEY=sk_test_setup0\n")}
		got := find(t, flags)
		if got.Given(StripeKey) != "sk_test_env000" || got.StripeSetupKey() != "sk_test_setup0" {
			t.Errorf("%q, %q", got.Given(StripeKey), got.StripeSetupKey())
		}
	})

	t.Run("knows the secrets of stack.yml", func(t *testing.T) {
		want := []string{AlertURL, FunctionsKey, MongoDB, SendGridKey, StripeKey, StripeSigning}
		got := find(t, Flags{Laptop: t.TempDir(), Stack: stack}).Secrets()
		if diff := cmp.Diff(len(want), len(got)); diff != "" {
			t.Error(diff, got)
		}
		for _, name := range want {
			if _, ours := forms[name]; !ours {
				t.Errorf("%s has no form", name)
			}
		}
	})

	t.Run("says what is no address", func(t *testing.T) {
		_, err := Flags{Laptop: t.TempDir(), Stack: stack, PublicURL: "shop.example.com"}.Find()
		if err == nil || !strings.Contains(err.Error(), `the public URL is "shop.example.com"`) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("says that there is no stack.yml", func(t *testing.T) {
		if _, err := (Flags{Laptop: t.TempDir(), Stack: filepath.Join(t.TempDir(), "stack.yml")}).Find(); err != ErrNoStack {
			t.Errorf("error %v", err)
		}
	})
}

func find(t *testing.T, f Flags) *Target {
	t.Helper()
	got, err := f.Find()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// runningLaptop is the state folder of a laptop that runs, as far as one can tell.
func runningLaptop(t *testing.T) string {
	t.Helper()
	state := t.TempDir()
	held, err := runenv.Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
	env := runenv.Env{{"GATEWAY_URL", "http://127.0.0.1:8080"}, {"WEBHOOK_SECRET", "whsec_laptop"}, {"STRIPE_URL", "http://127.0.0.1:1"}, {"STRIPE_API_KEY", "rk_test_standin"}}
	if err := env.Write(state); err != nil {
		t.Fatal(err)
	}
	return state
}

func file(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
