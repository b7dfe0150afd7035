package function

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func TestProcess(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.notes.started = b.clock
	started := b.clock.Format(time.RFC3339Nano)
	has(t, b.invoke(`{"process":true}`), http.StatusOK, `{"now":"`+started+`","started_at":"`+started+`","woken_at":null,"probes":[]}`)

	b.clock = b.clock.Add(time.Minute)
	b.Receive(handler.Request{Method: http.MethodPost})
	b.pause("3m") // which keeps none of this back
	var sent []string
	for n := range maxProbes + 2 {
		word := fmt.Sprint("probe", n)
		has(t, b.invoke(`{"probe":"`+word+`"}`), http.StatusOK, word)
		sent = append(sent, `"`+word+`"`)
	}
	woken := b.clock.Format(time.RFC3339Nano)
	want := `"started_at":"` + started + `","woken_at":"` + woken + `","probes":[` + strings.Join(sent[2:], ",") + `]`
	has(t, b.invoke(`{"process":true}`), http.StatusOK, want)
	if b.memory.calls != 0 {
		t.Errorf("it made %d calls of the database", b.memory.calls)
	}
	for _, word := range []string{"", "a b", "ada@example.com", strings.Repeat("x", 65)} {
		has(t, b.invoke(`{"probe":"`+word+`"}`), http.StatusBadRequest, "probe: want up to 64 letters and digits")
	}
}
