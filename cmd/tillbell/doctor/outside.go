package doctor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"handler/function/cmd/tillbell/eventhook"
	"handler/function/cmd/tillbell/target"
)

// outsideChecks look from here as the world does, which is why they are worth most from a machine
// that is not the server.
func (d *doctor) outsideChecks() []Check {
	const publicURL = "the public address"
	return []Check{
		{Name: publicURL, Look: d.lookAtPublicURL},
		{Name: "what the proxy passes on", Needs: []string{publicURL}, Look: d.lookAtProxy},
		{Name: "the ports", Look: d.lookAtPorts},
		{Name: "the clocks", Look: d.lookAtClocks},
	}
}

// elsewhere says why something cannot be seen from here, if it cannot.
func (d *doctor) elsewhere() string {
	switch {
	case d.PublicURL == "":
		return "set PUBLIC_URL to https://YOUR-HOST"
	case target.IsLoopback(d.PublicURL) && !d.options.Loopback:
		return "this machine reaches no farther than itself (" + d.PublicURL + ")"
	}
	return ""
}

// lookAtPublicURL goes the way that Stripe goes.
func (d *doctor) lookAtPublicURL(ctx context.Context) Finding {
	if why := d.elsewhere(); why != "" {
		return unknown(why, "the public address")
	}
	a, err := d.callUnsigned(ctx, d.WebhookURL())
	if err != nil {
		return wrong("does the name lead to the server? does the proxy run, and has it a certificate?", "%s cannot be reached: %v", d.WebhookURL(), err)
	}
	if u, err := url.Parse(d.PublicURL); err == nil && u.Scheme != "https" {
		return wrong("put a proxy with TLS before it: Stripe wants https in live mode", "%s is not https", d.PublicURL)
	}
	if !d.Platform.AtHome() {
		if _, err := d.gateway.Secrets(ctx); d.providerLost(ctx, err) {
			return unknown("first, "+theGateway, "the public address")
		}
	}
	if a.status == http.StatusNotFound {
		return wrong(d.proxyPasses(), "the proxy does not pass /function/stripe-webhook on")
	}
	return d.refused(ctx, a, d.WebhookURL()+" refuses an unsigned call", "stripe-webhook")
}

// proxyFile is what the proxy is to be like.
func (d *doctor) proxyFile() string {
	if d.Platform.AtHome() {
		return "docs/deploy/home.Caddyfile"
	}
	return "docs/deploy/Caddyfile"
}

// proxyPasses is what to do where the proxy passes nothing on.
func (d *doctor) proxyPasses() string {
	if d.Platform.AtHome() {
		return "give the proxy what " + d.proxyFile() + " says, with your own name in it"
	}
	return "have the proxy pass it to the gateway at 127.0.0.1:8080"
}

// closedPaths are those that only the owner may reach. A monitor may look at /function/send-email,
// and nothing else of it is open.
func (d *doctor) closedPaths() []string {
	if d.Platform.AtHome() {
		return []string{"/async-function/send-email"}
	}
	return []string{"/system/info", "/ui/"}
}

// lookAtProxy asks for what must be closed to the world.
func (d *doctor) lookAtProxy(ctx context.Context) Finding {
	onward, nothing := "on to the gateway", "the proxy passes neither the gateway's API nor its UI nor an owner's calls of send-email on"
	if d.Platform.AtHome() {
		onward, nothing = "on", "the proxy passes no owner's calls of send-email on"
	}
	for _, path := range d.closedPaths() {
		a, err := d.call(ctx, http.MethodGet, d.PublicURL+path, nil, "")
		if err == nil && answered(path, a.status) {
			return wrong("let it pass only what "+d.proxyFile()+" lets through", "the proxy passes %s %s (%d)", path, onward, a.status)
		}
	}
	if a, err := d.post(ctx, d.EventsURL(), nil, "{}"); err == nil && a.status != http.StatusNotFound {
		return wrong("let it pass only SendGrid's events, as "+d.proxyFile()+" does", "the proxy passes calls of send-email %s (%d)", onward, a.status)
	}
	if d.Setting(eventhook.Setting) != "" {
		switch d.eventsPassed(ctx) {
		case keptBack:
			return wrong("let it pass them, as "+d.proxyFile()+" does", "the proxy does not pass SendGrid's events on to send-email")
		case notUsedYet:
			return wrong("make up", "send-email does not have the %s of settings.yml yet, and refuses SendGrid's events", eventhook.Setting)
		}
	}
	return ok("%s", nothing)
}

// answered reports whether an answer is one of the gateway's, or of send-email, which takes only
// POST.
func answered(path string, status int) bool {
	return status/100 == 2 || path == "/system/info" && status == http.StatusUnauthorized || strings.HasSuffix(path, "function/send-email") && status == http.StatusMethodNotAllowed
}

// lookAtPorts tries to reach what only the server itself should.
func (d *doctor) lookAtPorts(ctx context.Context) Finding {
	if why := d.elsewhere(); why != "" {
		return unknown(why, "the ports")
	}
	u, err := url.Parse(d.PublicURL)
	if err != nil {
		return unknown("the public address has no host", "the ports")
	}
	var open []string
	for _, port := range d.options.Ports {
		reached, err := dial(ctx, net.JoinHostPort(u.Hostname(), port))
		if err != nil {
			return unknown(err.Error(), "the ports")
		}
		if reached {
			open = append(open, port)
		}
	}
	if open != nil {
		also := ", and try the gateway's password"
		if d.Platform.AtHome() {
			also = ""
		}
		return wrong("close them in the firewall: the world may call the functions there"+also, "open to the world on %s are the ports %s", u.Hostname(), list(open))
	}
	return ok("the ports %s of %s are closed", list(d.options.Ports), u.Hostname())
}

// dial reports whether a port can be connected to. A firewall answers with a refusal, or not at
// all.
func dial(ctx context.Context, address string) (bool, error) {
	conn, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", address)
	var lookup *net.DNSError
	var timeout net.Error
	switch {
	case err == nil:
		conn.Close()
		return true, nil
	case errors.As(err, &lookup):
		return false, errors.New("its name cannot be looked up")
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.As(err, &timeout) && timeout.Timeout():
		return false, nil
	}
	return false, errors.New("this machine's own network does not let it look")
}
