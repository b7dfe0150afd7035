package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"handler/function/ops/owner"
)

// pauseLength is how long a deployment of send-email may take, with the pull of its image; the
// pause then ends by itself.
const pauseLength = 3 * time.Minute

// ErrBusy: send-email has something in hand that does not end.
var ErrBusy = errors.New("send-email does not come to rest")

// Paused runs what replaces the functions, and has send-email end what it has in hand before: what
// is cut off may be sent twice. Where it does not come to rest nothing is replaced, unless force is
// set; the error is then ErrBusy.
func (r Runner) Paused(ctx context.Context, replace func(context.Context) error, key string, force bool) error {
	if key == "" {
		r.notPaused(errors.New("SEND_EMAIL_KEY is not known here"))
		return replace(ctx)
	}
	client := &owner.Client{Gateway: r.Gateway, Key: key}
	err := r.Pause(ctx, client)
	if err != nil && force {
		fmt.Fprintf(r.Out, "– %v\n", err)
		err = nil
	}
	if err == nil {
		err = replace(ctx)
	}
	if err != nil {
		Resume(ctx, client)
	}
	return err
}

// Pause has send-email end what it has in hand and begin nothing more, for three minutes at most.
// Where it cannot be paused, that is said, and is no error.
func (r Runner) Pause(ctx context.Context, client *owner.Client) error {
	var told struct {
		Idle   bool `json:"idle"`
		InHand int  `json:"in_hand"`
	}
	fmt.Fprintf(r.Out, "To pause %s: it ends what it has in hand, in 45 s at most\n", SendEmail)
	err := client.Call(ctx, SendEmail, "pause", pauseLength.String(), &told)
	switch {
	case errors.Is(err, owner.ErrNotFound): // it is deployed for the first time
		return nil
	case err != nil:
		r.notPaused(err)
		return nil
	case !told.Idle:
		return fmt.Errorf("%w: after 45 s it has %d calls, sweeps and e-mails in hand; its log says why (%s)", ErrBusy, told.InHand, cmp.Or(r.Logs, "faas-cli logs "+SendEmail))
	}
	fmt.Fprintf(r.Out, "✓ %s is idle, and begins nothing until it is deployed\n", SendEmail)
	return nil
}

func (r Runner) notPaused(why error) {
	fmt.Fprintf(r.Out, "– %s is not paused, so an e-mail that it is sending may go out twice: %v\n", SendEmail, why)
}

// Resume ends the pause, where nothing was deployed. It would end by itself.
func Resume(ctx context.Context, client *owner.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = client.Call(ctx, SendEmail, "pause", "0s", nil)
}
