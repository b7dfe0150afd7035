package inbox

import (
	"strings"
	"testing"

	"handler/function/internal/alert"
	"handler/function/local/alerts"
)

func TestAlertsPage(t *testing.T) {
	t.Parallel()

	b := setup(t)
	mustHave(t, b.get(t, "/alerts").body, "No alert yet")
	if got := b.get(t, "/api/alerts").body; strings.TrimSpace(got) != "[]" && strings.TrimSpace(got) != "null" {
		t.Errorf("no alerts are %s", got)
	}
	for _, m := range []alert.Message{
		{Title: "SendGrid refuses the key", Text: "Create a key.", Kind: "sendgrid-key-refused", State: alert.Begun, At: start},
		{Title: "An e-mail <failed>", Text: "ebook/delivery", Kind: "email-failed", Order: "cs_1", At: start},
	} {
		b.alerts = append(b.alerts, alerts.Alert{Message: m, ReceivedAt: start})
	}
	page := b.get(t, "/alerts").body
	mustHave(t, page, "An e-mail &lt;failed&gt;", `href="/orders/cs_1"`, "sendgrid-key-refused, begun", `<a href="/alerts" aria-current="true">`)
	if strings.Index(page, "cs_1") > strings.Index(page, "Create a key.") {
		t.Error("the newest is not first")
	}
	got := b.get(t, "/api/alerts").body
	if strings.Index(got, "cs_1") < strings.Index(got, "Create a key.") {
		t.Errorf("the oldest is not first for scripts: %s", got)
	}
}
