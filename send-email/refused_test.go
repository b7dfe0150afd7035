package function

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// refusing is setUp with a SendGrid that refuses the key until mend is called, and counts attempts.
func refusing(t *testing.T) (b *bench, attempts func() int, mend func(key string)) {
	t.Helper()
	b = setUp(t)
	var tries atomic.Int64
	accepted := "SG.new.key"
	host := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tries.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+accepted {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		r.Header.Set("Authorization", "Bearer SG.a.b")
		b.sendgrid.ServeHTTP(w, r)
	}))
	key := "SG.a.b"
	b.mail = newSendGrid(Service{URL: host, Key: func() (string, error) { return key, nil }, Transport: new(http.Transport)}, b.now)
	return b, func() int { return int(tries.Load()) }, func(k string) { key, accepted = k, k }
}

func TestRefusedKey(t *testing.T) {
	t.Parallel()

	sweep := func(t *testing.T, b *bench) {
		t.Helper()
		b.clock = b.clock.Add(time.Minute)
		if res := b.invoke(`{"sweep":true}`); res.StatusCode != http.StatusOK {
			t.Fatalf("sweep: %d %s", res.StatusCode, res.Body)
		}
	}

	t.Run("costs one attempt a minute and fails no e-mail, however long it lasts", func(t *testing.T) {
		t.Parallel()

		b, attempts, mend := refusing(t)
		first, second := b.place(t, "completed_paid"), b.place(t, "completed_two_products")
		for range 60 {
			sweep(t, b)
		}
		if n := attempts(); n < 55 || n > 70 {
			t.Errorf("%d attempts in an hour, want about one a minute", n)
		}
		for range 5 * 24 {
			b.clock = b.clock.Add(time.Hour)
			sweep(t, b)
		}
		for _, id := range []string{first, second} {
			for key, d := range b.memory.orders[id].Emails {
				if d.Final() {
					t.Errorf("%s is %s: %s", key, d.State, d.LastError)
				}
			}
		}
		mend("SG.a.b") // the account is back, and the key is the same
		sweep(t, b)
		sweep(t, b)
		want := []string{"course/sale", "course/welcome", "ebook/delivery", "ebook/delivery", "ebook/sale", "ebook/sale"}
		if d := cmp.Diff(want, b.sendgrid.sent()); d != "" {
			t.Errorf("two minutes after the key is back, sent (-want +got):\n%s", d)
		}
	})

	t.Run("is forgotten at once when the secret changes", func(t *testing.T) {
		t.Parallel()

		b, _, mend := refusing(t)
		b.place(t, "completed_paid")
		sweep(t, b)
		b.place(t, "completed_two_products")
		b.clock = b.clock.Add(order.DispatchGrace)
		b.invoke(`{"sweep":true}`)
		if n := strings.Count(b.logged.String(), `"the function cannot work as it is configured"`); n != 1 {
			t.Errorf("%d lines say that the key is refused:\n%s", n, b.logged)
		}
		mend("SG.new.key")
		b.invoke(`{"sweep":true}`)
		if d := cmp.Diff([]string{"course/sale", "course/welcome", "ebook/delivery", "ebook/sale"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
		b.clock = b.clock.Add(time.Minute) // those that were refused
		b.invoke(`{"sweep":true}`)
		if n := len(b.sendgrid.sent()); n != 6 {
			t.Errorf("%d e-mails are sent in the end, want 6", n)
		}
	})
}

// A sender that is not verified is the owner's to correct, as a key is.
func TestRefusedSenderDoesNotUseUpTheHorizon(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.sendgrid.sales = true
	id := b.place(t, "completed_paid")
	for range 10 {
		b.clock = b.clock.Add(order.Horizon / 2)
		b.sendgrid.answers = append(b.sendgrid.answers, status(403), status(403))
		b.invoke(`{"sweep":true}`)
	}
	b.clock = b.clock.Add(time.Hour)
	b.sendgrid.answers = append(b.sendgrid.answers, status(503), status(503)) // which counts from now on
	b.invoke(`{"sweep":true}`)
	b.clock = b.clock.Add(time.Hour)
	b.invoke(`{"sweep":true}`)
	if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale"}, b.sendgrid.sent()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
	if d := b.memory.orders[id].Emails["ebook/delivery"]; d.Attempts != 12 {
		t.Errorf("%d attempts, want each to count for the pauses", d.Attempts)
	}
}
