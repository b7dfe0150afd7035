package stripe_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/event"
)

// happened is an event about a session that was opened a second before it.
func happened(id, eventType, session string, created int64) string {
	return fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"data":{"object":{"id":"%s","object":"checkout.session",
		"created":%d,"status":"complete","payment_status":"paid","payment_link":"plink_%s","amount_total":9007199254740993}}}`,
		id, eventType, created, session, created-1, session)
}

const completed = "checkout.session.completed"

// happen puts events, of n seconds ago each, and gives now.
func (s server) happen(t *testing.T, events ...func(now int64) string) int64 {
	t.Helper()
	now := time.Now().Unix()
	for _, e := range events {
		if status, _, text := s.do(t, "PUT", "/_local/events", e(now)); status != 204 {
			t.Fatalf("%d %s", status, text)
		}
	}
	return now
}

func ago(id, eventType, session string, seconds int64) func(int64) string {
	return func(now int64) string { return happened(id, eventType, session, now-seconds) }
}

// ids are those of the list at a path, all pages of it.
func (s server) ids(t *testing.T, path string) string {
	t.Helper()
	_, ids := s.page(t, path)
	return strings.Join(ids, " ")
}

func TestListEvents(t *testing.T) {
	t.Parallel()

	s := setup(t, "")
	const days = 24 * 3600
	now := s.happen(t,
		ago("evt_b", completed, "cs_1", 50), ago("evt_d", "checkout.session.async_payment_failed", "cs_3", 10), ago("evt_a", completed, "cs_1", 100),
		ago("evt_c", completed, "cs_2", 50), ago("evt_old", completed, "cs_4", 31*days), ago("evt_edge", completed, "cs_5", 29*days),
		func(now int64) string {
			return fmt.Sprintf(`{"id":"evt_ch","object":"event","type":"charge.refunded","created":%d,"data":{"object":{"id":"ch_1","object":"charge"}}}`, now-5)
		},
		func(now int64) string {
			return strings.Replace(happened("evt_other", completed, "cs_6", now-5), `"object":"event"`, `"object":"event","account":"acct_1"`, 1)
		})

	for query, want := range map[string]string{
		"":                             "evt_ch evt_d evt_c evt_b evt_a evt_edge",
		"?type=" + completed:           "evt_c evt_b evt_a evt_edge",
		"?type=charge.*":               "evt_ch",
		"?type=*.async_payment_failed": "evt_d",
		"?types[]=charge.refunded":     "evt_ch",
		"?types[0]=charge.refunded&types[1]=checkout.session.async_payment_failed": "evt_ch evt_d",
		fmt.Sprintf("?created[gte]=%d", now-50):                                    "evt_ch evt_d evt_c evt_b",
		fmt.Sprintf("?created[gt]=%d", now-50):                                     "evt_ch evt_d",
		fmt.Sprintf("?created[lte]=%d", now-50):                                    "evt_c evt_b evt_a evt_edge",
		fmt.Sprintf("?created[lt]=%d", now-50):                                     "evt_a evt_edge",
		fmt.Sprintf("?created=%d", now-100):                                        "evt_a",
		fmt.Sprintf("?created[gt]=%d&created[lt]=%d", now-100, now-10):             "evt_c evt_b",
		"?limit=2":                                      "evt_ch evt_d",
		"?limit=2&starting_after=evt_d":                 "evt_c evt_b",
		"?limit=2&ending_before=evt_b":                  "evt_d evt_c",
		"?type=charge.*&starting_after=evt_ch":          "",
		"?type=charge.*&starting_after=evt_d":           "", // it is older than what is left
		"?type=" + completed + "&starting_after=evt_ch": "evt_c evt_b evt_a evt_edge",
	} {
		if got := s.ids(t, "/v1/events"+query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if _, ids := s.page(t, "/v1/events", "Stripe-Account", "acct_1"); strings.Join(ids, " ") != "evt_other" {
		t.Errorf("of the connected account: %v", ids)
	}
	for _, query := range []string{
		"?delivered=true", "?type=a.b&types[]=c.d", "?types[]=nonsense", "?created[gte]=yesterday", "?created[after]=1", "?starting_after=evt_none",
		"?starting_after=evt_old", "?limit=101", "?expand[]=data", "?status=complete", "?" + strings.Repeat("types[]=a.b&", 21),
	} {
		s.refused(t, "/v1/events"+query, 400)
	}
}

func TestListSessions(t *testing.T) {
	t.Parallel()

	s := setup(t, "")
	now := s.happen(t, ago("evt_1", completed, "cs_1", 100), ago("evt_2", completed, "cs_2", 50), ago("evt_3", completed, "cs_old", 365*24*3600),
		func(now int64) string {
			return strings.Replace(happened("evt_4", "checkout.session.expired", "cs_gone", now-10), `"complete"`, `"expired"`, 1)
		},
		// The newest event says how the session is, though an older one comes later.
		func(now int64) string {
			return strings.Replace(happened("evt_5", "checkout.session.async_payment_succeeded", "cs_1", now-20), fmt.Sprint(now-21), fmt.Sprint(now-101), 1)
		},
		func(now int64) string {
			return strings.Replace(happened("evt_6", completed, "cs_1", now-100), `"paid"`, `"unpaid"`, 1)
		})
	for query, want := range map[string]string{
		"":                                       "cs_gone cs_2 cs_1 cs_old",
		"?status=complete":                       "cs_2 cs_1 cs_old",
		"?status=open":                           "",
		"?payment_link=plink_cs_2":               "cs_2",
		fmt.Sprintf("?created[gte]=%d", now-101): "cs_gone cs_2 cs_1",
		"?limit=1&starting_after=cs_2":           "cs_1",
	} {
		if got := s.ids(t, "/v1/checkout/sessions"+query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for _, query := range []string{"?status=paid", "?type=a.b", "?created[gte]=x"} {
		s.refused(t, "/v1/checkout/sessions"+query, 400)
	}
	status, _, text := s.do(t, "GET", "/v1/checkout/sessions/cs_1", "")
	var one struct {
		Status  string `json:"payment_status"`
		Created int64  `json:"created"`
	}
	if err := json.Unmarshal([]byte(text), &one); status != 200 || err != nil || one.Status != "paid" || one.Created != now-101 {
		t.Errorf("%d %s", status, text)
	}
	if !strings.Contains(text, "9007199254740993") {
		t.Errorf("a large number is another one: %s", text)
	}
}

// Stripe's own client reads what is listed here.
func TestHistoryForStripesClient(t *testing.T) {
	t.Parallel()

	s := setup(t, "")
	for n := range 7 {
		s.happen(t, ago(fmt.Sprintf("evt_%d", n), completed, fmt.Sprintf("cs_%d", n), int64(n)))
	}
	backend := client(s, 0).B
	params := &stripego.EventListParams{Types: stripego.StringSlice([]string{completed, "charge.refunded"}), CreatedRange: &stripego.RangeQueryParams{GreaterThanOrEqual: 1}}
	params.Limit = stripego.Int64(3)
	var ids []string
	list := event.Client{B: backend, Key: testKey}.List(params)
	for list.Next() {
		ids = append(ids, list.Event().ID)
	}
	if d := cmp.Diff("evt_0 evt_1 evt_2 evt_3 evt_4 evt_5 evt_6", strings.Join(ids, " ")); d != "" || list.Err() != nil {
		t.Errorf("events, %v (-want +got):\n%s", list.Err(), d)
	}
	got, err := session.Client{B: backend, Key: testKey}.Get("cs_3", nil)
	if err != nil || got.PaymentStatus != stripego.CheckoutSessionPaymentStatusPaid {
		t.Errorf("%+v, %v", got, err)
	}
	s.do(t, "PUT", "/_local/account", `{"permissions": {"`+testKey+`": ["checkout_session_read"]}}`)
	var e *stripego.Error
	if list := (event.Client{B: backend, Key: testKey}).List(params); !errors.As(list.Err(), &e) || e.HTTPStatusCode != http.StatusForbidden || !strings.Contains(e.Msg, "rak_event_read") {
		t.Errorf("without the permission: %v", list.Err())
	}
}

func TestAddEventRefuses(t *testing.T) {
	t.Parallel()

	s := setup(t, "")
	good := happened("evt_1", completed, "cs_1", 1_700_000_000)
	for _, c := range [][3]string{
		{"nothing", good, "read the event"}, {`"evt_1"`, `"ev_1"`, "id must start"}, {`"object":"event"`, `"object":"thing"`, "object must be"},
		{completed, "completed", "type must be"}, {`"created":1700000000`, `"created":0`, "created must be"}, {`"cs_1"`, `"pi_1"`, "start with cs_"},
		{`"object":"checkout.session"`, `"object":""`, "data.object must be"},
	} {
		body := strings.Replace(good, c[0], c[1], 1)
		if body == good {
			body = c[0]
		}
		if status, _, text := s.do(t, "PUT", "/_local/events", body); status != 400 || !strings.Contains(text, c[2]) {
			t.Errorf("%s: %d %s, want %q", c[1], status, text, c[2])
		}
	}
	if got := s.ids(t, "/v1/events"); got != "" {
		t.Errorf("listed: %s", got)
	}
}

func TestEventsAreKept(t *testing.T) {
	t.Parallel()

	t.Run("over a restart", func(t *testing.T) {
		t.Parallel()

		file := filepath.Join(t.TempDir(), "kept.jsonl")
		before := setup(t, file)
		before.happen(t, ago("evt_1", completed, "cs_1", 3), ago("evt_2", completed, "cs_2", 2), ago("evt_1", completed, "cs_3", 1))
		before.set(t, "cs_1", "", manyItems(2))
		appendTo(t, file, `{"event":{"id":"evt_torn"`)
		for range 2 {
			after := setup(t, file)
			if got := after.ids(t, "/v1/events"); got != "evt_1 evt_2" {
				t.Errorf("events %s", got)
			}
			if got := after.ids(t, "/v1/checkout/sessions"); got != "cs_3 cs_2" {
				t.Errorf("sessions %s", got)
			}
			if _, ids := after.page(t, "/v1/checkout/sessions/cs_1/line_items"); len(ids) != 2 {
				t.Errorf("line items %v", ids)
			}
		}
	})

	t.Run("up to some thousands, in a file that does not grow for ever", func(t *testing.T) {
		t.Parallel()

		file := filepath.Join(t.TempDir(), "kept.jsonl")
		s := setup(t, file)
		s.set(t, "cs_1", "", manyItems(1))
		now := time.Now().Unix()
		for n := range 5_100 {
			if err := s.service.AddEvent([]byte(happened(fmt.Sprintf("evt_%d", n), completed, "cs_1", now-20_000+int64(n)))); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range []server{s, setup(t, file)} {
			if got := s.ids(t, "/v1/events?limit=1"); got != "evt_5099" {
				t.Errorf("the newest is %s", got)
			}
			if got := s.ids(t, "/v1/events?starting_after=evt_101"); got != "evt_100" {
				t.Errorf("the oldest is %s", got)
			}
		}
		if n := len(lines(t, file)); n != 5_001 {
			t.Errorf("after a restart the file has %d lines", n)
		}
	})
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}
