package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"handler/function/ops/deploy"
	"handler/function/ops/owner"
)

func TestPause(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct {
		status int
		answer string
		says   string
		busy   bool
	}{
		"says that it is idle":                             {200, `{"idle": true, "in_hand": 0}`, "✓ send-email is idle, and begins nothing until it is deployed\n", false},
		"stops before what does not come to rest":          {200, `{"idle": false, "in_hand": 2}`, "", true},
		"says nothing of a first deployment":               {404, `no such function`, "", false},
		"goes on where the one that runs knows no pause":   {400, `{"error": "unknown call"}`, "– send-email is not paused, so an e-mail that it is sending may go out twice: send-email: unknown call (status 400)\n", false},
		"goes on where the key is another":                 {400, `{"error": "invalid signature"}`, "– send-email is not paused, so an e-mail that it is sending may go out twice: send-email: the function refuses", false},
		"goes on where the one that runs does not work":    {500, ``, "– send-email is not paused, so an e-mail that it is sending may go out twice: send-email: status 500\n", false},
		"goes on where an answer is not of any form known": {200, `OK`, "– send-email is not paused", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client, asked := functions(t, tt.status, tt.answer)
			var out bytes.Buffer
			err := deploy.Pause(t.Context(), &out, client)
			if errors.Is(err, deploy.ErrBusy) != tt.busy || (err != nil) != tt.busy {
				t.Errorf("error %v", err)
			}
			if !strings.HasPrefix(out.String(), tt.says) || (tt.says == "") != (out.Len() == 0) {
				t.Errorf("it says %q", out.String())
			}
			if got := <-asked; got != "3m0s" {
				t.Errorf("it asks for a pause of %s", got)
			}
		})
	}

	t.Run("ends where nothing was deployed", func(t *testing.T) {
		t.Parallel()

		client, asked := functions(t, 200, `{}`)
		deploy.Resume(t.Context(), client)
		if got := <-asked; got != "0s" {
			t.Errorf("it asks for a pause of %s", got)
		}
	})
}

// functions are answered as said by a gateway, of which asked gives how long it was asked to pause.
func functions(t *testing.T, status int, answer string) (client *owner.Client, asked chan string) {
	t.Helper()
	asked = make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Pause string
			At    time.Time
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.At.IsZero() || r.URL.Path != "/function/send-email" {
			t.Errorf("%s: %+v, %v", r.URL.Path, body, err)
		}
		asked <- body.Pause
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return &owner.Client{Gateway: server.URL, Key: "key"}, asked
}
