package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"handler/function/ops/owner"
)

// pauseLength is how long a deployment of send-email may take, with the pull of its image; the pause then ends by itself.
const pauseLength = 3 * time.Minute

// ErrBusy: send-email has something in hand that does not end.
var ErrBusy = errors.New("send-email does not come to rest")

// Pause has send-email end what it has in hand and begin nothing more, so that its replacement cuts nothing off: what is
// cut off may be sent twice. Where it cannot be paused, out says why, and the deployment goes on. Its error is ErrBusy.
func Pause(ctx context.Context, out io.Writer, client *owner.Client) error {
	var told struct {
		Idle   bool `json:"idle"`
		InHand int  `json:"in_hand"`
	}
	err := client.Call(ctx, SendEmail, "pause", pauseLength.String(), &told)
	switch {
	case errors.Is(err, owner.ErrNotFound): // it is deployed for the first time
		return nil
	case err != nil:
		fmt.Fprintf(out, "– %s is not paused, so an e-mail that it is sending may go out twice: %v\n", SendEmail, err)
		return nil
	case !told.Idle:
		return fmt.Errorf("%w: after 45 s it has %d calls, sweeps and e-mails in hand; its log says why (faas-cli logs %s)", ErrBusy, told.InHand, SendEmail)
	}
	fmt.Fprintf(out, "✓ %s is idle, and begins nothing until it is deployed\n", SendEmail)
	return nil
}

// Resume ends the pause, where nothing was deployed. It would end by itself.
func Resume(ctx context.Context, client *owner.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = client.Call(ctx, SendEmail, "pause", "0s", nil)
}
