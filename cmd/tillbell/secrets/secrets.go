// Package secrets puts the functions' secrets at the gateway: those that are known on this side,
// those that it asks for, and the one that it makes itself. It shows none of them, and keeps only
// the last, where it is told to.
package secrets

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"handler/function/cmd/tillbell/target"
	"handler/function/shared/terminal"
)

// Gateway keeps secrets.
type Gateway interface {
	CreateSecret(ctx context.Context, name, value string) error
	UpdateSecret(ctx context.Context, name, value string) error
}

// Keeper brings secrets to a gateway.
type Keeper struct {
	Gateway Gateway
	// There are the names of the secrets that the gateway has.
	There []string
	// Given is what is known of a secret on this side, or nothing.
	Given func(name string) string
	// Ask asks the person for a line that is not shown; terminal.ErrNone where there is no terminal.
	Ask func(ctx context.Context, prompt string) (string, error)
	// NewKey has send-email-key made anew though there is one.
	NewKey bool
	// Keep keeps the key that was made on this side too, and says where; nil where it is known here
	// anyhow.
	Keep func(name, value string) (where string, err error)
	// Place is where the secrets are, in words. Default: at the gateway.
	Place string
	Out   io.Writer
}

// ErrMissing: not every secret is where it should be.
var ErrMissing = errors.New("not every secret is")

// Run brings all secrets of the names to the gateway, each as soon as it is known and has the right
// form: what was typed is not lost by a mistake in a later one. Where something is missing in the
// end, it says what.
func (k *Keeper) Run(ctx context.Context, names []string) error {
	var missing []string
	for _, name := range names {
		value, from, err := k.value(ctx, name)
		switch {
		case errors.Is(err, errKept):
			k.say("– %s kept as it is", name)
			continue
		case errors.Is(err, errLeftOut):
			k.say("✗ %s missing: %v", name, err)
			missing = append(missing, name)
			continue
		case err != nil:
			return err
		}
		if err := k.put(ctx, name, value, from); err != nil {
			return err
		}
	}
	if missing != nil {
		return fmt.Errorf("%w %s: %s; make secrets again asks for them, and Enter keeps the others", ErrMissing, k.place(), strings.Join(missing, ", "))
	}
	return nil
}

// put brings one secret to the gateway.
func (k *Keeper) put(ctx context.Context, name, value, from string) error {
	done, put := "created", k.Gateway.CreateSecret
	if k.has(name) {
		done, put = "updated", k.Gateway.UpdateSecret
	}
	if err := put(ctx, name, value); err != nil {
		return err
	}
	k.say("✓ %s %s, %s", name, done, from)
	return nil
}

// Put brings one secret to the gateway that another step of this command has learned.
func (k *Keeper) Put(ctx context.Context, name, value, from string) error {
	if err := target.CheckForm(name, value); err != nil {
		return err
	}
	return k.put(ctx, name, value, from)
}

func (k *Keeper) place() string { return cmp.Or(k.Place, "at the gateway") }

func (k *Keeper) has(name string) bool { return slices.Contains(k.There, name) }

func (k *Keeper) say(format string, args ...any) { fmt.Fprintf(k.Out, format+"\n", args...) }

var (
	errKept    = errors.New("kept")
	errLeftOut = errors.New("left out")
)

// leftOut is errLeftOut with its reason.
type leftOut struct{ why string }

func (l leftOut) Error() string      { return l.why }
func (leftOut) Is(target error) bool { return target == errLeftOut }

// value finds a secret, and says where it comes from.
func (k *Keeper) value(ctx context.Context, name string) (value, from string, err error) {
	if name == target.FunctionsKey && k.NewKey {
		return k.make(name)
	}
	if given := k.Given(name); given != "" {
		variable := target.Variable(name)
		err := target.CheckForm(name, given)
		if err == nil {
			return given, "from " + variable, nil
		}
		k.say("%s cannot be used: %v", variable, err)
		value, err = k.ask(ctx, name)
		if errors.Is(err, terminal.ErrNone) {
			err = leftOut{"correct " + variable}
		}
		return value, "as typed", err
	}
	if name == target.FunctionsKey && !k.has(name) {
		return k.make(name)
	}
	if name == target.FunctionsKey {
		return "", "", errKept
	}
	value, err = k.ask(ctx, name)
	if errors.Is(err, terminal.ErrNone) {
		err = leftOut{"there is no terminal to ask on; set " + target.Variable(name) + " in the environment or in .env"}
		if k.has(name) {
			err = errKept
		}
	}
	return value, "as typed", err
}

// make makes a secret. It is kept on this side before it is at the gateway, which gives none back:
// if that fails, the next run puts it there.
func (k *Keeper) make(name string) (value, from string, err error) {
	value = newKey()
	if k.Keep == nil {
		return value, "made at random", nil
	}
	where, err := k.Keep(name, value)
	if err != nil {
		return "", "", fmt.Errorf("keep %s: %w", name, err)
	}
	return value, "made at random and kept in " + where, nil
}

// ask asks until the form is right. Enter alone leaves things as they are.
func (k *Keeper) ask(ctx context.Context, name string) (string, error) {
	what := target.Describe(name)
	if what == "" {
		what = "a secret of your own"
	}
	enter := "Enter leaves it out"
	if k.has(name) {
		enter = "Enter keeps the one " + k.place()
	}
	for {
		value, err := k.Ask(ctx, fmt.Sprintf("%s: %s (%s): ", name, what, enter))
		switch {
		case err != nil:
			return "", err
		case value == "" && k.has(name):
			return "", errKept
		case value == "":
			return "", leftOut{"nothing was typed"}
		}
		if err = target.CheckForm(name, value); err == nil {
			return value, nil
		}
		k.say("%v", err)
	}
}

// newKey is 32 random bytes, as text.
func newKey() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
