package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// format is how a kind of service takes a message.
type format struct {
	// name before an address, as in ntfy+https://ntfy.example.com/topic, chooses the format.
	name string
	// at reports whether an address without a name is of this format.
	at func(*url.URL) bool
	// complete reports whether the address has all that the format needs; want describes it.
	complete func(*url.URL) bool
	want     string
	// encode returns where a message goes, and its body.
	encode func(*url.URL, Message) (to *url.URL, contentType string, body []byte, err error)
	// read reads the body of an answer; nil if the status is all there is.
	read func(body []byte) answer
}

// formats are those that are chosen by an address; plain takes all others.
func formats() []format { return []format{ntfy(), slack(), discord(), mattermost(), telegram()} }

// target is an address and its format.
type target struct {
	format
	url *url.URL
}

const wantAddress = "none, or an address such as https://ntfy.sh/topic"

// parse reads the secret alert-url.
func parse(secret string) (target, error) {
	secret = strings.TrimSpace(secret)
	if secret == off {
		return target{}, ErrOff
	}
	u, err := url.Parse(secret)
	if err != nil || strings.ContainsAny(secret, " \t\r\n") {
		return target{}, malformed(wantAddress)
	}
	name, scheme, named := strings.Cut(u.Scheme, "+")
	if !named {
		name, scheme = "", u.Scheme
	}
	u.Scheme = scheme
	if scheme != "https" && scheme != "http" || u.Hostname() == "" {
		return target{}, malformed(wantAddress)
	}
	i := slices.IndexFunc(formats(), func(f format) bool {
		return named && f.name == name || !named && f.at(u)
	})
	switch {
	case i < 0 && named:
		return target{}, malformed("of a known service: want ntfy, slack, discord, mattermost or telegram before the +")
	case i < 0:
		return target{plain(), u}, nil
	}
	if f := formats()[i]; !f.complete(u) {
		return target{}, malformed(f.want)
	}
	return target{formats()[i], u}, nil
}

// request is the POST of a message.
func (t target) request(ctx context.Context, m Message) (*http.Request, error) {
	to, contentType, body, err := t.encode(t.url, m)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	return req, nil
}

const jsonType = "application/json"

func encodeJSON(to *url.URL, body any) (*url.URL, string, []byte, error) {
	b, err := json.Marshal(body)
	return to, jsonType, b, err
}

// plain is the message as JSON, for an address of one's own. Any 2xx accepts it.
func plain() format {
	return format{
		encode: func(u *url.URL, m Message) (*url.URL, string, []byte, error) { return encodeJSON(u, m) },
	}
}

// both is the title and the text.
func both(m Message) string { return m.Title + "\n" + m.Text }

func host(names ...string) func(*url.URL) bool {
	return func(u *url.URL) bool { return slices.Contains(names, strings.ToLower(u.Hostname())) }
}

// escaped puts a character before each of some.
func escaped(s, before, some string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(some, r) {
			b.WriteString(before)
		}
		b.WriteRune(r)
	}
	return b.String()
}
