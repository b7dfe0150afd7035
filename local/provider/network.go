package provider

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"handler/function/local/relay"
)

// network is how the processes of a deployment reach other addresses of this machine, and are
// reached: by relays, so that it can be taken away before they are told to end, as faasd takes a
// container's. What they reach beyond this machine, a real service that stands in no relay's way,
// stays in reach.
type network struct {
	mu sync.Mutex
	// out are the relays for what the processes call, by the address that each leads to; in are
	// those for who calls the processes.
	out map[string]*relay.Relay
	in  []*relay.Relay
}

func newNetwork() *network { return &network{out: map[string]*relay.Relay{}} }

// localAddress is one of this machine, in a text such as a URL.
var localAddress = regexp.MustCompile(`\b(?:127\.0\.0\.1|localhost):\d{1,5}\b`)

// wayIn is the address by which a process is to be called that listens at another.
func (n *network) wayIn(address string) (string, error) {
	r, err := relay.New(address)
	if err != nil {
		return "", err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.in = append(n.in, r)
	return r.Addr(), nil
}

// wayOut is the address by which a process is to call another.
func (n *network) wayOut(address string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r, ok := n.out[address]; ok {
		return r.Addr(), nil
	}
	r, err := relay.New(address)
	if err != nil {
		return "", err
	}
	n.out[address] = r
	return r.Addr(), nil
}

// through is a text with a relay's address in the place of each address of this machine.
func (n *network) through(text string) (string, error) {
	var errs []error
	changed := localAddress.ReplaceAllStringFunc(text, func(address string) string {
		relayed, err := n.wayOut(address)
		errs = append(errs, err)
		return relayed
	})
	if changed != text {
		changed = direct(changed)
	}
	return changed, errors.Join(errs...)
}

// direct is a connection string whose driver asks only the one host that it names: it would go past
// a relay to the address that a replica set tells of itself. Any other text stays as it is.
func direct(uri string) string {
	rest, ok := strings.CutPrefix(uri, "mongodb://")
	if !ok || strings.Contains(rest, ",") || strings.Contains(rest, "directConnection") {
		return uri
	}
	end := ""
	if trimmed := strings.TrimRight(uri, "\n"); trimmed != uri {
		uri, end = trimmed, uri[len(trimmed):]
	}
	switch {
	case strings.Contains(rest, "?"):
		uri += "&"
	case strings.Contains(rest, "/"):
		uri += "?"
	default:
		uri += "/?"
	}
	return uri + "directConnection=true" + end
}

// cut takes the network away: what is open falls silent, and nothing new is connected.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.in {
		r.Cut()
	}
	for _, r := range n.out {
		r.Cut()
	}
}

// close frees what was called, once the processes are gone. Who called them goes on waiting for an
// answer.
func (n *network) close() {
	n.cut()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.out {
		r.Close()
	}
}
