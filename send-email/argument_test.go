package function

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"handler/function/internal/order"
)

// Each argument that a command cannot use is named, before the database is asked.
func TestWrongArgumentIsNamed(t *testing.T) {
	t.Parallel()

	const id, reason, mailbox = ": want the ID of a Checkout Session, cs_…", ": want why, in up to 500 characters", ": want " + order.AddressForm
	const alone = ": want an e-mail address without a name"
	for _, c := range []struct{ command, arguments, want string }{
		{"id", `"pi_1"`, "id" + id},
		{"id", `1`, "id: want a string"},
		{"sweep", `false`, "sweep: want true"},
		{"order", `""`, "order" + id},
		{"order", `{"$gt": ""}`, "order: want a string"},
		{"summary", `false`, "summary: want true"},
		{"report", `false`, "report: want true"},
		{"resend", `{"reason": "x"}`, "resend.order" + id},
		{"resend", `{"order": "cs_a.b", "reason": "x"}`, "resend.order" + id},
		{"resend", `{"order": "cs_1"}`, "resend.reason" + reason},
		{"resend", `{"order": "cs_1", "reason": " "}`, "resend.reason" + reason},
		{"resend", `{"order": "cs_1", "reason": "` + strings.Repeat("é", order.MaxReason+1) + `"}`, "resend.reason" + reason},
		{"resend", `{"order": "cs_1", "reason": "x", "to": "not-an-address"}`, "resend.to" + mailbox},
		{"resend", `{"order": "cs_1", "reason": "x", "to": "ada@bücher.example"}`, "resend.to" + mailbox},
		{"resend", `{"order": "cs_1", "reason": "x", "to": "ada@example.com, bob@example.com"}`, "resend.to" + mailbox},
		{"resend", `{"order": "cs_1", "reason": "x", "to": "` + strings.Repeat("a", 254) + `@example.com"}`, "resend.to" + mailbox},
		{"resend", `{"order": "cs_1", "reason": "x", "cc": "ada@example.com"}`, "resend: want no arguments but order, key, to, reason"},
		{"forget", `{}`, "forget: want either email or order"},
		{"forget", `{"email": "ada@example.com", "order": "cs_1"}`, "forget: want either email or order"},
		{"forget", `{"email": "@"}`, "forget.email" + alone},
		{"forget", `{"email": "Ada <ada@example.com>"}`, "forget.email" + alone},
		{"forget", `{"order": "cs_a.b"}`, "forget.order" + id},
		{"forget", `{"email": "ada@example.com", "dryrun": true}`, "forget: want no arguments but email, order, before, dry_run"},
		{"export", `{}`, "export: want either email or order"},
		{"export", `{"email": "ada"}`, "export.email" + alone},
		{"export", `{"order": "ada@example.com"}`, "export.order" + id},
		{"export", `{"order": "cs_1", "dry_run": true}`, "export: want no arguments but email, order, before"},
		{"correct", `{"order": "cs_1", "reason": "x"}`, "correct.to" + mailbox},
		{"correct", `{"order": "cs_1", "reason": "x", "to": "ada"}`, "correct.to" + mailbox},
		{"correct", `{"to": "ada@example.com", "reason": "x"}`, "correct.order" + id},
		{"correct", `{"order": "cs_1", "to": "ada@example.com"}`, "correct.reason" + reason},
		{"correct", `{"order": "cs_1", "to": "ada@example.com", "reason": "x", "resend": "ebook/delivery"}`, "correct.resend: want a list of strings"},
		{"correct", `{"order": "cs_1", "to": "ada@example.com", "key": "x"}`, "correct: want no arguments but order, to, reason, resend"},
		{"lost", `{}`, `unknown call: want {"id": "cs_…"} or one of ` + strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")},
	} {
		t.Run(c.command+" "+c.arguments, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			res := b.invoke(b.dated(c.command, c.arguments))
			var body map[string]string
			if err := json.Unmarshal(res.Body, &body); err != nil || res.StatusCode != http.StatusBadRequest || body["error"] != c.want {
				t.Errorf("got %d %s\nwant %s", res.StatusCode, res.Body, c.want)
			}
			if b.memory.calls != 0 {
				t.Errorf("%d calls of the database", b.memory.calls)
			}
		})
	}
}
