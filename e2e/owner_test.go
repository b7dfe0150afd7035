package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// ownerJSON is what a command says to a program.
func ownerJSON[T any](t *testing.T, s *system, command string, args ...string) T {
	t.Helper()
	var answer T
	out, code := s.tillbell(t, command, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &answer); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	return answer
}

// buyAs is buy for a customer of another address.
func (s *system) buyAs(t *testing.T, email, name string, deliveries int) *order.Order {
	t.Helper()
	session := newSession()
	event := bytes.ReplaceAll(s.play(t, session, name)[0], []byte("ada@example.com"), []byte(email))
	if a := s.deliver(t, event); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return s.settledWith(t, session, deliveries)
}

// TestOwnerSees reads purchases, one of which goes wrong, with the owner's command through the real
// gateway.
func TestOwnerSees(t *testing.T) {
	s := running(t)
	const joan = "joan@example.com"
	good := s.buyAs(t, joan, "completed_paid", 2)
	s.fault(t, "SENDGRID_URL", `{"status":400,"times":1}`)
	bad := s.buyAs(t, joan, "completed_paid", 3)
	s.buy(t, "completed_paid", 2)

	type list struct {
		Orders []view.Row
		Next   string
	}
	ids := func(l list) (all []string) {
		for _, r := range l.Orders {
			all = append(all, r.ID+" "+string(r.State))
		}
		return all
	}

	t.Run("the orders of a customer", func(t *testing.T) {
		want := []string{bad.ID + " failed", good.ID + " done"}
		if d := cmp.Diff(want, ids(ownerJSON[list](t, s, "orders", "--email", "JOAN@example.com"))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		out, code := s.tillbell(t, "orders", "--email", joan)
		for _, line := range []string{
			`(?m)^\S+ \S+ +failed  Ada Example <joan@example.com>  1 × The e-book  \$49.00 \(test\)  2 of 3 sent  ` + bad.ID + `$`,
			`(?m)^\S+ \S+ +done    Ada Example <joan@example.com>  1 × The e-book  \$49.00 \(test\)  2 of 2 sent  ` + good.ID + `$`,
		} {
			if code != 0 || !regexp.MustCompile(line).MatchString(out) {
				t.Errorf("exit code %d, and no line is %s", code, line)
			}
		}
	})

	t.Run("those of a state, a product and a time", func(t *testing.T) {
		got := ids(ownerJSON[list](t, s, "orders", "--email", joan, "--state", "failed", "--product", "e-BOOK", "--since", "1h"))
		if d := cmp.Diff([]string{bad.ID + " failed"}, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if out, code := s.tillbell(t, "orders", "--email", joan, "--product", "prod_other"); code != 0 || out != "There is no such order.\n" {
			t.Errorf("exit code %d", code)
		}
		if out, code := s.tillbell(t, "orders", "--state", "lost"); code != 2 || !strings.Contains(out, `--state "lost": want failed, `) {
			t.Errorf("exit code %d", code)
		}
	})

	t.Run("a page after the other", func(t *testing.T) {
		out, code := s.tillbell(t, "orders", "--email", joan, "--limit", "1")
		_, more, found := strings.Cut(out, "There may be more: tillbell ")
		if code != 0 || !found || !strings.Contains(out, bad.ID) || strings.Contains(out, good.ID+"\n") {
			t.Fatalf("exit code %d", code)
		}
		words := strings.Fields(more)
		if d := cmp.Diff([]string{good.ID + " done"}, ids(ownerJSON[list](t, s, words[0], words[1:]...))); d != "" {
			t.Errorf("the next page (-want +got):\n%s", d)
		}
	})

	t.Run("an order that went wrong", func(t *testing.T) {
		out, code := s.tillbell(t, "order", bad.ID)
		for _, want := range []string{
			"Order " + bad.ID, "Customer  Ada Example <joan@example.com>", "1 ×  The e-book", "E-mails, 2 of 3 sent", "SendGrid answered 400",
			"Failed for good ebook/", "Sent to owner@example.com", "Queue brought it to send-email", "checkout.session.completed",
		} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("exit code %d; it does not say %q", code, want)
			}
		}
		var inbox view.Order
		a := call(t, http.MethodGet, s.env["INBOX_URL"]+"/api/orders/"+bad.ID, nil, nil)
		if err := json.Unmarshal([]byte(a.body), &inbox); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(inbox, ownerJSON[view.Order](t, s, "order", bad.ID)); d != "" {
			t.Errorf("the inbox shows another one (-inbox +tillbell):\n%s", d)
		}
	})

	t.Run("a summary", func(t *testing.T) {
		out, code := s.tillbell(t, "summary")
		for _, want := range []string{"Days begin at 00:00 UTC", "Test orders\n", "TODAY", "7 DAYS", "30 DAYS", "SOLD", "The e-book", "tillbell orders --state failed"} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("exit code %d; it does not say %q", code, want)
			}
		}
		sum := ownerJSON[view.Summary](t, s, "summary")
		if week := sum.Test[1]; week.Paid < 3 || week.Emails.Sent < 6 || week.Emails.Failed < 1 || sum.Now.Failed < 1 || sum.Now.Stuck != 0 {
			t.Errorf("got %+v, %+v", week, sum.Now)
		}
	})

	t.Run("nothing, with a wrong key or an ID that is none", func(t *testing.T) {
		for _, command := range [][]string{{"orders"}, {"order", good.ID}, {"summary"}} {
			if out, code := s.tillbell(t, command[0], append(command[1:], "--key", "another key")...); code != 1 || !strings.Contains(out, "refuses the signature") || strings.Contains(out, good.ID) {
				t.Errorf("%s: exit code %d", command[0], code)
			}
		}
		if out, code := s.tillbell(t, "order", "cs_test_none"); code != 3 || !strings.Contains(out, "no such order") {
			t.Errorf("exit code %d", code)
		}
		if _, code := s.tillbell(t, "order", "pi_none"); code != 2 {
			t.Errorf("exit code %d", code)
		}
	})

	t.Run("at a gateway that is named, with the key of the environment", func(t *testing.T) {
		cmd := ownersCommand(t, "order", good.ID, "--gateway", s.env["GATEWAY_URL"], "--laptop", t.TempDir(), "--env", "none")
		cmd.Env = append(cmd.Env, "SEND_EMAIL_KEY="+s.env["SEND_EMAIL_KEY"])
		if out, code := ended(t, cmd); code != 0 || !strings.Contains(out, "2 of 2 sent") {
			t.Errorf("exit code %d", code)
		}
	})
}
