// Package gateway is OpenFaaS's gateway as an owner sees it: by its API with faas-cli's login, and by faas-cli
// itself.
package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/openfaas/faas-provider/types"
	sdk "github.com/openfaas/go-sdk"
)

// Client asks a gateway. It changes nothing; CLI does.
type Client struct {
	url  string
	http *http.Client
}

// New asks the gateway at an address without a slash at its end. Nothing is called yet.
func New(address string) *Client {
	return &Client{url: address, http: &http.Client{Timeout: 10 * time.Second}}
}

// ErrLogin: the gateway wants a login, and there is none, or a wrong one.
var ErrLogin = errors.New("the gateway asks for a login")

// Info is what the gateway says of itself.
func (c *Client) Info(ctx context.Context) (sdk.SystemInfo, error) {
	var info sdk.SystemInfo
	return info, c.get(ctx, "/system/info", &info)
}

// Secrets are the names of the secrets that are there.
func (c *Client) Secrets(ctx context.Context) ([]string, error) {
	var all []types.Secret
	if err := c.get(ctx, "/system/secrets", &all); err != nil {
		return nil, err
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	return names, nil
}

// Functions are those that are deployed.
func (c *Client) Functions(ctx context.Context) ([]types.FunctionStatus, error) {
	var all []types.FunctionStatus
	return all, c.get(ctx, "/system/functions", &all)
}

// get asks with faas-cli's login, which it reads each time: it is short, and may be made meanwhile.
func (c *Client) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, http.NoBody)
	if err != nil {
		return err
	}
	if login := loggedIn(c.url); login != "" {
		req.Header.Set("Authorization", login)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Unreachable(err)
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusUnauthorized:
		return ErrLogin
	case res.StatusCode/100 != 2:
		return fmt.Errorf("%s answers %d", path, res.StatusCode)
	}
	const most = 16 << 20
	if err := json.NewDecoder(io.LimitReader(res.Body, most)).Decode(into); err != nil {
		return fmt.Errorf("%s does not answer in the gateway's JSON", path)
	}
	return nil
}

// Unreachable is why a call did not come through, in a few words and without the address that was called.
func Unreachable(err error) error {
	var lookup *net.DNSError
	var op *net.OpError
	var timeout net.Error
	var transport *url.Error
	switch {
	case errors.As(err, &lookup):
		return fmt.Errorf("its name cannot be looked up: %s", lookup.Err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("it does not answer in time")
	case errors.As(err, &op):
		return op.Err
	case errors.As(err, &transport):
		return transport.Err
	}
	return err
}
