package owner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// pauseLength is how long a deployment of send-email may take, with the pull of its image; the
// pause then ends by itself.
const pauseLength = 3 * time.Minute

// ErrBusy: send-email has work in progress that does not end.
var ErrBusy = errors.New("send-email does not come to rest")

// SendEmail is the function that is paused before it is replaced.
const SendEmail = "send-email"

// Pauser pauses send-email while it is replaced.
type Pauser struct {
	// Out gets its messages.
	Out io.Writer
	// Logs is the command that shows send-email's log; by default faas-cli's.
	Logs string
}

// Paused pauses send-email until it has no work in progress, and then runs replace: an e-mail that
// is cut off may be sent twice. If send-email stays busy nothing is replaced, unless force is set;
// the error is then ErrBusy. A client without a key cannot pause it, and says so.
func (p Pauser) Paused(ctx context.Context, client *Client, force bool, replace func(context.Context) error) error {
	if client.Key == "" {
		p.notPaused(errors.New("SEND_EMAIL_KEY is not known here"))
		return replace(ctx)
	}
	err := p.Pause(ctx, client)
	if err != nil && force {
		fmt.Fprintf(p.Out, "– %v\n", err)
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

// Pause makes send-email complete its work in progress and start nothing more, for at most three
// minutes. If it cannot be paused, a message says so; that is not an error.
func (p Pauser) Pause(ctx context.Context, client *Client) error {
	var answer struct {
		Idle   bool `json:"idle"`
		InHand int  `json:"in_hand"`
	}
	fmt.Fprintf(p.Out, "To pause %s: it ends what it has in hand, in 45 s at most\n", SendEmail)
	err := client.Call(ctx, SendEmail, "pause", pauseLength.String(), &answer)
	switch {
	case errors.Is(err, ErrNotFound): // it is deployed for the first time
		return nil
	case err != nil:
		p.notPaused(err)
		return nil
	case !answer.Idle:
		return fmt.Errorf("%w: after 45 s it has %d calls, sweeps and e-mails in hand; its log says why (%s)", ErrBusy, answer.InHand, cmp.Or(p.Logs, "faas-cli logs "+SendEmail))
	}
	fmt.Fprintf(p.Out, "✓ %s is idle, and begins nothing until it is deployed\n", SendEmail)
	return nil
}

func (p Pauser) notPaused(why error) {
	fmt.Fprintf(p.Out, "– %s is not paused, so an e-mail that it is sending may go out twice: %v\n", SendEmail, why)
}

// Resume ends the pause if nothing was deployed. It would also expire.
func Resume(ctx context.Context, client *Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = client.Call(ctx, SendEmail, "pause", "0s", nil)
}
