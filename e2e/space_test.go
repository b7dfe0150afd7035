package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
	sendemail "handler/function/send-email"
)

// TestDatabaseFillsUp has send-email's sweep look at a real database, which some orders fill to 85
// % of the quota. The admins get an e-mail; the next process, for which it is still full to 85 %,
// sends none, and a third one, which finds 96 %, another.
func TestDatabaseFillsUp(t *testing.T) {
	t.Parallel()

	db := database(t)
	store := db.store(t)
	for _, id := range []string{"cs_1", "cs_2", "cs_3"} {
		if _, err := store.Record(t.Context(), eventOf(t, "completed_unpaid", id, "evt_"+id)); err != nil {
			t.Fatal(err)
		}
	}
	mails := make(chan string, 10)
	sendgrid := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m mailRequest
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || len(m.Personalizations) != 1 {
			t.Errorf("mail %+v, %v", m, err)
		}
		mails <- m.Personalizations[0].CustomArgs["delivery"]
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(sendgrid.Close)
	// sweeps runs a process in which the database has that part of its quota, until it has looked
	// and sent so many e-mails. What it owes beyond them, the next process sends.
	sweeps := func(part float64, want int) (sent []string) {
		t.Helper()
		size, err := store.Size(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		log := &syncBuffer{}
		f, err := sendemail.New(sendemail.Parts{
			Store:    func() (sendemail.Store, error) { return db.store(t), nil },
			SendGrid: sendemail.Service{URL: sendgrid.URL, Key: func() (string, error) { return "SG.a.b", nil }},
			Interval: time.Hour, QuotaMB: float64(size) / part / (1 << 20), Random: rand.Float64, Log: slog.New(slog.NewJSONHandler(log, nil)),
			Now: func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
		}, []byte(strings.Replace(pairCatalogue, "notices: {", "notices: {database_full: d-00000000000000000000000000000003, ", 1)))
		if err != nil {
			t.Fatal(err)
		}
		quit, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.SweepUntil(quit)
		}()
		eventually(t, func() error {
			if !strings.Contains(log.String(), "the database fills up") {
				return errors.New("it has not looked")
			}
			return nil
		})
		for range want {
			select {
			case m := <-mails:
				sent = append(sent, m)
			case <-time.After(30 * time.Second):
				t.Error("no e-mail is sent")
			}
		}
		stop()
		<-done
		return sent
	}
	sent := slices.Concat(sweeps(0.85, 1), sweeps(0.85, 0), sweeps(0.96, 1))
	for i, level := range []string{"80", "95"} {
		if i >= len(sent) || !strings.HasPrefix(sent[i], order.ConditionsID+"/notice/database-full/"+level+"-") {
			t.Errorf("sent %q, want one at 80 %% and one at 95 %%", sent)
		}
	}
}
