package function

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/settings"
)

// account is SendGrid's side of the Event Webhook: its key, and what it signs.
type account struct{ key *ecdsa.PrivateKey }

func newAccount(t testing.TB) account {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return account{key}
}

// public is the key as SendGrid shows it.
func (a account) public(t testing.TB) string { return publicText(t, &a.key.PublicKey) }

func publicText(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// call is one of SendGrid's, signed at a time.
func (a account) call(t testing.TB, at time.Time, body []byte) handler.Request {
	t.Helper()
	timestamp := strconv.FormatInt(at.Unix(), 10)
	sum := sha256.Sum256(append([]byte(timestamp), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return handler.Request{Method: http.MethodPost, Body: body, Header: http.Header{
		eventwebhook.VerificationHTTPHeader: {base64.StdEncoding.EncodeToString(signature)},
		eventwebhook.TimestampHTTPHeader:    {timestamp},
	}}
}

// event is one as SendGrid sends it, with more fields than we read.
func event(name, id, key, message string, at time.Time, more ...string) map[string]any {
	e := map[string]any{
		"email": "ada@example.com", "timestamp": at.Unix(), "smtp-id": "<14c5d75ce93@ismtpd-555>", "event": name, "category": []string{"a"},
		"sg_event_id": "ZGVsaXZlcmVk", "sg_message_id": message + ".recvd-5f54b5d587-pczjm-1-67BADEEA-6.0", "tls": 1,
		"order": id, "delivery": id + "/" + key,
	}
	for i := 0; i < len(more); i += 2 {
		e[more[i]] = more[i+1]
	}
	return e
}

func body(t testing.TB, events ...any) []byte {
	t.Helper()
	b, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// listening is a bench whose function takes the events of an account.
func listening(t testing.TB, offline bool) (*bench, account) {
	t.Helper()
	b, a := setUpOffline(t), newAccount(t)
	if !offline {
		b = setUp(t)
	}
	b.eventKeys, b.eventKeysErr = readEventKeys(a.public(t))
	if b.eventKeysErr != nil {
		t.Fatal(b.eventKeysErr)
	}
	return b, a
}

// tell has SendGrid tell of events now, and wants them taken.
func (b *bench) tell(t testing.TB, a account, events ...any) arrived {
	t.Helper()
	res := b.Receive(a.call(t, b.clock, body(t, events...)))
	var done arrived
	if err := json.Unmarshal(res.Body, &done); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, res.Body)
	}
	return done
}

func (b *bench) email(id, key string) order.Delivery {
	b.memory.mu.Lock()
	defer b.memory.mu.Unlock()
	return b.memory.orders[id].Emails[key]
}

const delivery, bounced = "ebook/delivery", "notice/bounced/ebook/delivery"

// A late bounce may have its timestamp as a string.
func TestTimestampAsAString(t *testing.T) {
	t.Parallel()

	b, a := listening(t, false)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	b.tell(t, a, event("bounce", id, "ebook/delivery", "m1", b.clock, "timestamp", strconv.FormatInt(b.clock.Unix(), 10)))
	if got := b.memory.orders[id].Emails["ebook/delivery"].Arrivals; len(got) != 1 || !got[0].At.Equal(b.clock) {
		t.Errorf("got %+v", got)
	}
}

// SendGrid leaves the custom arguments out of bounces that come late.
func TestLateBounce(t *testing.T) {
	t.Parallel()

	b, a := listening(t, false)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)
	message := b.memory.orders[id].Emails["ebook/delivery"].MessageID
	bounce := func(message string) map[string]any {
		return map[string]any{"event": "bounce", "email": "ada@example.com", "timestamp": b.clock.Unix(), "sg_message_id": message, "reason": "550 5.1.1 user unknown"}
	}
	got := b.tell(t, a, bounce(message+".filter0001.1.1.0"), bounce("other.filter"), bounce(""), bounce(""))
	if got.Stored != 1 || got.Ignored != 3 {
		t.Errorf("got %+v", got)
	}
	d := b.memory.orders[id].Emails["ebook/delivery"]
	if trouble, ok := d.Trouble(); !ok || trouble.To != "ada@example.com" || trouble.Message != message {
		t.Errorf("arrivals %+v", d.Arrivals)
	}
	if _, told := b.memory.orders[id].Emails["notice/bounced/ebook/delivery"]; !told {
		t.Error("the admins are not told")
	}
	if want := `"bounces were ignored, since they name no order, and no order has their message ID","call_id":"","events":3`; strings.Count(b.logged.String(), want) != 1 {
		t.Errorf("the log does not have once %s:\n%s", want, b.logged)
	}
}

// What cannot be looked up or stored is brought again by SendGrid, and keeps nothing else back.
func TestArrivalsKeepNothingBack(t *testing.T) {
	t.Parallel()

	broken := func(of string) func(string) error {
		return func(id string) error {
			if id == of {
				return errors.New("cannot be read")
			}
			return nil
		}
	}
	for name, breaks := range map[string]func(b *bench, late, known string){
		"a late bounce of an order that cannot be read": func(b *bench, late, _ string) { b.memory.loadFunc = broken(late) },
		"an event of an order that cannot be written":   func(b *bench, _, known string) { b.memory.updateFunc = broken(known) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b, a := listening(t, false)
			ids := []string{b.place(t, "completed_paid"), b.place(t, "completed_two_products"), b.place(t, "completed_no_payment_required")}
			slices.Sort(ids)
			for _, id := range ids {
				b.sendOrder(t, id)
			}
			breaks(b, ids[0], ids[1])
			bounce := map[string]any{"event": "bounce", "email": "ada@example.com", "timestamp": b.clock.Unix(), "sg_message_id": b.email(ids[0], delivery).MessageID + ".x"}
			res := b.Receive(a.call(t, b.clock, body(t, bounce, event("delivered", ids[1], delivery, "m1", b.clock), event("delivered", ids[2], delivery, "m2", b.clock))))
			if res.StatusCode != http.StatusServiceUnavailable || len(b.email(ids[2], delivery).Arrivals) != 1 {
				t.Errorf("%d %s, with %v kept", res.StatusCode, res.Body, b.email(ids[2], delivery).Arrivals)
			}
		})
	}
}

func TestArrivals(t *testing.T) {
	t.Parallel()

	t.Run("are kept with their delivery, however often they come, in one write", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		odd := event("open", id, delivery, "m1", b.clock.Add(time.Minute))
		odd["status"] = 5
		events := []any{
			event("processed", id, delivery, "m1", b.clock), event("delivered", id, delivery, "m1", b.clock.Add(2*time.Second), "response", "250 OK"),
			event("processed", id, "ebook/sale", "m2", b.clock, "email", "owner@example.com"), event("click", id, delivery, "m1", b.clock),
			odd, event("open", id, delivery, "m1", b.clock.Add(time.Hour)),
		}
		before := b.memory.calls
		if got := b.tell(t, a, events...); got != (arrived{5, 1}) {
			t.Errorf("got %+v", got)
		}
		if n := b.memory.calls - before; n != 1 {
			t.Errorf("%d calls of the database for one order, want 1", n)
		}
		want := []order.Arrival{
			{Kind: order.Processed, To: "ada@example.com", At: b.clock, Message: "m1"},
			{Kind: order.Delivered, To: "ada@example.com", At: b.clock.Add(2 * time.Second), Message: "m1", Reason: "250 OK"},
			{Kind: order.Opened, To: "ada@example.com", At: b.clock.Add(time.Minute), Message: "m1"},
		}
		if d := cmp.Diff(want, b.email(id, delivery).Arrivals); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if got := b.email(id, "ebook/sale").Arrivals; len(got) != 1 || got[0].To != "owner@example.com" {
			t.Errorf("the admins' has %+v", got)
		}
		b.tell(t, a, append(events, events...)...)
		if d := cmp.Diff(want, b.email(id, delivery).Arrivals); d != "" {
			t.Errorf("a second time (-want +got):\n%s", d)
		}
	})

	t.Run("that are not about an e-mail of ours are counted, and cause no write", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		none := event("delivered", id, delivery, "m1", b.clock)
		delete(none, "delivery")
		before := b.memory.orders[id]
		got := b.tell(t, a, none, map[string]any{"event": "delivered", "email": "eve@example.com", "timestamp": 1}, 7, nil, "x", []any{},
			event("delivered", id, "ebook/none", "m1", b.clock), event("delivered", "cs_none", delivery, "m1", b.clock),
			event("delivered", id, delivery, "m1", b.clock, "delivery", "cs_other/"+delivery),
			event("delivered", "cs_$x.y", delivery, "m1", b.clock), event("delivered", id, delivery, "m1", time.Unix(0, 0)),
			event("delivered", id, delivery, "m1", b.clock, "timestamp", "soon"), event("unsubscribe", id, delivery, "m1", b.clock))
		if got != (arrived{0, 13}) || b.memory.orders[id] != before {
			t.Errorf("got %+v", got)
		}
		if log := b.logged.String(); strings.Contains(log, "eve@") {
			t.Errorf("an address in the log: %s", log)
		}
	})

	for name, c := range map[string]struct {
		kind, reason, want string
		more               []string
	}{
		"a bounce":      {"bounce", "550 no ada@example.com here", "it bounced: 550 no ada@example.com here", []string{"type", "bounce", "status", "5.1.1"}},
		"a block":       {"bounce", "451 later", "the mail server refused it for now, and SendGrid does not try again: 451 later", []string{"type", "blocked"}},
		"a drop":        {"dropped", "Bounced Address", "SendGrid dropped it: Bounced Address", nil},
		"a spam report": {"spamreport", "", "the recipient reported it as spam", nil},
	} {
		t.Run(name+" of a customer's e-mail notifies the admins once", func(t *testing.T) {
			t.Parallel()

			b, a := listening(t, false)
			id := b.place(t, "completed_paid")
			b.sendOrder(t, id)
			b.alarm = newAlarm()
			e := event(c.kind, id, delivery, "m1", b.clock, append(c.more, "reason", c.reason)...)
			b.tell(t, a, e, e)
			if !b.alarm.at.Equal(b.clock) {
				t.Error("no sweep is woken for the notice")
			}
			b.tell(t, a, event("delivered", id, delivery, "m1", b.clock.Add(time.Second)), e, event("dropped", id, delivery, "m1", b.clock.Add(time.Hour)))
			b.invoke(`{"sweep":true}`)
			if d := cmp.Diff([]string{delivery, "ebook/sale", bounced}, b.sendgrid.sent()); d != "" {
				t.Errorf("sent (-want +got):\n%s", d)
			}
			p := b.sendgrid.mails[2].Personalizations[0]
			notice, _ := p.Data["notice"].(map[string]any)
			delete(notice, "amount") // which are of refunds
			delete(notice, "whole")
			delete(notice, "title") // which are of kinds without a template
			delete(notice, "text")
			delete(notice, "command")
			if d := cmp.Diff(map[string]any{"kind": "bounced", "about": delivery, "reason": c.want}, notice); d != "" || p.To[0].Email != "owner@example.com" {
				t.Errorf("to %v (-want +got):\n%s", p.To, d)
			}
			if log := b.logged.String(); strings.Contains(log, "ada@") || strings.Count(log, "did not arrive") != 1 {
				t.Errorf("the log: %s", log)
			}
		})
	}

	t.Run("a bounce of the admins' own is only logged", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.tell(t, a, event("bounce", id, "ebook/sale", "m1", b.clock))
		b.invoke(`{"sweep":true}`)
		if sent := b.sendgrid.sent(); len(sent) != 2 || !strings.Contains(b.logged.String(), "did not arrive") {
			t.Errorf("sent %v; log: %s", sent, b.logged)
		}
	})

	t.Run("are of the one copy that was sent where SendGrid's answer named no message", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, status(202))
		b.sendOrder(t, id)
		b.tell(t, a, event("processed", id, delivery, "m7", b.clock))
		if d := b.email(id, delivery); d.State != order.Sent || d.MessageID != "" || d.Copies() != 1 || strings.Contains(b.logged.String(), "more than once") {
			t.Errorf("got %+v; log: %s", d, b.logged)
		}
	})

	t.Run("settle an attempt that ended without an answer, without another", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, hangUp)
		b.sendOrder(t, id)
		if d := b.email(id, delivery); d.State != order.Retry || !d.Unsure {
			t.Fatalf("got %+v", d)
		}
		b.tell(t, a, event("processed", id, delivery, "m7", b.clock))
		b.clock = b.clock.Add(time.Hour)
		b.invoke(`{"sweep":true}`)
		if d := b.email(id, delivery); d.State != order.Sent || d.Unsure || d.MessageID != "m7" || d.Attempts != 1 {
			t.Errorf("got %+v", d)
		}
	})

	t.Run("come while an attempt is made that ends without an answer, and settle it", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendgrid.answers = append(b.sendgrid.answers, func(w http.ResponseWriter) {
			b.tell(t, a, event("processed", id, delivery, "m7", b.clock))
			hangUp(w)
		})
		b.sendOrder(t, id)
		b.clock = b.clock.Add(time.Hour)
		b.invoke(`{"sweep":true}`)
		if d := b.email(id, delivery); d.State != order.Sent || d.Unsure || d.Attempts != 1 || len(b.sendgrid.sent()) != 1 {
			t.Errorf("got %+v; sent %v", d, b.sendgrid.sent())
		}
	})

	t.Run("settle one whose process died, when its lease is out", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		o := b.memory.orders[id]
		d := o.Emails[delivery]
		d.State, d.MessageID, d.DueAt, d.Lost = order.Sending, "", b.clock.Add(lease), order.MaxLost-1
		o.Emails[delivery] = d
		due := d.DueAt
		o.NextDueAt = &due
		b.tell(t, a, event("delivered", id, delivery, "m7", b.clock))
		if d := b.email(id, delivery); d.State != order.Sending {
			t.Errorf("while it is held, it is %s", d.State)
		}
		b.clock = due
		b.invoke(`{"sweep":true}`)
		if d := b.email(id, delivery); d.State != order.Sent || d.Unsure || d.MessageID != "m7" || len(b.sendgrid.sent()) != 2 {
			t.Errorf("got %+v; sent %v", d, b.sendgrid.sent())
		}
	})

	t.Run("of many orders are stored each", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		var events []any
		ids := []string{b.place(t, "completed_paid"), b.place(t, "completed_two_products")}
		for _, id := range ids {
			b.sendOrder(t, id)
			events = append(events, event("delivered", id, delivery, "m1", b.clock))
		}
		if got := b.tell(t, a, events...); got != (arrived{2, 0}) || len(b.email(ids[0], delivery).Arrivals) != 1 || len(b.email(ids[1], delivery).Arrivals) != 1 {
			t.Errorf("got %+v", got)
		}
	})

	t.Run("are answered 503 while the database is away, so that SendGrid comes back", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.place(t, "completed_paid")
		b.sendOrder(t, id)
		b.memory.updateFunc = func(string) error { return errors.New("away") }
		e := event("delivered", id, delivery, "m1", b.clock)
		if res := b.Receive(a.call(t, b.clock, body(t, e))); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%d %s", res.StatusCode, res.Body)
		}
		b.memory.updateFunc = nil
		b.tell(t, a, e)
		if len(b.email(id, delivery).Arrivals) != 1 {
			t.Error("it is not stored")
		}
	})
}

func TestVerifyEvents(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		change func(*handler.Request)
		want   int
	}{
		"no timestamp":             {func(r *handler.Request) { r.Header.Del(eventwebhook.TimestampHTTPHeader) }, 400},
		"another timestamp":        {func(r *handler.Request) { r.Header.Set(eventwebhook.TimestampHTTPHeader, "1732449600") }, 400},
		"another body":             {func(r *handler.Request) { r.Body = append(r.Body, ' ') }, 400},
		"a signature of something": {func(r *handler.Request) { r.Header.Set(eventwebhook.VerificationHTTPHeader, "MAYCAQECAQE=") }, 400},
		"a negative signature":     {func(r *handler.Request) { r.Header.Set(eventwebhook.VerificationHTTPHeader, "MAYCAf8CAf8=") }, 400},
		"no signature":             {func(r *handler.Request) { r.Header.Set(eventwebhook.VerificationHTTPHeader, "x") }, 400},
		"a long signature": {func(r *handler.Request) {
			r.Header.Set(eventwebhook.VerificationHTTPHeader, strings.Repeat("A", 1<<20))
		}, 400},
		"our own signature as well": {func(r *handler.Request) {
			r.Header.Set(openfaas.SignatureHeader, openfaas.Sign(r.Body, key))
			r.Body[1] = ' '
		}, 400},
		"a GET":      {func(r *handler.Request) { r.Method = http.MethodGet }, 405},
		"over 1 MiB": {func(r *handler.Request) { r.Body = make([]byte, 1<<20+1) }, 413},
	} {
		t.Run("refuses "+name+", and touches nothing", func(t *testing.T) {
			t.Parallel()

			b, a := listening(t, true)
			b.clock = b.clock.Add(time.Second)
			req := a.call(t, b.clock, body(t, event("delivered", "cs_1", delivery, "m1", b.clock)))
			c.change(&req)
			if res := b.Receive(req); res.StatusCode != c.want || b.memory.calls != 0 {
				t.Errorf("%d %s, %d calls of the database; want %d", res.StatusCode, res.Body, b.memory.calls, c.want)
			}
		})
	}

	t.Run("refuses what is signed by another key, too long ago, or in the future", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, true)
		for _, c := range []struct {
			by   account
			at   time.Duration
			want int
		}{
			{newAccount(t), 0, 400}, {a, -25 * time.Hour, 200}, {a, -25*time.Hour - time.Second, 400}, {a, 5 * time.Minute, 200}, {a, 5*time.Minute + time.Second, 400},
		} {
			if res := b.Receive(c.by.call(t, b.clock.Add(c.at), []byte(`[]`))); res.StatusCode != c.want {
				t.Errorf("after %v: %d %s, want %d", c.at, res.StatusCode, res.Body, c.want)
			}
		}
	})

	t.Run("takes each of several keys while they are changed", func(t *testing.T) {
		t.Parallel()

		b, one := listening(t, true)
		two := newAccount(t)
		b.eventKeys, b.eventKeysErr = readEventKeys(" " + one.public(t) + ", " + two.public(t) + ",")
		for _, a := range []account{one, two} {
			if res := b.Receive(a.call(t, b.clock, []byte(`[]`))); res.StatusCode != 200 {
				t.Errorf("%d %s", res.StatusCode, res.Body)
			}
		}
	})

	t.Run("answers 404 where it is not used, and says so once", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, true)
		b.eventKeys = nil
		for range 3 {
			if res := b.Receive(a.call(t, b.clock, []byte(`[]`))); res.StatusCode != 404 {
				t.Errorf("%d %s", res.StatusCode, res.Body)
			}
		}
		if n := strings.Count(b.logged.String(), "\n"); n != 1 {
			t.Errorf("%d lines: %s", n, b.logged)
		}
	})

	t.Run("says which setting is wrong, and goes on sending", func(t *testing.T) {
		t.Parallel()

		other, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		for name, wrong := range map[string]string{"no base64": "-----BEGIN", "no key": "AAAA", "another kind": publicText(t, &other.PublicKey)} {
			b, a := listening(t, false)
			b.eventKeys, b.eventKeysErr = readEventKeys(wrong)
			if res := b.Receive(a.call(t, b.clock, []byte(`[]`))); res.StatusCode != 503 || !strings.Contains(string(res.Body), settings.EventKeys) {
				t.Errorf("%s: %d %s", name, res.StatusCode, res.Body)
			}
			if p := b.sendOrder(t, b.place(t, "completed_paid")); p.Sent != 2 {
				t.Errorf("%s: %+v", name, p)
			}
		}
	})

	t.Run("logs ten forgeries a second, and counts the rest", func(t *testing.T) {
		t.Parallel()

		b, _ := listening(t, true)
		forger := newAccount(t)
		for range 100 {
			b.Receive(forger.call(t, b.clock, []byte(`[]`)))
		}
		if n := strings.Count(b.logged.String(), "call refused"); n > 3*openfaas.LinesASecond { // the clock's second may turn
			t.Errorf("%d lines", n)
		}
	})

	t.Run("refuses a body that is no list", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, true)
		for _, body := range []string{"", "{}", "null", "[", "[1,]", "[]]", "[] []", `[{"event": "x]`} {
			if res := b.Receive(a.call(t, b.clock, []byte(body))); res.StatusCode != 400 || b.memory.calls != 0 {
				t.Errorf("%q: %d %s", body, res.StatusCode, res.Body)
			}
		}
	})
}

// FuzzArrivals: what SendGrid signs is stored, ignored, or refused as a whole; it never ends the
// process, is in no log, and reaches no other delivery than the one that it names. What it did not
// sign reaches nothing.
func FuzzArrivals(f *testing.F) {
	b, a := listening(f, true)
	at := b.clock
	for _, e := range []any{
		event("processed", "cs_1", delivery, "m1", at), event("bounce", "cs_1", delivery, "m1", at, "type", "blocked", "reason", "\u0000 ada@example.com"),
		event("delivered", "cs_1", "", "m1", at), event("open", "", delivery, "", at, "timestamp", "x"), map[string]any{}, 7,
	} {
		f.Add(body(f, e, e), "MAYCAQECAQE=")
	}
	f.Add([]byte(`[{"event":"open","event":"bounce","Order":"cs_1","ORDER":"cs_1","delivery":"cs_1/ebook/delivery","timestamp":1}]`), "")
	f.Add([]byte(strings.Repeat("[", 20_000)), "MIIB")
	f.Fuzz(func(t *testing.T, text []byte, signature string) {
		o := &order.Order{ID: "cs_1", Facts: order.Facts{PaymentStatus: order.Paid}, Plans: map[order.Reason]time.Time{order.ForPaid: at}, Emails: map[string]order.Delivery{
			delivery: {Email: order.Email{Key: delivery, Audience: order.Customer, To: []order.Address{{Email: "ada@example.com"}}}, State: order.Sent, MessageID: "m1"},
			"other":  {State: order.Sent},
		}}
		b.memory.orders, b.memory.calls = map[string]*order.Order{"cs_1": o}, 0
		forged := handler.Request{Method: http.MethodPost, Body: text, Header: http.Header{eventwebhook.VerificationHTTPHeader: {signature + "x"}, eventwebhook.TimestampHTTPHeader: {strconv.FormatInt(at.Unix(), 10)}}}
		if res := b.Receive(forged); res.StatusCode != 400 || b.memory.calls != 0 {
			t.Fatalf("a forgery is answered %d %s after %d calls", res.StatusCode, res.Body, b.memory.calls)
		}
		res := b.Receive(a.call(t, at, text))
		if res.StatusCode != 200 && res.StatusCode != 400 {
			t.Errorf("%d %s", res.StatusCode, res.Body)
		}
		after := b.memory.orders["cs_1"]
		if d := after.Emails["other"]; len(d.Arrivals) > 0 && !strings.Contains(string(text), "other") {
			t.Errorf("another delivery has %+v", d)
		}
		d := after.Emails[delivery]
		if d.State != order.Sent || len(d.Arrivals) > len(order.ArrivalKinds()) || len(after.Emails) > 3+1 {
			t.Errorf("got %+v", after.Emails)
		}
		if strings.Contains(b.logged.String(), "ada@") {
			t.Error("an address in the log")
		}
		b.logged.b.Reset()
	})
}

// BenchmarkVerifyEvents is what a call with a wrong signature costs, small and as large as it may
// be.
func BenchmarkVerifyEvents(b *testing.B) {
	for name, size := range map[string]int{"1 kB": 1000, "1 MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			f, _ := listening(b, true)
			req := newAccount(b).call(b, f.clock, make([]byte, size))
			for b.Loop() {
				if f.verifyEvents(req) == nil {
					b.Fatal("it is let through")
				}
			}
		})
	}
}
