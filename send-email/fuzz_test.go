package function

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// FuzzDecode: a body asks for one thing that makes sense, about no order or one by an ID that is
// none of a path, or for nothing.
func FuzzDecode(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	b := setUpOffline(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := b.decode(body)
		if err != nil {
			if err != openfaas.ErrCall && err != openfaas.ErrStale && !namesArgument(err) {
				t.Errorf("the error holds more than is to be logged of a body: %.200v", err)
			}
			return
		}
		if c.Check() != nil || c.OrderID() != "" && !order.ValidID(c.OrderID()) {
			t.Errorf("it asks for %+v", c)
		}
	})
}

// namesArgument reports whether an error names an argument of a command of ours, and nothing else.
func namesArgument(err error) bool {
	var wrong *openfaas.ArgumentError
	if !errors.As(err, &wrong) {
		return false
	}
	command, field, _ := strings.Cut(wrong.Name, ".")
	_, known := kinds[command]
	return (known || wrong.Name == "at") && strings.Trim(field, "abcdefghijklmnopqrstuvwxyz_") == "" && wrong.Want != ""
}

// FuzzReceive: what is not signed touches nothing, and each answer is a documented one that holds
// nothing of the body.
func FuzzReceive(f *testing.F) {
	for i, body := range bodies {
		f.Add([]byte(body), openfaas.Sign([]byte(body), key), []string{"POST", "GET", "PUT", "\xff"}[i%4])
		f.Add([]byte(body), "sha256=00", "POST")
	}
	f.Add([]byte{}, "", "POST")
	b := setUpOffline(f)
	f.Fuzz(func(t *testing.T, body []byte, signature, method string) {
		before := b.memory.calls
		res := b.Receive(request(method, string(body), signature))
		answered(t, res)
		if good := openfaas.Signed(body, signature, []string{key}); !good && b.memory.calls != before {
			t.Errorf("%q made %d calls of the database with the signature %q", body, b.memory.calls-before, signature)
		}
		monitor := method == http.MethodGet || method == http.MethodHead
		if method != http.MethodPost && !monitor && res.StatusCode != http.StatusMethodNotAllowed || monitor && !strings.HasPrefix(string(res.Body), `{"ok":`) {
			t.Errorf("%q is answered %d", method, res.StatusCode)
		}

		before = b.memory.calls
		answered(t, b.invoke(string(body)))
		if _, err := b.decode([]byte(b.datedRead(string(body)))); err != nil && b.memory.calls != before {
			t.Errorf("%q, which asks for nothing, made %d calls of the database", body, b.memory.calls-before)
		}
	})
}

// bodies are possible bodies of a call.
var bodies = []string{
	`{"id":"cs_1"}`, `{"sweep":true}`, `{"id":"cs_1","sweep":true}`, `{"id":"cs_1","sweep":false}`, `{"id":"","sweep":true}`, `{}`, `null`, ``, ` `,
	`{"id":"cs_1"}{"sweep":true}`, `{"id":"cs_1"} `, `{"id":"cs_1"}x`, `{"ID":"cs_1"}`, `{"id":"cs_1","id":"cs_2"}`, `{"id":null,"sweep":true}`,
	`{"id":"cs_1.events.$x"}`, `{"id":"cs_1\n"}`, `{"id":"cs_1\u0000"}`, `{"id":{"$gt":""}}`, `{"id":1e999}`, `{"sweep":18446744073709551616}`, `{"ada@example.com":1}`,
	"{\"id\":\"cs_\xff\"}", "\x00", `{"id":"cs_` + strings.Repeat("x", 251) + `"}`, `{"id":` + strings.Repeat("[", 20_000), `{"drop":` + strings.Repeat(`{"a":`, 20_000),
	`{"orders":{}}`, `{"orders":null}`, `{"orders":{"state":"lost"}}`, `{"orders":{"since":"yesterday","before":"now","limit":-1}}`,
	`{"orders":{"before":"2026-11-24T12:00:00.123Z/cs_1/cs_2","limit":500}}`, `{"order":"cs_1"}`, `{"order":"cs_$"}`, `{"summary":true}`, `{"summary":false}`,
	`{"forget":{"Email":1},"at":"2026-11-24T12:00:00Z"}`, `{"resend":{"ada@example.com":1}}`, `{"resend":[]}`, `{"correct":{"order":"cs_1","to":"ada@example.com","reason":"x","resend":["a"]},"at":"2026-11-24T12:00:00Z"}`, `{"report":"x"}`, `{"export":{},"at":"ada@example.com"}`,
}

// answered fails where an answer is none of docs/operations.md's.
func answered(t *testing.T, res handler.Response) {
	t.Helper()
	known := map[string]int{
		"":                                  http.StatusNoContent,
		`{"error":"only POST"}`:             http.StatusMethodNotAllowed,
		`{"error":"the body is too large"}`: http.StatusRequestEntityTooLarge,
		`{"error":"invalid signature"}`:     http.StatusBadRequest,
		`{"error":"the call is too old, too early, or undated"}`: http.StatusBadRequest,
		`{"error":"no such order"}`:                              http.StatusNotFound,
		`{"ok":true}`:                                            http.StatusOK,
		`{"ok":false}`:                                           http.StatusServiceUnavailable,
		`{"orders":0,"errors":0}`:                                http.StatusOK,
		`{"orders":[],"time_zone":"UTC"}`:                        http.StatusOK,
	}
	if (argumentForm.Match(res.Body) || unknownForm.Match(res.Body)) && res.StatusCode == http.StatusBadRequest || summaryForm.Match(res.Body) && res.StatusCode == http.StatusOK {
		return
	}
	if status, ok := known[strings.TrimSpace(string(res.Body))]; !ok || status != res.StatusCode {
		t.Errorf("an unknown answer: %d %s", res.StatusCode, res.Body)
	}
}

// What names a wrong argument, what lists the commands, and the summary of a shop without orders.
var (
	argumentForm = regexp.MustCompile(`^\{"error":"[a-z]+(\.[a-z_]+)?: want [A-Za-z0-9 ,:.…@_\\-]+"\}\n$`)
	unknownForm  = regexp.MustCompile(`^\{"error":"unknown call: want \{\\"id\\": \\"cs_…\\"\} or one of [a-z, ]+"\}\n$`)
	summaryForm  = regexp.MustCompile(`^\{"at":"[^"]+","time_zone":"UTC","live":\[.*,"now":\{"due":0,"stuck":0,"oldest_due_at":null,"oldest_due_s":0,"failed":0,"bounced":0\}\}\n$`)
)
