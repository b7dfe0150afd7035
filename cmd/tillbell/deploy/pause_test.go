package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/shared/owner"
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
			err := owner.Pauser{Out: &out}.Pause(t.Context(), client)
			if errors.Is(err, owner.ErrBusy) != tt.busy || (err != nil) != tt.busy {
				t.Errorf("error %v", err)
			}
			begins, said, _ := strings.Cut(out.String(), "\n")
			if !strings.HasPrefix(begins, "To pause send-email") || !strings.HasPrefix(said, tt.says) || (tt.says == "") != (said == "") {
				t.Errorf("it says %q", out.String())
			}
			if got := <-asked; got != "3m0s" {
				t.Errorf("it asks for a pause of %s", got)
			}
		})
	}
}

func TestPaused(t *testing.T) {
	t.Parallel()

	touch := func(code string) []deploy.Step {
		return []deploy.Step{{What: "deploy", Args: []string{"sh", "-c", "touch deployed; exit " + code}}}
	}
	for name, tt := range map[string]struct {
		answer, key, exit string
		force             bool
		// pauses are what send-email is asked for; deployed: the step was run.
		pauses   string
		deployed bool
	}{
		"pauses, and deploys":                           {`{"idle": true}`, "key", "0", false, "3m0s", true},
		"ends the pause where the deployment fails":     {`{"idle": true}`, "key", "1", false, "3m0s 0s", true},
		"deploys nothing while something is in hand":    {`{"idle": false}`, "key", "0", false, "3m0s 0s", false},
		"deploys all the same where it is to":           {`{"idle": false}`, "key", "0", true, "3m0s", true},
		"deploys without a pause where there is no key": {``, "", "0", false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			client, asked := functions(t, 200, tt.answer)
			folder := t.TempDir()
			r := deploy.Runner{Out: io.Discard, Folder: folder}
			replace := deploy.OpenFaaS{Runner: r, Plan: deploy.Plan{Deploy: touch(tt.exit)}}.Replace
			client.Key = tt.key
			err := owner.Pauser{Out: io.Discard}.Paused(t.Context(), client, tt.force, replace)
			_, missing := os.Stat(filepath.Join(folder, "deployed"))
			if (missing == nil) != tt.deployed || (err == nil) != (tt.deployed && tt.exit == "0") {
				t.Errorf("error %v, deployed %v", err, missing == nil)
			}
			close(asked)
			var pauses []string
			for p := range asked {
				pauses = append(pauses, p)
			}
			if got := strings.Join(pauses, " "); got != tt.pauses {
				t.Errorf("it asks for %q, want %q", got, tt.pauses)
			}
		})
	}
}

// functions are answered as said by a gateway, of which asked gives how long it was asked to pause.
func functions(t *testing.T, status int, answer string) (client *owner.Client, asked chan string) {
	t.Helper()
	asked = make(chan string, 2)
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
