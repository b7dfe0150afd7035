package home

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"handler/function/internal/openfaas"
)

// TestRefused calls the way by which orders are handed on: from outside there is none, and on the
// owner's listener a call that is not signed reaches no database.
func TestRefused(t *testing.T) {
	t.Parallel()

	database := countConnections(t)
	h := open(t, map[string]string{"sweep_interval": "0"})
	write(t, h.path("secrets", "mongodb-uri"), "mongodb://"+database.address)
	if err := h.mailer.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"id":"cs_test_1"}`)
	signed := func(key string) http.Header { return http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, key)}} }
	right := signed(h.key)
	asSendGrid := right.Clone()
	asSendGrid.Set("X-Twilio-Email-Event-Webhook-Signature", "MEU=")
	const path, invalid = "/async-function/" + sendEmail, `{"error":"invalid signature"}`
	for name, c := range map[string]struct {
		url    string
		header http.Header
		status int
		says   string // nothing, where it is Caddy that answers
	}{
		"unsigned":                               {h.owner + path, nil, http.StatusBadRequest, invalid},
		"signed with another key":                {h.owner + path, signed("another"), http.StatusBadRequest, invalid},
		"signed with no key":                     {h.owner + path, signed(""), http.StatusBadRequest, invalid},
		"the other function":                     {h.owner + "/async-function/" + stripeWebhook, right, http.StatusNotFound, ""},
		"the gateway's API":                      {h.owner + "/system/functions", right, http.StatusNotFound, ""},
		"from outside":                           {h.public + path, right, http.StatusNotFound, ""},
		"from outside, as SendGrid":              {h.public + path, asSendGrid, http.StatusNotFound, ""},
		"from outside, around a corner":          {h.public + "/function/../async-function/" + sendEmail, right, http.StatusNotFound, ""},
		"from outside, the owner's way":          {h.public + "/function/" + sendEmail, right, http.StatusNotFound, ""},
		"from outside, SendGrid's way":           {h.public + "/function/" + sendEmail, asSendGrid, http.StatusNotFound, `{"error":"SendGrid's events are not used here"}`},
		"from outside, the owner's to the other": {h.public + "/function/" + stripeWebhook, right, http.StatusBadRequest, invalid},
	} {
		if status, text := post(t, c.url, c.header, body); status != c.status || text != c.says {
			t.Errorf("%s: %d %q, want %d %q", name, status, text, c.status, c.says)
		}
	}
	if n := database.count.Load(); n != 0 {
		t.Errorf("%d connections to the database", n)
	}
	if _, text := post(t, h.owner+"/function/"+stripeWebhook, right, body); text == invalid {
		t.Error("stripe-webhook does not take the owner's signature") // which it must not get from outside
	}
	if status, text := post(t, h.owner+path, right, body); status != http.StatusAccepted {
		t.Errorf("signed: %d %s, want 202", status, text)
	}
	within(t, soon, func() error { // which shows that connections are counted
		if database.count.Load() == 0 {
			return fmt.Errorf("a signed call does not reach the database")
		}
		return nil
	})
}

// counted is a database that answers nobody.
type counted struct {
	address string
	count   atomic.Int64
}

func countConnections(t *testing.T) *counted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	c := &counted{address: listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			c.count.Add(1)
			conn.Close()
		}
	}()
	return c
}

// post makes a call with its path as it is.
func post(t *testing.T, url string, header http.Header, body []byte) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(answer))
}
