package eventhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrDeclined: the person said no.
var ErrDeclined = errors.New("nothing was changed")

// Registrar makes the account's Event Webhook what it should be, and sees to it that its key is in
// the settings.
type Registrar struct {
	Account
	// URL is where the webhook is to be.
	URL string
	// Set is the setting as it is, and Keep writes it anew.
	Set  string
	Keep func(setting string) error
	// Confirm asks the person.
	Confirm func(ctx context.Context, question string) (bool, error)
	// Yes asks nothing, DryRun changes nothing.
	Yes, DryRun bool
	Out         io.Writer
}

// Run looks, says what it would change, asks, and does it. Where all is right it does nothing.
func (r *Registrar) Run(ctx context.Context) error {
	hook, err := r.At(ctx, r.URL)
	if err != nil {
		return fmt.Errorf("list SendGrid's Event Webhooks: %w", err)
	}
	if hook == nil || Faults(hook) != nil {
		if hook == nil {
			fmt.Fprintf(r.Out, "A new Event Webhook of SendGrid's is to be at %s, signed, and told of %s.\n", r.URL, strings.Join(kinds, ", "))
		} else {
			fmt.Fprintf(r.Out, "SendGrid's Event Webhook at %s %s: it is to be enabled, signed, and told of %s.\n",
				r.URL, strings.Join(Faults(hook), " and "), strings.Join(kinds, ", "))
		}
		if r.DryRun {
			return nil
		}
		if err := r.confirm(ctx, "Do that at SendGrid? [y/N] "); err != nil {
			return err
		}
		if hook, err = r.correct(ctx, hook); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.Out, "✓ SendGrid's Event Webhook at %s is as it should be\n", r.URL)
	return r.keep(ctx, hook.PublicKey)
}

// correct makes the webhook, or sets it right. It is signed before it is enabled: what is not
// signed is refused.
func (r *Registrar) correct(ctx context.Context, hook *Hook) (*Hook, error) {
	fields := map[string]any{"url": r.URL, "friendly_name": "Tillbell"}
	for _, k := range kinds {
		fields[k] = true
	}
	if hook == nil {
		fields["enabled"] = false
		for _, k := range others {
			fields[k] = false
		}
		hook = &Hook{}
		if err := r.ask(ctx, http.MethodPost, "", fields, hook); err != nil {
			return nil, fmt.Errorf("register SendGrid's Event Webhook: %w", err)
		}
	}
	var signed struct {
		PublicKey string `json:"public_key"`
	}
	if err := r.ask(ctx, http.MethodPatch, "/signed/"+hook.ID, map[string]any{"enabled": true}, &signed); err != nil {
		return nil, fmt.Errorf("have SendGrid's Event Webhook signed: %w", err)
	}
	fields["enabled"] = true
	if err := r.ask(ctx, http.MethodPatch, "/"+hook.ID, fields, hook); err != nil {
		return nil, fmt.Errorf("enable SendGrid's Event Webhook: %w", err)
	}
	hook.PublicKey = signed.PublicKey
	return hook, nil
}

// keep writes the key into the settings, before those that are there: they may still be used until
// it is deployed.
func (r *Registrar) keep(ctx context.Context, key string) error {
	if Holds(r.Set, key) {
		return nil
	}
	setting := strings.Trim(key+","+r.Set, ", ")
	fmt.Fprintf(r.Out, "  Its public key is not in settings.yml yet. There it is to say, and then to be deployed:\n\n  %s: %s\n\n", Setting, setting)
	if r.DryRun {
		return nil
	}
	if err := r.confirm(ctx, "Write it there? [y/N] "); err != nil {
		return err
	}
	if err := r.Keep(setting); err != nil {
		return fmt.Errorf("write %s: %w", Setting, err)
	}
	fmt.Fprintf(r.Out, "✓ %s is in settings.yml; deploy, and SendGrid's events are taken\n", Setting)
	return nil
}

func (r *Registrar) confirm(ctx context.Context, question string) error {
	if r.Yes {
		return nil
	}
	yes, err := r.Confirm(ctx, question)
	if err != nil {
		return fmt.Errorf("%w: %w; YES=1 make endpoint does it without asking", ErrDeclined, err)
	}
	if !yes {
		return ErrDeclined
	}
	return nil
}

// Holds reports whether a setting has a key among its own.
func Holds(setting, key string) bool {
	for k := range strings.SplitSeq(setting, ",") {
		if strings.TrimSpace(k) == key && key != "" {
			return true
		}
	}
	return false
}
