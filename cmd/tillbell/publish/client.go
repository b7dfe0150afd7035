package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
)

const (
	callTimeout = 30 * time.Second
	// maxCalls is how often a call is made that SendGrid's rate limit refuses, and maxWait how long
	// is waited.
	maxCalls = 5
	maxWait  = 2 * time.Minute
	pageSize = "200"
)

// client calls SendGrid's templates API.
type client struct {
	host, key string
	http      *rest.Client
	wait      func(ctx context.Context, d time.Duration) error
	now       func() time.Time
}

// errNotFound: SendGrid has nothing of that ID.
var errNotFound = errors.New("SendGrid has no such template")

// keyError is about the key, so that no other call will do better: it is refused, or lacks a scope.
type keyError struct{ text, lacks string }

func (e keyError) Error() string { return e.text }

// scopes are what a key needs for this, and no more.
var scopes = []string{"templates.create", "templates.read", "templates.versions.create", "templates.versions.delete", "templates.versions.read"}

// call makes a call that needs a scope, and reads its answer into out, unless that is nil. Its
// errors hold nothing of the key.
func (c *client) call(ctx context.Context, scope string, method rest.Method, path string, query map[string]string, in, out any) error {
	req := sendgrid.GetRequest(c.key, path, c.host)
	req.Method = method
	req.QueryParams = query
	if in != nil {
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		req.Body = body
		req.Headers["Content-Type"] = "application/json"
	}
	for try := 1; ; try++ {
		res, err := c.once(ctx, req)
		if err != nil {
			return err
		}
		if res.StatusCode == http.StatusTooManyRequests && try < maxCalls {
			if err := c.wait(ctx, c.pause(http.Header(res.Headers))); err != nil {
				return err
			}
			continue
		}
		if err := refusal(res, scope); err != nil {
			return err
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal([]byte(res.Body), out); err != nil {
			return fmt.Errorf("SendGrid's answer cannot be read: %w", err)
		}
		return nil
	}
}

func (c *client) once(ctx context.Context, req rest.Request) (*rest.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := c.http.SendWithContext(ctx, req)
	if err == nil {
		return res, nil
	}
	var transport *url.Error
	if errors.As(err, &transport) {
		err = transport.Err
	}
	return nil, fmt.Errorf("call %s: %w", c.host, err)
}

// pause is how long SendGrid asks to wait.
func (c *client) pause(h http.Header) time.Duration {
	d := time.Second
	if seconds, err := strconv.Atoi(h.Get("Retry-After")); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		d = time.Unix(at, 0).Sub(c.now())
	}
	return min(max(d, time.Second), maxWait)
}

// refusal is the error of an answer, or nil. sendgrid-go has none for a 4xx or 5xx.
func refusal(res *rest.Response, scope string) error {
	switch res.StatusCode {
	case http.StatusUnauthorized:
		return keyError{text: "SendGrid does not know the key in SENDGRID_SETUP_KEY, or else SENDGRID_API_KEY (401): it is wrong, was revoked, or is of another region than sendgrid_host"}
	case http.StatusForbidden:
		return keyError{fmt.Sprintf("the key in SENDGRID_SETUP_KEY, or else SENDGRID_API_KEY, lacks the scope %s (403); in all it needs %s", scope, strings.Join(scopes, ", ")), scope}
	case http.StatusNotFound:
		return errNotFound
	}
	if res.StatusCode/100 == 2 {
		return nil
	}
	return fmt.Errorf("SendGrid answered %d%s", res.StatusCode, complaints(res.Body))
}

// complaints are what an error's body says.
func complaints(body string) string {
	var answer struct {
		Errors []struct{ Message, Field string } `json:"errors"`
		Error  string                            `json:"error"`
	}
	_ = json.Unmarshal([]byte(body), &answer) // none, where it is no JSON
	var all []string
	for _, e := range answer.Errors {
		all = append(all, strings.TrimPrefix(e.Field+": "+e.Message, ": "))
	}
	if answer.Error != "" {
		all = append(all, answer.Error)
	}
	if all == nil {
		return ""
	}
	return ": " + strings.Join(all, "; ")
}

// remote is a template at SendGrid.
type remote struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Generation string    `json:"generation"`
	Versions   []version `json:"versions"`
}

// version is one of its versions; a list of templates leaves the texts out.
type version struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Active        int    `json:"active"`
	UpdatedAt     string `json:"updated_at"` // such as 2026-11-24 12:00:00
	Editor        string `json:"editor"`
	Subject       string `json:"subject"`
	HTML          string `json:"html_content"`
	Plain         string `json:"plain_content"`
	GeneratePlain bool   `json:"generate_plain_content"`
}

// newVersion is what is sent for one.
type newVersion struct {
	Name          string `json:"name"`
	Active        int    `json:"active"`
	Editor        string `json:"editor"`
	Subject       string `json:"subject"`
	HTML          string `json:"html_content"`
	Plain         string `json:"plain_content,omitempty"`
	GeneratePlain bool   `json:"generate_plain_content"`
}

// list is all templates of the account, legacy ones as well: their versions count towards the
// limit.
func (c *client) list(ctx context.Context) ([]remote, error) {
	var all []remote
	for token := ""; ; {
		query := map[string]string{"generations": "legacy,dynamic", "page_size": pageSize}
		if token != "" {
			query["page_token"] = token
		}
		var page struct {
			Result   []remote `json:"result"`
			Metadata struct {
				Next string `json:"next"`
			} `json:"_metadata"`
		}
		if err := c.call(ctx, "templates.read", rest.Get, "/v3/templates", query, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Result...)
		next, err := url.Parse(page.Metadata.Next)
		if err != nil || next.Query().Get("page_token") == "" || len(page.Result) == 0 {
			return all, nil
		}
		token = next.Query().Get("page_token")
	}
}

func (c *client) get(ctx context.Context, id string) (remote, error) {
	var t remote
	return t, c.call(ctx, "templates.read", rest.Get, "/v3/templates/"+url.PathEscape(id), nil, nil, &t)
}

func (c *client) getVersion(ctx context.Context, template, id string) (version, error) {
	var v version
	return v, c.call(ctx, "templates.versions.read", rest.Get, versionPath(template, id), nil, nil, &v)
}

func (c *client) deleteVersion(ctx context.Context, template, id string) error {
	return c.call(ctx, "templates.versions.delete", rest.Delete, versionPath(template, id), nil, nil, nil)
}

func versionPath(template, id string) string {
	return "/v3/templates/" + url.PathEscape(template) + "/versions/" + url.PathEscape(id)
}

func (c *client) create(ctx context.Context, name string) (remote, error) {
	var t remote
	in := map[string]string{"name": name, "generation": "dynamic"}
	return t, c.call(ctx, "templates.create", rest.Post, "/v3/templates", nil, in, &t)
}

// addVersion adds a version and makes it the active one.
func (c *client) addVersion(ctx context.Context, template string, in newVersion) (version, error) {
	var v version
	return v, c.call(ctx, "templates.versions.create", rest.Post, "/v3/templates/"+url.PathEscape(template)+"/versions", nil, in, &v)
}
