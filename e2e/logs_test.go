package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handler/function/internal/sample"
)

// TestLogs looks for what no log and no alert may hold, in all logs of what the tests before have
// played, in the alerts, and in what goes wrong here: every name and address of a buyer, what the shop wrote to Stripe for
// itself, the shop's own addresses, and every secret.
func TestLogs(t *testing.T) {
	s := running(t)
	for _, name := range []string{"completed_paid", "completed_two_products", "completed_jpy"} {
		s.buy(t, name, 2)
	}
	words := append(personal(t), "owner@example.com", "shop@example.com")
	words = append(words, s.fail(t)...)
	secrets, err := os.ReadDir(filepath.Join(s.state, "provider", "secrets"))
	if err != nil || len(secrets) < 5 {
		t.Fatalf("%d secrets, err %v", len(secrets), err)
	}
	for _, f := range secrets {
		words = append(words, strings.TrimSpace(s.secret(t, f.Name())))
	}
	// A country or a postal code would be found by chance, in a time or in a number of bytes.
	words = slices.DeleteFunc(words, func(w string) bool { return len(w) < 5 || len(strings.Trim(w, "0123456789")) == 0 })
	slices.Sort(words)
	words = slices.Compact(words)
	if len(words) < 15 {
		t.Fatalf("only %d words to look for: %q", len(words), words)
	}
	alerts := call(t, http.MethodGet, s.env["ALERT_URL"]+"/_local/alerts", nil, nil).body
	if !strings.Contains(alerts, `"kind":"email-failed"`) {
		t.Errorf("no alert of an e-mail that failed: %s", alerts)
	}
	for _, w := range words {
		if strings.Contains(alerts, w) {
			t.Errorf("an alert holds %q: %s", w, alerts)
		}
	}
	read := 0
	err = filepath.WalkDir(filepath.Join(s.state, "logs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		read += len(b)
		for _, w := range words {
			if i := bytes.Index(b, []byte(w)); i >= 0 {
				t.Errorf("%s holds %q: …%s", filepath.Base(path), w, b[max(0, i-200):min(len(b), i+100)])
			}
		}
		return err
	})
	if err != nil || read == 0 {
		t.Errorf("%d bytes of logs read, err %v", read, err)
	}
	t.Logf("looked for %d words in %d bytes of logs", len(words), read)
}

// fail makes all go wrong that has to do with a secret or an address, and gives what must not be
// logged of it.
func (s *system) fail(t *testing.T) []string {
	t.Helper()
	const password, forged = "correct-horse-battery", "v1=c0ffee"
	session := newSession()
	event := s.play(t, session, "completed_paid")[0]
	call(t, http.MethodPost, s.env["WEBHOOK_URL"], http.Header{"Stripe-Signature": {forged}}, event)
	s.sendEmail(t, `{"mail":"ada@example.com"}`)
	for _, c := range []struct{ secret, spoiled string }{
		{"mongodb-uri", "mongodb://ada:" + password + "@127.0.0.1:9/?serverSelectionTimeoutMS=300"},
		{"mongodb-uri", "mongodb://ada:" + password + "@x@127.0.0.1"},
		{"mongodb-uri", password},
		{"stripe-webhook-secret", password},
		{"send-email-key", " "},
		{"sendgrid-api-key", password},
		{"stripe-api-key", "rk_test_" + password},
		{"alert-url", "https://ntfy.sh/" + password + "/" + password},
		{"alert-url", "http://ada:" + password + "@127.0.0.1:1/" + password},
	} {
		good := s.secret(t, c.secret)
		s.setSecret(t, c.secret, c.spoiled)
		s.deliver(t, event)
		s.sendEmail(t, `{"id":"`+session+`"}`)
		s.setSecret(t, c.secret, good)
	}
	s.settledWith(t, session, 2) // or it would meet the faults, or none would, and the next test does
	s.fault(t, "STRIPE_URL", `{"status":400,"times":1}`)
	s.fault(t, "SENDGRID_URL", `{"status":400,"times":1}`)
	session = newSession()
	s.deliver(t, s.play(t, session, "completed_paid")[0])
	eventually(t, func() error {
		if a := s.sendEmail(t, `{"id":"`+session+`"}`); !strings.Contains(a.body, `"waiting":0,"failed":1`) {
			return fmt.Errorf("%d %s", a.status, a.body)
		}
		return nil
	})
	return []string{password, forged}
}

// personal is all that the sample events say of buyers, and what the shop's metadata says.
func personal(t *testing.T) []string {
	t.Helper()
	var words []string
	for _, name := range sample.Names() {
		body, err := sample.Event(name)
		if err != nil {
			t.Fatal(err)
		}
		var event struct {
			Data struct {
				Object map[string]any `json:"object"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			t.Fatal(err)
		}
		details, _ := event.Data.Object["customer_details"].(map[string]any)
		delete(details, "tax_exempt") // "none" or "exempt"
		for _, field := range []string{"customer_details", "customer_email", "client_reference_id", "metadata", "custom_fields", "shipping_details"} {
			words = append(words, leaves(event.Data.Object[field])...)
		}
	}
	return words
}

// leaves are the texts in a value of JSON.
func leaves(value any) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, element := range v {
			texts = append(texts, leaves(element)...)
		}
	case map[string]any:
		for _, element := range v {
			texts = append(texts, leaves(element)...)
		}
	}
	return texts
}
