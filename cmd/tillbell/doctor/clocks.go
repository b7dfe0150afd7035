package doctor

import (
	"context"
	"net/http"
	"time"
)

// maxSkew is far below the five minutes that a signature is good for.
const maxSkew = time.Minute

// lookAtClocks compares the gateway's clock with Stripe's or SendGrid's, and this machine's with
// both, by the header Date, which counts in seconds.
func (d *doctor) lookAtClocks(ctx context.Context) Finding {
	where := "the gateway"
	if d.Platform.AtHome() {
		where = "the server"
	}
	server, err := d.clock(ctx, d.Gateway+"/healthz") // the header Date comes with a 404 too
	if err != nil {
		return unknown(where+" does not tell the time", "the clocks")
	}
	reference, whose := time.Duration(0), "this machine's"
	for _, service := range []struct{ name, url string }{{"Stripe's", d.StripeAPI}, {"SendGrid's", d.SendGridAPI}} {
		if skew, err := d.clock(ctx, service.url); err == nil {
			reference, whose = skew, service.name
			break
		}
	}
	if off := (server - reference).Abs(); off > maxSkew {
		return wrong("have the server keep time: timedatectl set-ntp true; a signature is good for five minutes", "%s's clock and %s are %s apart", where, whose, off.Round(time.Second))
	}
	if off := reference.Abs(); off > maxSkew {
		return wrong("have it keep time: timedatectl set-ntp true", "this machine's clock and %s are %s apart", whose, off.Round(time.Second))
	}
	return ok("%s's clock and %s are less than a minute apart", where, whose)
}

// clock is how far a server's clock is ahead of this machine's.
func (d *doctor) clock(ctx context.Context, url string) (time.Duration, error) {
	began := time.Now()
	a, err := d.call(ctx, http.MethodHead, url, nil, "")
	if err != nil {
		return 0, err
	}
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return 0, err
	}
	return date.Sub(began.Add(time.Since(began) / 2)), nil
}
