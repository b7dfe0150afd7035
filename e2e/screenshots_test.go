package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"handler/function/shared/runenv"
)

// TestScreenshots makes the pictures of docs/ from the first screen of a laptop that `make run` has
// just started, whose inbox has the e-mails of the sample purchase:
//
//	UPDATE_SCREENSHOTS=1 go test ./e2e -run TestScreenshots
func TestScreenshots(t *testing.T) {
	if os.Getenv("UPDATE_SCREENSHOTS") == "" {
		t.Skip("it only makes the pictures of docs/, when UPDATE_SCREENSHOTS is set")
	}
	env, err := runenv.Read("../.local")
	if err != nil {
		t.Fatalf("make run must be up: %v", err)
	}
	b := openBrowser(t, env["INBOX_URL"])
	delivery := `[...document.querySelectorAll(".mail-row")].find((row) => row.innerText.includes("ebook/delivery"))`

	b.looks(t, 1280, 1000, "light")
	b.open(t, "/")
	b.is(t, delivery)
	b.is(t, delivery+".click() ?? true")
	b.mail(t, "Download")
	b.shoot(t, "inbox-desktop")
	b.looks(t, 390, 844, "light")
	b.is(t, `document.querySelector(".stage").scrollIntoView() ?? true`)
	b.shoot(t, "inbox-phone")

	b.looks(t, 1280, 1000, "light")
	b.open(t, "/templates/delivery?order=completed_two_products")
	b.choose(t, "José Ñandú")
	b.do(t, chromedp.KeyEvent("Grace Hopper"))
	b.mail(t, "Grace Hopper")
	b.shoot(t, "templates-desktop")

	b.do(t, chromedp.EmulateViewport(620, 490, chromedp.EmulateScale(2)))
	b.do(t, chromedp.Navigate("data:text/html;base64,"+base64.StdEncoding.EncodeToString([]byte(liveDelivery(t, env["INBOX_URL"])))))
	b.is(t, `document.body.innerText.includes("Download")`)
	b.shoot(t, "email")
}

// liveDelivery renders the shipped delivery for a sample order, without the remark that it is a test.
func liveDelivery(t *testing.T, inbox string) string {
	t.Helper()
	data := call(t, http.MethodGet, inbox+"/api/templates/delivery/data?order=completed_paid", nil, nil).body
	live := []byte(strings.NewReplacer(`"test":true`, `"test":false`, "cs_test_", "cs_live_").Replace(data))
	var mail struct{ HTML string }
	rendered := call(t, http.MethodPost, inbox+"/api/templates/delivery/render", nil, live)
	if err := json.Unmarshal([]byte(rendered.body), &mail); err != nil || mail.HTML == "" {
		t.Fatalf("render: %v %s", err, rendered.body)
	}
	return mail.HTML
}

// shoot saves a picture of the page in docs/.
func (b *browser) shoot(t *testing.T, name string) {
	t.Helper()
	b.is(t, "document.readyState === 'complete'")
	time.Sleep(500 * time.Millisecond) // until what is loaded is also painted
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(fmt.Sprintf("../docs/%s.png", name), png, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
