package sendgrid_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"handler/function/local/sendgrid"
)

const settings = "/v3/user/webhooks/event/settings"

// listener is a webhook of the stand-in, and what it was told.
type listener struct {
	*sendgrid.Service
	api string
	// told gets each verified event's kind, and events the events themselves.
	told   chan string
	mu     sync.Mutex
	events []map[string]any
	// answer is the status of the next calls.
	answer int
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{told: make(chan string, 100), answer: 200}
	var err error
	if l.Service, err = sendgrid.New(sendgrid.Options{Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	api := httptest.NewServer(l.API())
	t.Cleanup(api.Close)
	l.api = api.URL
	hook := httptest.NewServer(http.HandlerFunc(l.hear))
	t.Cleanup(hook.Close)
	if _, err := l.AddWebhook(sendgrid.Webhook{URL: hook.URL, Enabled: true, Signed: true}); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *listener) hear(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(l.Webhooks()[0].PublicKey())
	if err != nil {
		l.told <- err.Error()
		return
	}
	ok, err := eventwebhook.VerifySignature(key, body, r.Header.Get(eventwebhook.VerificationHTTPHeader), r.Header.Get(eventwebhook.TimestampHTTPHeader))
	if !ok || err != nil {
		l.told <- "a wrong signature"
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.WriteHeader(l.answer); l.answer != 200 {
		l.answer = 200
		l.told <- "refused"
		return
	}
	var events []map[string]any
	_ = json.Unmarshal(body, &events)
	l.events = append(l.events, events...)
	for _, e := range events {
		name, _ := e["event"].(string)
		l.told <- name
	}
}

// hears waits for so many events.
func (l *listener) hears(t *testing.T, n int) []string {
	t.Helper()
	var all []string
	for range n {
		select {
		case name := <-l.told:
			all = append(all, name)
		case <-time.After(20 * time.Second):
			t.Fatalf("after %v nothing comes any more", all)
		}
	}
	return all
}

func (l *listener) send(t *testing.T) {
	t.Helper()
	server{api: l.api}.send(t, strings.Replace(letter, `{"n":"<&>"}`, `{"order":"cs_1","delivery":"cs_1/a/b"}`, 1))
}

func TestEvents(t *testing.T) {
	t.Parallel()

	t.Run("are posted, signed, of each mail, with its custom arguments", func(t *testing.T) {
		t.Parallel()

		l := listen(t)
		l.send(t)
		if diff := cmp.Diff([]string{"processed", "delivered"}, l.hears(t, 2)); diff != "" {
			t.Error(diff)
		}
		e := l.events[1]
		for name, want := range map[string]any{"order": "cs_1", "delivery": "cs_1/a/b", "email": "ada@example.com", "timestamp": float64(clock().Unix() + 1), "response": "250 2.0.0 OK"} {
			if e[name] != want {
				t.Errorf("%s is %v, want %v", name, e[name], want)
			}
		}
	})

	t.Run("lead where they are told to, for so many mails", func(t *testing.T) {
		t.Parallel()

		for outcome, want := range map[string][]string{
			`{"event":"bounce"}`:                          {"processed", "bounce"},
			`{"event":"blocked"}`:                         {"processed", "bounce"},
			`{"event":"dropped"}`:                         {"dropped"},
			`{"event":"deferred"}`:                        {"processed", "deferred", "delivered"},
			`{"event":"spamreport"}`:                      {"processed", "delivered", "spamreport"},
			`{"event":"open","copies":2,"reversed":true}`: {"open", "open", "delivered", "delivered", "processed", "processed"},
		} {
			l := listen(t)
			if res, text := do(t, "PUT", l.api+"/_local/events", outcome); res.Status != 200 {
				t.Fatalf("%s: %d %s", outcome, res.Status, text)
			}
			l.send(t)
			l.send(t)
			if diff := cmp.Diff(append(want, "processed", "delivered"), l.hears(t, len(want)+2)); diff != "" {
				t.Errorf("%s: %s", outcome, diff)
			}
		}
	})

	t.Run("that are not taken are posted again", func(t *testing.T) {
		t.Parallel()

		l := listen(t)
		l.answer = 503
		l.send(t)
		if diff := cmp.Diff([]string{"refused", "processed", "delivered"}, l.hears(t, 3)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("end when the webhook is disabled, and with the service", func(t *testing.T) {
		t.Parallel()

		l := listen(t)
		path := l.api + settings + "/" + l.Webhooks()[0].ID
		if res, text := do(t, "PATCH", path, `{"enabled":false}`, "Authorization", "Bearer "+testKey); res.Status != 200 {
			t.Fatalf("%d %s", res.Status, text)
		}
		l.send(t)
		do(t, "PATCH", path, `{"enabled":true,"delivered":false}`, "Authorization", "Bearer "+testKey)
		l.send(t)
		if got := l.hears(t, 1); got[0] != "processed" {
			t.Errorf("got %v", got)
		}
		l.Close()
		l.send(t)
		if len(l.told) > 0 {
			t.Errorf("told %s", <-l.told)
		}
	})
}

func TestWebhookSettings(t *testing.T) {
	t.Parallel()

	s := setup(t, "")
	ask := func(method, path, body string, want int) map[string]any {
		t.Helper()
		res, text := do(t, method, s.api+settings+path, body, "Authorization", "Bearer "+testKey)
		if res.Status != want {
			t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, res.Status, text, want)
		}
		var answer map[string]any
		_ = json.Unmarshal([]byte(text), &answer)
		return answer
	}
	made := ask("POST", "", `{"enabled":true,"url":"https://shop.example.com/hook","bounce":true,"open":false,"friendly_name":"ours"}`, 201)
	id, _ := made["id"].(string)
	if made["bounce"] != true || made["open"] != false || made["delivered"] != false || made["public_key"] != nil {
		t.Errorf("made %v", made)
	}
	signed := ask("PATCH", "/signed/"+id, `{"enabled":true}`, 200)
	if _, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(signed["public_key"].(string)); err != nil {
		t.Errorf("signed %v: %v", signed, err)
	}
	if changed := ask("PATCH", "/"+id, `{"enabled":false,"delivered":true,"bounce":true}`, 200); changed["enabled"] != false || changed["delivered"] != true || changed["public_key"] != signed["public_key"] {
		t.Errorf("changed %v", changed)
	}
	ask("POST", "", `{"url":"https://other.example.com"}`, 201)
	ask("POST", "", `{"url":"https://third.example.com"}`, 400)
	all, _ := ask("GET", "/all", "", 200)["webhooks"].([]any)
	if len(all) != 2 || all[0].(map[string]any)["id"] != id {
		t.Errorf("all %v", all)
	}
	if off := ask("PATCH", "/signed/"+id, `{"enabled":false}`, 200); off["public_key"] != "" {
		t.Errorf("not signed %v", off)
	}
	for _, wrong := range []string{`{"enabled":"yes"}`, `{"url":"x"}`, `{"clicks":true}`, `[]`, `{"bounce":null}`} {
		ask("PATCH", "/"+id, wrong, 400)
	}
	ask("PATCH", "/signed/"+id, `{}`, 400)
	ask("PATCH", "/none", `{"enabled":true}`, 404)
	if res, _ := do(t, "GET", s.api+settings+"/all", ""); res.Status != 401 {
		t.Errorf("without a key: %d", res.Status)
	}
	if res, _ := do(t, "PUT", s.api+"/_local/events", `{"event":"lost"}`); res.Status != 400 {
		t.Errorf("an unknown outcome: %d", res.Status)
	}
}
