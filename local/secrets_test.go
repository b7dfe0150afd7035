package main

import (
	"context"
	"regexp"
	"testing"

	"handler/function/local/provider"
)

// Not parallel: the environment says which services are real.
func TestServiceValue(t *testing.T) {
	t.Run("is the environment's before one that is kept", func(t *testing.T) {
		p := setupProvider(t)
		keep(t, p, stripeAPI, "rk_test_kept")
		t.Setenv("STRIPE_API_KEY", "rk_test_real")
		if got := stripeAPI.value(p); got != "rk_test_real" {
			t.Errorf("value %s", got)
		}
		if !stripeAPI.real() {
			t.Error("the service is not real")
		}
	})

	t.Run("is the kept one before a new one", func(t *testing.T) {
		p := setupProvider(t)
		keep(t, p, stripeAPI, "rk_test_kept")
		t.Setenv("STRIPE_API_KEY", "") // as if it were not set
		if got := stripeAPI.value(p); got != "rk_test_kept" {
			t.Errorf("value %s", got)
		}
		if stripeAPI.real() {
			t.Error("the service is real")
		}
	})

	t.Run("is invented as the real ones look, and another each time", func(t *testing.T) {
		p := setupProvider(t)
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
			one, two := test.service.value(p), test.service.value(p)
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
		} {
			if test.service.variable != test.variable || test.service.secret != test.secret {
				t.Errorf("%s is %s, want %s and %s", test.service.variable, test.service.secret, test.variable, test.secret)
			}
		}
	})
}

func setupProvider(t *testing.T) *provider.Provider {
	t.Helper()
	p := provider.New(provider.Options{Dir: t.TempDir()})
	t.Cleanup(func() { _ = p.Close(context.WithoutCancel(t.Context())) })
	return p
}

func keep(t *testing.T, p *provider.Provider, s service, value string) {
	t.Helper()
	if err := p.SetSecret(s.secret, []byte(value)); err != nil {
		t.Fatal(err)
	}
}
