package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"handler/function/shared/shop"
)

const inboxOfFour = `[
	{"message_id": "1", "received_at": "2026-03-04T05:06:07.000Z", "request": {"personalizations": [{"custom_args": {"order": "cs_1", "delivery": "cs_1/a"}}]}},
	{"message_id": "2", "received_at": "2026-03-04T05:06:07.000Z", "request": {"personalizations": [{"custom_args": {"order": "cs_2", "delivery": "cs_2/a"}}]}},
	{"message_id": "3", "received_at": "2026-03-04T05:06:07.000Z", "request": {"personalizations": [{"custom_args": {"order": "cs_1", "delivery": "cs_1/b"}}]}},
	{"message_id": "4", "received_at": "2026-03-04T05:06:07.000Z", "request": {"personalizations": [{}]}}
]`

func TestCompareInbox(t *testing.T) {
	t.Parallel()

	inbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(inboxOfFour))
	}))
	t.Cleanup(inbox.Close)
	b := &buyer{&shop.Shop{Env: map[string]string{"INBOX_URL": inbox.URL}}}
	ours := map[string]bool{"cs_1": true} // 2 mails

	for name, test := range map[string]struct {
		sent, unsure int
		ok           bool
	}{
		"is content when all came once":                       {2, 0, true},
		"complains when one was sent and did not come":        {3, 0, false},
		"complains when one came twice":                       {1, 0, false},
		"is content when one came twice that may have":        {1, 1, true},
		"complains when more came than those that are unsure": {0, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c, out := quiet(t)
			err := b.compareInbox(t.Context(), c, counts{orders: ours, sent: test.sent, unsure: test.unsure})
			if (err == nil) != test.ok {
				t.Errorf("error = %v", err)
			}
			mustContain(t, out.String(), "2 e-mails of these orders came to the inbox")
		})
	}
}
