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

	"handler/function/local/provider"
)

// deploy puts the secrets in place and deploys the functions of stack.yml through the gateway, as
// faas-cli does.
func (l *laptop) deploy(ctx context.Context) error {
	for _, s := range []service{stripeSigning, stripeAPI, sendgridAPI, functionsKey} {
		value, err := s.value(filepath.Join(l.state, "invented"))
		if err != nil {
			return err
		}
		if err := l.provider.SetSecret(s.secret, []byte(value)); err != nil {
			return err
		}
	}
	if err := l.provider.SetSecret(mongodbURI.secret, []byte(l.mongodb)); err != nil {
		return err
	}
	address, err := url.Parse(gatewayURL)
	if err != nil {
		return err
	}
	gateway := sdk.NewClient(address, nil, &http.Client{Timeout: time.Minute})
	for _, name := range slices.Sorted(maps.Keys(l.services.Functions)) {
		if _, err := gateway.Deploy(ctx, deployment(l.services.Functions[name])); err != nil {
			return fmt.Errorf("deploy %s: %w", name, err)
		}
	}
	return l.answers(ctx)
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
