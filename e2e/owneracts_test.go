package e2e

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/mongodb"
	"handler/function/shared/terminal/terminaltest"
)

// act runs a command of the owner's program, and gives what it prints for a program or a person, and its exit code.
func (s *system) act(t *testing.T, command string, args ...string) (string, int) {
	t.Helper()
	cmd := s.tillbellCommand(t, command, args...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// document is an order as the database has it.
func (s *system) document(t *testing.T, session string) string {
	t.Helper()
	raw, err := s.client.Database(s.env["MONGODB_DATABASE"]).Collection(mongodb.Collection).
		FindOne(t.Context(), bson.D{{Key: "_id", Value: session}}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// zelda is a customer of one test: who she is, and what may not be left of her.
type zelda struct {
	session, email, other, right string
	traces                       []string
	events                       [][]byte
}

// newZelda has bought and got her e-mails.
func (s *system) newZelda(t *testing.T) zelda {
	t.Helper()
	word := strings.ToLower(rand.Text())
	z := zelda{session: newSession(), email: "zelda@" + word + ".example", other: "work@" + word + ".example", right: "right@" + word + ".example"}
	z.traces = []string{"Zelda Unforgettable", word, "Nowhere Lane 7"}
	for i, body := range s.play(t, z.session, "completed_paid", "completed_paid") {
		text := strings.NewReplacer("ada@example.com", z.email, "Ada Example", z.traces[0], `"10001"`, `"Nowhere Lane 7"`).Replace(string(body))
		z.events = append(z.events, []byte(text))
		if i == 0 {
			s.deliver(t, z.events[0])
		}
	}
	s.settledWith(t, z.session, 2)
	return z
}

func (z zelda) held(in string) (found []string) {
	for _, trace := range z.traces {
		if strings.Contains(strings.ToLower(in), strings.ToLower(trace)) {
			found = append(found, trace)
		}
	}
	return found
}

// TestOwnerActs sends again, exports and forgets, as the owner does: by the command and by signed
// calls.
func TestOwnerActs(t *testing.T) {
	s := running(t)
	z := s.newZelda(t)

	t.Run("an e-mail arrives once more at another address, once, though the call is replayed", func(t *testing.T) {
		body := fmt.Sprintf(`{"resend":{"order":%q,"key":"ebook/delivery","to":%q,"reason":"a typo"},"at":%q}`, z.session, z.other, time.Now().UTC().Format(time.RFC3339))
		first := s.sendEmail(t, body)
		var said struct{ Emails []struct{ Key, State string } }
		if err := json.Unmarshal([]byte(first.body), &said); err != nil || first.status != 200 || len(said.Emails) != 1 || said.Emails[0].State != "sent" {
			t.Fatalf("%d %s", first.status, first.body)
		}
		for range 3 {
			if again := s.sendEmail(t, body); again != first {
				t.Errorf("replayed: %d %s", again.status, again.body)
			}
		}
		s.deliver(t, z.events[0])
		s.sendEmail(t, `{"sweep":true}`)
		mails := s.mails(t, z.session)
		copies := mails[said.Emails[0].Key]
		if len(mails) != 3 || len(copies) != 1 || len(mails["ebook/delivery"]) != 1 || copies[0].Personalizations[0].To[0].Email != z.other {
			t.Errorf("%d e-mails; copies %+v", len(mails), copies)
		}
		o, err := s.store.Load(t.Context(), z.session)
		if err != nil || len(o.Audit) != 1 || o.Audit[0].Reason != "a typo" {
			t.Errorf("audit %+v, %v", o.Audit, err)
		}
	})

	t.Run("the command sends again, and says what cannot be", func(t *testing.T) {
		if out, code := s.act(t, "resend", z.session, "--reason", "it was lost"); code != 0 || !strings.Contains(out, "ebook/delivery/again-") || !strings.Contains(out, "sent") {
			t.Errorf("exit code %d: %s", code, out)
		}
		if n := len(s.mails(t, z.session)); n != 4 {
			t.Errorf("%d e-mails", n)
		}
		unpaid := newSession()
		s.deliver(t, s.play(t, unpaid, "completed_unpaid")[0])
		for name, c := range map[string]struct {
			args []string
			code int
		}{
			"without a reason":  {[]string{z.session}, 2},
			"no such order":     {[]string{"cs_none", "--reason", "x"}, 3},
			"no such e-mail":    {[]string{z.session, "ebook/none", "--reason", "x"}, 3},
			"nothing was owed":  {[]string{unpaid, "--reason", "x"}, 4},
			"not with that key": {[]string{z.session, "--reason", "x", "--key", "wrong"}, 1},
		} {
			if out, code := s.act(t, "resend", c.args...); code != c.code {
				t.Errorf("%s: exit code %d, want %d: %s", name, code, c.code, out)
			}
		}
	})

	t.Run("a corrected address is for what is named, and stays whatever Stripe delivers again", func(t *testing.T) {
		out, code := s.act(t, "correct", z.session, "--to", z.right, "--reason", "a typo", "--resend", "ebook/delivery")
		if code != 0 || !strings.Contains(out, "ebook/delivery/again-") || strings.Count(out, "to Zelda Unforgettable <"+z.right+">") != 2 {
			t.Errorf("exit code %d: %s", code, out)
		}
		s.deliver(t, z.events[0])
		s.sendEmail(t, `{"sweep":true}`)
		to := 0
		for _, copies := range s.mails(t, z.session) {
			if copies[0].Personalizations[0].To[0].Email == z.right {
				to += len(copies)
			}
		}
		if n := len(s.mails(t, z.session)); n != 5 || to != 1 {
			t.Errorf("%d e-mails, %d to the corrected address", n, to)
		}
		if out, code := s.act(t, "orders", "--email", z.right, "--json"); code != 0 || !strings.Contains(out, z.session) || !strings.Contains(out, z.right) {
			t.Errorf("exit code %d: %s", code, out)
		}
		for name, c := range map[string]struct {
			args []string
			code int
		}{
			"no address":    {[]string{z.session, "--reason", "x"}, 2},
			"no such order": {[]string{"cs_none", "--to", z.right, "--reason", "x"}, 3},
			"an admin's":    {[]string{z.session, "--to", z.right, "--reason", "x", "--resend", "ebook/sale"}, 4},
		} {
			if out, code := s.act(t, "correct", c.args...); code != c.code {
				t.Errorf("%s: exit code %d, want %d: %s", name, code, c.code, out)
			}
		}
	})

	t.Run("what is unsigned, stale or undated changes nothing", func(t *testing.T) {
		before := s.document(t, z.session)
		url := s.env["GATEWAY_URL"] + "/function/send-email"
		for _, command := range []string{"resend", "forget"} {
			for name, at := range map[string]string{
				"stale":   `,"at":"` + time.Now().Add(-301*time.Second).UTC().Format(time.RFC3339) + `"`,
				"undated": "",
			} {
				body := fmt.Sprintf(`{%q:{"order":%q,"reason":"x"}%s}`, command, z.session, at)
				if command == "forget" {
					body = strings.Replace(body, `,"reason":"x"`, "", 1)
				}
				if a := s.sendEmail(t, body); a.status != 400 || !strings.Contains(a.body, "too old") {
					t.Errorf("%s, %s: %d %s", command, name, a.status, a.body)
				}
			}
			body := fmt.Appendf(nil, `{%q:{"order":%q},"at":%q}`, command, z.session, time.Now().UTC().Format(time.RFC3339))
			if a := call(t, "POST", url, nil, body); a.status != 400 || !strings.Contains(a.body, "invalid signature") {
				t.Errorf("%s, unsigned: %d %s", command, a.status, a.body)
			}
		}
		if s.document(t, z.session) != before {
			t.Error("the order changed")
		}
	})

	t.Run("an export shows all, and after forgetting nothing is left", func(t *testing.T) {
		out, code := s.act(t, "export", "--email", strings.ToUpper(z.right))
		var exported struct{ Orders []map[string]any }
		if err := json.Unmarshal([]byte(out), &exported); err != nil || code != 0 || len(exported.Orders) != 1 {
			t.Errorf("exit code %d, %d orders, %v", code, len(exported.Orders), err)
		}
		for _, in := range []string{out, s.document(t, z.session)} {
			if d := cmp.Diff(z.traces, z.held(in)); d != "" {
				t.Errorf("held before (-want +got):\n%s", d)
			}
		}
		before := s.document(t, z.session)
		if out, code := s.act(t, "forget", "--email", z.email, "--dry-run"); code != 0 || !strings.Contains(out, "Would be forgotten: 1\n  "+z.session) || s.document(t, z.session) != before {
			t.Errorf("a dry run: exit code %d: %s", code, out)
		}
		if _, code := s.act(t, "forget", "--email", z.email); code != 1 || s.document(t, z.session) != before {
			t.Errorf("nobody was asked: exit code %d", code)
		}
		s.forgetByHand(t, z)
		if found := z.held(s.document(t, z.session)); found != nil {
			t.Errorf("the database still holds %q", found)
		}
		// What Stripe sends once more, or only now, brings nothing back.
		for _, body := range z.events {
			if a := s.deliver(t, body); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
		o := s.settled(t, z.session)
		if found := z.held(s.document(t, z.session)); found != nil || len(o.Events) != 2 {
			t.Errorf("%d events brought %q back", len(o.Events), found)
		}
		if !o.Settled() || o.AmountTotal != 4900 || len(o.Items) != 1 || o.Emails["ebook/delivery"].SentAt.IsZero() {
			t.Errorf("the sale itself is gone: %+v", o.Facts)
		}
		if n := len(s.mails(t, z.session)); n != 5 {
			t.Errorf("%d e-mails", n)
		}
		if out, code := s.act(t, "export", "--email", z.email); code != 0 || bytes.Contains([]byte(out), []byte(z.session)) {
			t.Errorf("an export after it: exit code %d: %s", code, out)
		}
		if _, code := s.act(t, "resend", z.session, "--reason", "x"); code != 4 {
			t.Errorf("sent again: exit code %d", code)
		}
	})
}

// forgetByHand has a person read what is to be forgotten, and say yes.
func (s *system) forgetByHand(t *testing.T, z zelda) {
	t.Helper()
	x := terminaltest.Open(t)
	cmd := s.tillbellCommand(t, "forget", "--email", z.email)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.File, x.File, x.File
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	x.WaitFor(z.session)
	x.WaitFor("It cannot be undone. [y/N] ")
	x.Type("y\n")
	x.WaitFor("Forgotten: 1")
	x.WaitFor("erasejob")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
