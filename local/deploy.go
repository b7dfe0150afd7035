package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/openfaas/faas-provider/types"
	sdk "github.com/openfaas/go-sdk"
	"github.com/openfaas/go-sdk/stack"
	stripego "github.com/stripe/stripe-go/v76"

	"handler/function/internal/order"
	"handler/function/local/provider"
	"handler/function/shared/owner"
)

// deploy puts the secrets in place and deploys the functions of stack.yml through the gateway, as
// faas-cli does.
func (l *laptop) deploy(ctx context.Context) error {
	gateway := newGateway()
	for _, s := range []service{stripeSigning, stripeAPI, sendgridAPI, functionsKey} {
		value, err := s.value(filepath.Join(l.state, "invented"))
		if err != nil {
			return err
		}
		if err := putSecret(ctx, gateway, s.secret, value); err != nil {
			return err
		}
	}
	for name, value := range map[string]string{mongodbURI.secret: l.mongodb, alertURL.secret: l.alertURL()} {
		if err := putSecret(ctx, gateway, name, value); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.services().Functions)) {
		if _, err := gateway.Deploy(ctx, deployment(l.services().Functions[name])); err != nil {
			return fmt.Errorf("deploy %s: %w", name, err)
		}
		if err := answers(ctx, name); err != nil {
			return err
		}
	}
	l.registerEndpoint()
	return nil
}

// alertURL is the owner's channel if the environment names one, and the mock otherwise.
func (l *laptop) alertURL() string { return cmp.Or(os.Getenv(alertURL.variable), l.alerts) }

// update deploys a function of stack.yml again, as it is now, and waits until it answers.
// send-email is paused before, as make up does it, so that no e-mail is cut off.
func (l *laptop) update(ctx context.Context, name string) (err error) {
	if name == owner.SendEmail {
		client := &owner.Client{Gateway: gatewayURL, Key: l.secret(functionsKey)}
		defer func() {
			if err != nil {
				owner.Resume(ctx, client)
			}
		}()
		if err := (owner.Pauser{Out: l.logFile("laptop")}).Pause(ctx, client); err != nil {
			return err
		}
	}
	if _, err := newGateway().Update(ctx, deployment(l.services().Functions[name])); err != nil {
		return fmt.Errorf("deploy %s: %w", name, err)
	}
	return answers(ctx, name)
}

func newGateway() *sdk.Client {
	return sdk.NewClient(&url.URL{Scheme: "http", Host: gatewayAddress}, nil, &http.Client{Timeout: time.Minute})
}

// registerEndpoint has the mock Stripe know the webhook, as Stripe must: make doctor and
// make endpoint find it there.
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

// unsigned are the answers to an empty call without a signature, of a function that works.
var unsigned = map[string]int{"stripe-webhook": http.StatusBadRequest, "send-email": http.StatusNoContent}

// answers waits until a function answers as it does when it works. One that is not ours need not.
func answers(ctx context.Context, name string) error {
	want, ours := unsigned[name]
	if !ours {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := answersWith(ctx, name, want)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer as it should, see logs/%s.log: %w", name, name, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func answersWith(ctx context.Context, name string, want int) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gatewayURL+"/function/"+name, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != want {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // what came of it is enough
		return fmt.Errorf("it answers %d %s", res.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}
