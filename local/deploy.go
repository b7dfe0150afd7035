package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/openfaas/faas-provider/types"
	sdk "github.com/openfaas/go-sdk"
	"github.com/openfaas/go-sdk/stack"
	stripego "github.com/stripe/stripe-go/v76"

	"handler/function/internal/order"
	"handler/function/local/provider"
)

// deploy puts the secrets in place and deploys the functions of stack.yml through the gateway, as
// faas-cli does.
func (l *laptop) deploy(ctx context.Context) error {
	address, err := url.Parse(gatewayURL)
	if err != nil {
		return err
	}
	gateway := sdk.NewClient(address, nil, &http.Client{Timeout: time.Minute})
	for _, s := range []service{stripeSigning, stripeAPI, sendgridAPI, functionsKey} {
		value, err := s.value(filepath.Join(l.state, "invented"))
		if err != nil {
			return err
		}
		if err := putSecret(ctx, gateway, s.secret, value); err != nil {
			return err
		}
	}
	if err := putSecret(ctx, gateway, mongodbURI.secret, l.mongodb); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(l.services.Functions)) {
		if _, err := gateway.Deploy(ctx, deployment(l.services.Functions[name])); err != nil {
			return fmt.Errorf("deploy %s: %w", name, err)
		}
	}
	if err := l.answers(ctx); err != nil {
		return err
	}
	l.registerEndpoint()
	return nil
}

// registerEndpoint has the stand-in for Stripe know the webhook, as Stripe must: make doctor and make endpoint
// find it there.
func (l *laptop) registerEndpoint() {
	l.payments.AddEndpoint(stripego.WebhookEndpoint{
		URL: gatewayURL + "/function/stripe-webhook", EnabledEvents: order.HandledTypes(),
		APIVersion: stripego.APIVersion, Secret: l.secret(stripeSigning),
	})
}

// putSecret creates a secret, or changes the one that is there.
func putSecret(ctx context.Context, gateway *sdk.Client, name, value string) error {
	secret := types.Secret{Name: name, Namespace: provider.Namespace, Value: value}
	status, err := gateway.UpdateSecret(ctx, secret)
	if status == http.StatusNotFound {
		_, err = gateway.CreateSecret(ctx, secret)
	}
	if err != nil {
		return fmt.Errorf("secret %s: %w", name, err)
	}
	return nil
}

func deployment(f stack.Function) types.FunctionDeployment {
	d := types.FunctionDeployment{
		Service:     f.Name,
		Image:       f.Image,
		Namespace:   provider.Namespace,
		EnvVars:     f.Environment,
		Secrets:     f.Secrets,
		Labels:      f.Labels,
		Annotations: f.Annotations,
	}
	if f.Limits != nil {
		d.Limits = &types.FunctionResources{Memory: f.Limits.Memory, CPU: f.Limits.CPU}
	}
	return d
}

// answers waits until the webhook refuses an unsigned call, as it does when all of it works.
func (l *laptop) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, gatewayURL+"/function/stripe-webhook", http.NoBody)
		if err != nil {
			return err
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusBadRequest {
				return nil
			}
			err = fmt.Errorf("it answers %d", res.StatusCode)
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("stripe-webhook does not answer as it should; see logs/stripe-webhook.log"), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
