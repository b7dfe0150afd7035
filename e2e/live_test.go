package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"handler/function/internal/order"
)

// TestLive saves the owner's files while make run is up, and sells by make buy.
func TestLive(t *testing.T) {
	s := running(t)
	catalogue, settings := filepath.Join(s.shop, "catalogue.yml"), filepath.Join(s.root, "settings.yml")
	t.Cleanup(func() {
		s.restore(t, catalogue)
		s.restore(t, settings)
	})
	const ours = "send-email/catalogue.yml"

	t.Run("a changed catalogue is what the next order gets", func(t *testing.T) {
		if got := emails(s.makeBuy(t, "PRODUCT=prod_ebook")); !slices.Equal(got, []string{"ebook/delivery", "ebook/sale"}) {
			t.Errorf("before, it gets %v", got)
		}
		s.change(t, catalogue, "products: [prod_ebook]\n    emails:\n", "products: [prod_ebook]\n    emails:\n      - {key: extra, template: receipt, to: customer}\n")
		s.says(t, `✓ `+ours+` is in effect \((\d+\.\d) s\)`)
		o := s.makeBuy(t, "PRODUCT=prod_ebook", "EMAIL=Jörg <joerg@example.com>", "LOCALE=fr", "AMOUNT=12.50", "CURRENCY=eur", "QUANTITY=2", "LINK_META=site=blog")
		if got := emails(o); !slices.Equal(got, []string{"ebook/delivery", "ebook/extra", "ebook/sale"}) {
			t.Errorf("it gets %v", got)
		}
		s.sentOnce(t, o)
		d := o.Emails["ebook/extra"]
		if d.TemplateName != "receipt.fr" || d.To[0].Email != "joerg@example.com" || o.AmountTotal != 2500 || o.Currency != "eur" || o.Metadata[0].Value != "blog" {
			t.Errorf("%+v of %+v", d, o.Facts)
		}
	})

	t.Run("a mistake is one line, and the version before stays", func(t *testing.T) {
		s.change(t, catalogue, "template: receipt, to: customer}", "template: recept, to: customer}")
		s.says(t, `✗ `+ours+`:\d+: there is no template .*recept.*; the version before stays`)
		if got := emails(s.makeBuy(t, "PRODUCT=prod_ebook")); !slices.Equal(got, []string{"ebook/delivery", "ebook/extra", "ebook/sale"}) {
			t.Errorf("it gets %v", got)
		}
		s.restore(t, catalogue)
	})

	t.Run("a new template may be used at once, and a removed one is gone", func(t *testing.T) {
		folder := filepath.Join(s.shop, "templates", "poster")
		if err := os.CopyFS(folder, os.DirFS(filepath.Join(s.shop, "templates", "receipt"))); err != nil {
			t.Fatal(err)
		}
		s.says(t, `✓ send-email/templates/poster is in effect \((\d+\.\d) s\)`)
		s.change(t, catalogue, "      - key: sale\n        template: sale\n        to: admins\n\n  - name: course", "      - {key: poster, template: poster, to: customer}\n\n  - name: course")
		s.says(t, `✓ `+ours+` is in effect \((\d+\.\d) s\)`)
		if d := s.makeBuy(t, "PRODUCT=prod_ebook").Emails["ebook/poster"]; d.TemplateName != "poster" || d.State != order.Sent {
			t.Errorf("got %+v", d)
		}
		s.restore(t, catalogue)
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		s.says(t, `✓ send-email/templates/poster is removed \((\d+\.\d) s\)`)
	})

	t.Run("the text of a template shows in the inbox", func(t *testing.T) {
		subject := filepath.Join(s.shop, "templates", "delivery", "subject.hbs")
		defer s.restore(t, subject)
		id := s.messageID(t, s.makeBuy(t, "PRODUCT=prod_ebook").ID, "ebook/delivery")
		s.change(t, subject, "{{", "{{#if}}{{")
		s.says(t, `✗ send-email/templates/delivery/subject\.hbs:1: .*; the version before stays`)
		shown := func() string { return call(t, "GET", s.env["INBOX_URL"]+"/api/messages/"+id+"/subject", nil, nil).body }
		if got := shown(); !strings.Contains(got, "Example Shop") {
			t.Errorf("while it is wrong, it shows %q", got)
		}
		save(t, subject, []byte("It is live"))
		s.says(t, `✓ send-email/templates/delivery/subject\.hbs is in effect \((\d+\.\d) s\)`)
		if got := shown(); got != "It is live" {
			t.Errorf("it shows %q", got)
		}
	})

	t.Run("settings take effect in both functions", func(t *testing.T) {
		webhook, mailer := processOf(t, s, "STRIPE_WEBHOOK_PID"), processOf(t, s, "SEND_EMAIL_PID")
		s.change(t, settings, `accept_test_events: "true"`, `accept_test_events: "false"`)
		s.says(t, `✓ settings\.yml is in effect \((\d+\.\d) s\)`)
		if out := s.runBuy(t, "PRODUCT=prod_ebook"); !strings.Contains(out, `200 {"ignored":`) {
			t.Errorf("a test event is answered\n%s", out)
		}
		if processOf(t, s, "STRIPE_WEBHOOK_PID") == webhook || processOf(t, s, "SEND_EMAIL_PID") == mailer {
			t.Error("a function has not been deployed again")
		}
		s.change(t, settings, `accept_test_events: "false"`, `accept_test_events: "perhaps"`)
		s.says(t, `✗ settings\.yml:\d+: accept_test_events is "perhaps": want true or false; the version before stays`)
		s.restore(t, settings)
		s.makeBuy(t, "PRODUCT=prod_ebook")
	})

	t.Run("stack.yml waits for the next start", func(t *testing.T) {
		stack := filepath.Join(s.root, "stack.yml")
		source, err := os.ReadFile(stack)
		if err != nil {
			t.Fatal(err)
		}
		save(t, stack, append(source, "# changed\n"...))
		s.says(t, `  stack\.yml was saved: .*`)
	})

	t.Run("nothing in flight is lost or sent twice", func(t *testing.T) {
		s.fault(t, "SENDGRID_URL", `{"delay_ms": 100, "times": -1}`)
		defer s.fault(t, "SENDGRID_URL", `{}`)
		sweeping, stop := context.WithCancel(t.Context())
		var sweeps, buying sync.WaitGroup
		sweeps.Go(func() { s.sweepEvery(sweeping, t, time.Second) }) // as the process does every minute
		defer sweeps.Wait()
		defer stop()
		said := make([]string, 12)
		for i := range said {
			buying.Go(func() { said[i] = s.runBuy(t, "PRODUCT=prod_ebook", fmt.Sprintf("NAME=Number %d", i)) })
		}
		for _, name := range []string{"One", "Two", "Three"} {
			s.change(t, catalogue, "name: Example Shop\n\nreply_to", "name: "+name+" Example Shop\n\nreply_to")
			s.says(t, `✓ `+ours+` is in effect \((\d+\.\d) s\)`)
			s.restore(t, catalogue)
		}
		buying.Wait()
		for _, out := range said {
			o := s.settled(t, sessionIn(t, out))
			s.sentOnce(t, o)
			for key, d := range o.Emails {
				if d.Unsure {
					t.Errorf("%s may have been sent twice: %+v", key, d)
				}
			}
		}
	})
}

// change replaces a text in one of the owner's files, as an editor that saves it.
func (s *system) change(t *testing.T, file, before, after string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(source), before) {
		t.Fatalf("no %q in %s: %v", before, file, err)
	}
	if s.pristine[file] == nil {
		s.pristine[file] = source
	}
	s.heard = len(s.output.String())
	save(t, file, []byte(strings.Replace(string(source), before, after, 1)))
}

// restore puts a file back that a test has changed, and waits until it is in effect.
func (s *system) restore(t *testing.T, file string) {
	t.Helper()
	source, changed := s.pristine[file]
	if !changed {
		return
	}
	delete(s.pristine, file)
	now, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(now) == string(source) {
		return
	}
	s.heard = len(s.output.String())
	save(t, file, source)
	name, err := filepath.Rel(s.root, file)
	if err != nil {
		t.Fatal(err)
	}
	s.says(t, `✓ `+regexp.QuoteMeta(name)+` is in effect \((\d+\.\d) s\)`)
}

// says waits until make run says a line of that form, after what it had said. The limit is for a
// busy machine; the log has the time.
func (s *system) says(t *testing.T, form string) {
	t.Helper()
	began := time.Now()
	line := regexp.MustCompile("(?m)^" + form + "$")
	eventually(t, func() error {
		said := s.output.String()[s.heard:]
		at := line.FindStringIndex(said)
		if at == nil {
			return fmt.Errorf("it says %q, and not %s", said, form)
		}
		t.Logf("after %s: %s", time.Since(began).Round(10*time.Millisecond), said[at[0]:at[1]])
		s.heard += at[1]
		return nil
	})
}

// runBuy runs make buy's program, and gives what it says.
func (s *system) runBuy(t *testing.T, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.state, "laptop"), append([]string{"buy", "--state", s.state}, arguments...)...)
	cmd.Dir = s.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("buy %q: %v\n%s", arguments, err, out)
	}
	return string(out)
}

// makeBuy buys something, and gives the order once nothing is due in it.
func (s *system) makeBuy(t *testing.T, arguments ...string) *order.Order {
	t.Helper()
	return s.settled(t, sessionIn(t, s.runBuy(t, arguments...)))
}

func sessionIn(t *testing.T, out string) string {
	t.Helper()
	session := regexp.MustCompile(`cs_test_\w+`).FindString(out)
	if session == "" {
		t.Fatalf("there is no session in\n%s", out)
	}
	return session
}

// emails are the keys of an order's e-mails.
func emails(o *order.Order) []string {
	var keys []string
	for key := range o.Emails {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
