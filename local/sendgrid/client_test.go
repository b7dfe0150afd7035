package sendgrid_test

import (
	"strings"
	"testing"

	"github.com/sendgrid/rest"
	sgclient "github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
)

func TestSendGridsOwnClient(t *testing.T) {
	t.Parallel()

	s := setup(t, "")
	to := mail.NewEmail("Ada Lovelace", "ada@example.com")
	m := mail.NewV3Mail()
	m.SetFrom(mail.NewEmail("Shop", "shop@example.com"))
	m.SetReplyTo(mail.NewEmail("", "help@example.com"))
	m.SetTemplateID("d-0123456789abcdef0123456789abcdef")
	p := mail.NewPersonalization()
	p.AddTos(to)
	p.SetCustomArg("delivery", "d1")
	p.SetDynamicTemplateData("order", map[string]any{"total": "49.00"})
	m.AddPersonalizations(p)
	m.AddCategories("orders")
	m.SetASM(mail.NewASM().SetGroupID(7))
	m.SetTrackingSettings(mail.NewTrackingSettings().SetClickTracking(mail.NewClickTrackingSetting().SetEnable(false)))

	client := sgclient.Client{Request: sgclient.GetRequest(testKey, "/v3/mail/send", s.api)}
	client.Method = rest.Post
	resp, err := client.SendWithContext(t.Context(), m)
	if err != nil || resp.StatusCode != 202 {
		t.Fatalf("%+v, %v", resp, err)
	}
	got := s.messages(t)
	if len(got) != 1 || len(resp.Headers["X-Message-Id"]) != 1 || resp.Headers["X-Message-Id"][0] != got[0].MessageID {
		t.Errorf("got %+v, X-Message-Id %v", got, resp.Headers["X-Message-Id"])
	}

	m.SetFrom(mail.NewEmail("Shop", "shop"))
	if resp, err := client.SendWithContext(t.Context(), m); err != nil || resp.StatusCode != 400 || !strings.Contains(resp.Body, "from.email") {
		t.Errorf("%+v, %v", resp, err)
	}
}
