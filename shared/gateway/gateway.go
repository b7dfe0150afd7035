// Package gateway calls OpenFaaS's gateway for an owner: its API with faas-cli's login, and
// faas-cli itself.
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

// New makes a client for the gateway at an address without a trailing slash. It makes no call yet.
func New(address string) *Client {
	return &Client{url: address, http: &http.Client{Timeout: 10 * time.Second}}
}

var (
	// ErrLogin: the gateway requires a login, and it is missing or wrong.
	ErrLogin = errors.New("the gateway asks for a login")
	// ErrNotDeployed: there is no such function.
	ErrNotDeployed = errors.New("there is no such function")
)

// StatusError is an answer that is neither a success nor ErrLogin.
type StatusError struct {
	Path   string
	Status int
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s answers %d", e.Path, e.Status) }

// Info is the gateway's information about itself.
func (c *Client) Info(ctx context.Context) (sdk.SystemInfo, error) {
	var info sdk.SystemInfo
	return info, c.get(ctx, "/system/info", &info)
}

// Secrets are the names of the existing secrets.
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

// Function is one that is deployed. Its error is ErrNotDeployed where there is none of that name.
// faasd says how many replicas are available only here, and never in its list of functions.
func (c *Client) Function(ctx context.Context, name string) (types.FunctionStatus, error) {
	var f types.FunctionStatus
	err := c.get(ctx, "/system/function/"+url.PathEscape(name), &f)
	if answered := (*StatusError)(nil); errors.As(err, &answered) && answered.Status == http.StatusNotFound {
		return f, ErrNotDeployed
	}
	return f, err
}

// get sends faas-cli's login, which it reads each time: the file is short, and may change
// meanwhile.
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
		return &StatusError{path, res.StatusCode}
	}
	const most = 16 << 20
	if err := json.NewDecoder(io.LimitReader(res.Body, most)).Decode(into); err != nil {
		return fmt.Errorf("%s does not answer in the gateway's JSON", path)
	}
	return nil
}

// Unreachable is why a call failed, in a few words and without the called address.
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
