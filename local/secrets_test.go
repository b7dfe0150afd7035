package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Not parallel: the environment says which services are real.
func TestServiceValue(t *testing.T) {
	t.Run("is the environment's, which is not kept", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("STRIPE_API_KEY", "rk_live_real")
		if got := valueOf(t, stripeAPI, dir); got != "rk_live_real" || !stripeAPI.real() {
			t.Errorf("value %s, real %v", got, stripeAPI.real())
		}
		t.Setenv("STRIPE_API_KEY", "") // as if it were not set
		if got := valueOf(t, stripeAPI, dir); got == "rk_live_real" || stripeAPI.real() {
			t.Errorf("value %s, real %v", got, stripeAPI.real())
		}
	})

	t.Run("is the same at the next start, for nobody else to read", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("STRIPE_API_KEY", "")
		if one, two := valueOf(t, stripeAPI, dir), valueOf(t, stripeAPI, dir); one != two {
			t.Errorf("first %s, then %s", one, two)
		}
		if info, err := os.Stat(filepath.Join(dir, "stripe-api-key")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, err %v", info.Mode(), err)
		}
	})

	t.Run("is invented as the real ones look, and another each time", func(t *testing.T) {
		for _, test := range []struct {
			service service
			looks   string
		}{
			{stripeAPI, `^rk_test_[A-Z2-7]{26}$`},
			{stripeSigning, `^whsec_[A-Z2-7]{26}$`},
			{sendgridAPI, `^SG\.[A-Z2-7]{26}\.[A-Za-z0-9_-]{43}$`},
			{functionsKey, `^[0-9a-f]{64}$`},
		} {
			if test.service.variable != "" {
				t.Setenv(test.service.variable, "")
			}
			one, two := valueOf(t, test.service, t.TempDir()), valueOf(t, test.service, t.TempDir())
			if !regexp.MustCompile(test.looks).MatchString(one) {
				t.Errorf("%s is invented as %q", test.service.secret, one)
			}
			if one == two {
				t.Errorf("%s is invented twice alike", test.service.secret)
			}
		}
	})

	t.Run("has no service that is real without its variable", func(t *testing.T) {
		if functionsKey.real() {
			t.Error("the key between the functions is nobody's")
		}
	})

	t.Run("is named as the functions and the environment know it", func(t *testing.T) {
		for _, test := range []struct {
			service          service
			variable, secret string
		}{
			{stripeAPI, "STRIPE_API_KEY", "stripe-api-key"},
			{stripeSigning, "STRIPE_WEBHOOK_SECRET", "stripe-webhook-secret"},
			{sendgridAPI, "SENDGRID_API_KEY", "sendgrid-api-key"},
			{mongodbURI, "MONGODB_URI", "mongodb-uri"},
			{functionsKey, "", "send-email-key"},
			{alertURL, "ALERT_URL", "alert-url"},
		} {
			if test.service.variable != test.variable || test.service.secret != test.secret {
				t.Errorf("%s is %s, want %s and %s", test.service.variable, test.service.secret, test.variable, test.secret)
			}
		}
	})
}

func valueOf(t *testing.T, s service, dir string) string {
	t.Helper()
	value, err := s.value(dir)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
