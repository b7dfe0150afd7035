package shops

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/e2e/clone"
	"handler/function/internal/sample"
	"handler/function/shared/runenv"
	"handler/function/shared/shop"
)

// TestRun has the laptop build and run an owner's shop, as make run does, sells what it sells, and
// reads the e-mails.
func TestRun(t *testing.T) {
	o := newOwner(t)
	inGerman(o)
	o.replace(catalogueFile, "email: shop@example.com", "email: post@ladenzeile.example", "name: Example Shop", "name: Ladenzeile",
		"  - owner@example.com\n", "  - zoe@ladenzeile.example\n  - max@ladenzeile.example\n", "products: [prod_ebook]", "products: [prod_NffrFeUfNV2Hib]")
	s := startLaptop(t, o)
	event, err := sample.Event("completed_de")
	if err != nil {
		t.Fatal(err)
	}
	items, err := sample.LineItems("completed_de")
	if err != nil {
		t.Fatal(err)
	}
	items = bytes.ReplaceAll(items, []byte("prod_ebook"), []byte("prod_NffrFeUfNV2Hib"))
	if _, err := s.Buy(t.Context(), event, items); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"post@ladenzeile.example to juergen@example.com: Ihr Beleg von Ladenzeile: 160,95 €",
		"post@ladenzeile.example to juergen@example.com: Ihr Einkauf: The e-book",
		"post@ladenzeile.example to juergen@example.com: Ihr Einkauf: The workbook",
		"post@ladenzeile.example to zoe@ladenzeile.example, max@ladenzeile.example: Keine E-Mails für prod_workbook",
		"post@ladenzeile.example to zoe@ladenzeile.example, max@ladenzeile.example: Verkauf: 160,95 € von Jürgen Beispiel",
	}
	got := mails(t, s)
	for deadline := time.Now().Add(2 * time.Minute); len(got) < len(want) && time.Now().Before(deadline); got = mails(t, s) {
		<-time.After(100 * time.Millisecond)
	}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], "\u00a0", " ") // between an amount and its currency
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the e-mails (-want +got):\n%s", diff)
	}
}

// startLaptop starts a laptop with an owner's shop in a copy of Tillbell's folder, with the parts
// that make run has built or will use.
func startLaptop(t *testing.T, o owner) *shop.Shop {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	folder, state := t.TempDir(), t.TempDir()
	if err := clone.Into(folder, root, o.shop()); err != nil {
		t.Fatal(err)
	}
	laptop := filepath.Join(t.TempDir(), "laptop")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", laptop, "./local")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build ./local: %v\n%s", err, out)
	}
	run := exec.Command(laptop, "run", "--quiet", "--state", state, "--bin", filepath.Join(root, ".local", "bin"))
	run.Dir = folder
	var output bytes.Buffer
	run.Stdout, run.Stderr = &output, &output
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	t.Cleanup(func() {
		_ = run.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	for deadline := time.Now().Add(15 * time.Minute); time.Now().Before(deadline); {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("it ended: %v\n%s", err, &output)
		case <-time.After(200 * time.Millisecond):
		}
		if env, err := runenv.Read(state); err == nil {
			s, err := shop.Open(env)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return s
		}
	}
	t.Fatal("the laptop is not ready in time")
	return nil
}

// mails are the e-mails in the inbox, each as its sender, recipients and subject, in order.
func mails(t *testing.T, s *shop.Shop) []string {
	t.Helper()
	get := func(path string) string {
		t.Helper()
		text, err := shop.Request(t.Context(), http.MethodGet, s.Env["INBOX_URL"]+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var messages []struct {
		ID      string `json:"message_id"`
		Request struct {
			From             struct{ Email string }
			Personalizations []struct {
				To []struct{ Email string }
			}
		}
	}
	if err := json.Unmarshal([]byte(get("/api/messages")), &messages); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range messages {
		var to []string
		for _, p := range m.Request.Personalizations {
			for _, a := range p.To {
				to = append(to, a.Email)
			}
		}
		all = append(all, fmt.Sprintf("%s to %s: %s", m.Request.From.Email, strings.Join(to, ", "), get("/api/messages/"+m.ID+"/subject")))
	}
	slices.Sort(all)
	return all
}
