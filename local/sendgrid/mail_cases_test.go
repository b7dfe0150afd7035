package sendgrid

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
)

// clock is the time in all tests of the rules.
func clock() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

const (
	plain = `{"personalizations":[{"to":[{"email":"ada@example.com","name":"Ada"}]}],"from":{"email":"shop@example.com"},` +
		`"subject":"Hello","content":[{"type":"text/plain","value":"Hi"}]}`
	dynamic = `{"personalizations":[{"to":[{"email":"ada@example.com"}],"dynamic_template_data":{"a":{"b":[1,null]}},` +
		`"custom_args":{"delivery":"d1"}}],"from":{"email":"shop@example.com","name":"Shop"},` +
		`"template_id":"d-0123456789abcdef0123456789abcdef"}`
)

// judged says what SendGrid's OpenAPI description makes of a mail, where it does not judge as we do.
type judged int

const (
	same    judged = iota // it agrees with us
	allowed               // a rule that only the prose, the error list or the service itself has
	refused               // its description is wrong, and the service is known to accept it
)

// mailCase is a mail made of base with the fields of patch put in place of its own (null removes
// one), and the fields that are complained about, none for a good mail.
type mailCase struct {
	name    string
	base    string
	patch   string
	fields  string // separated by spaces; · stands for a space within one
	openAPI judged
}

func mailCases() []mailCase {
	return []mailCase{
		{"a plain mail", plain, `{}`, "", same},
		{"a dynamic template", dynamic, `{}`, "", same},
		{"a legacy template", dynamic, `{"template_id":"13b8f94f-bcae-4ec6-b752-70d6cb59f932","personalizations":[{"to":[{"email":"a@b.de"}],"substitutions":{"-x-":"y"}}]}`, "", same},
		{"everything at once", plain, everything, "", same},

		{"no body fields at all", `{}`, `{}`, "from.email personalizations content", same},
		{"an unknown field", plain, `{"subjct":"x"}`, "subjct", allowed},
		{"the legacy sections", plain, `{"sections":{"a":"b"}}`, "sections", allowed},
		{"an unknown field of a personalization", plain, toOne(`"categories":["a"]`), "personalizations.0.categories", allowed},
		{"an unknown field of an address", plain, `{"from":{"email":"a@b.de","mail":"x"}}`, "from.mail", allowed},

		{"no from", plain, `{"from":null}`, "from.email", same},
		{"a from without an address", plain, `{"from":{"name":"Shop"}}`, "from.email", same},
		{"a from that is a string", plain, `{"from":"shop@example.com"}`, "from", same},
		{"a from that is no address", plain, `{"from":{"email":"shop"}}`, "from.email", same},
		{"a from with a name that is a number", plain, `{"from":{"email":"a@b.de","name":1}}`, "from.name", same},
		{"a from with a line break in its name", plain, `{"from":{"email":"a@b.de","name":"a\nBcc: x"}}`, "from.name", allowed},
		{"a from of a personalization that is no address", plain, toOne(`"from":{"email":"@"}`), "personalizations.0.from.email", same},

		{"no personalizations", plain, `{"personalizations":null}`, "personalizations", same},
		{"an empty list of them", plain, `{"personalizations":[]}`, "personalizations", allowed},
		{"personalizations that are an object", plain, `{"personalizations":{}}`, "personalizations", same},
		{"a personalization that is a string", plain, `{"personalizations":["x"]}`, "personalizations.0", same},
		{"1,000 personalizations", plain, `{"personalizations":` + repeat(1000, `{"to":[{"email":"a@b.de"}]}`) + `}`, "", same},
		{"1,001 personalizations", plain, `{"personalizations":` + repeat(1001, `{"to":[{"email":"a@b.de"}]}`) + `}`, "personalizations", same},

		{"no to", plain, `{"personalizations":[{"cc":[{"email":"a@b.de"}]}]}`, "personalizations.0.to", same},
		{"an empty to", plain, `{"personalizations":[{"to":[]}]}`, "personalizations.0.to", allowed},
		{"a to that is an object", plain, `{"personalizations":[{"to":{"email":"a@b.de"}}]}`, "personalizations.0.to", same},
		{"a to without an address", plain, `{"personalizations":[{"to":[{"name":"Ada"}]}]}`, "personalizations.0.to.0.email", same},
		{"a second to that is no address", plain, `{"personalizations":[{"to":[{"email":"a@b.de"},{"email":"nobody"}]}]}`, "personalizations.0.to.1.email", same},
		{"an empty address", plain, `{"personalizations":[{"to":[{"email":""}]}]}`, "personalizations.0.to.0.email", same},
		{"an address that is a number", plain, `{"personalizations":[{"to":[{"email":7}]}]}`, "personalizations.0.to.0.email", same},
		{"a cc that is no address", plain, toOne(`"cc":[{"email":"x y@b.de"}]`), "personalizations.0.cc.0.email", allowed},
		{"a bcc that is no list", plain, toOne(`"bcc":"a@b.de"`), "personalizations.0.bcc", same},
		{"a comma in a recipient's name", plain, `{"personalizations":[{"to":[{"email":"a@b.de","name":"Lovelace, Ada"}]}]}`, "personalizations.0.to.0.name", allowed},
		{"a semicolon in a copy's name", plain, toOne(`"cc":[{"email":"a@b.de","name":"a;b"}]`), "personalizations.0.cc.0.name", allowed},
		{"a comma in the sender's name", plain, `{"from":{"email":"a@b.de","name":"Shop, Inc."}}`, "", same},
		{"the same address twice in to", plain, `{"personalizations":[{"to":[{"email":"a@b.de"},{"email":"a@b.de"}]}]}`, "personalizations.0", allowed},
		{"the same address in to and bcc, in another case", plain, toOne(`"bcc":[{"email":"ADA@example.com"}]`), "personalizations.0", allowed},
		{"the same address in two personalizations", plain, `{"personalizations":[{"to":[{"email":"a@b.de"}]},{"to":[{"email":"a@b.de"}]}]}`, "", same},
		{"1,000 recipients in all", plain, fmt.Sprintf(`{"personalizations":[{"to":%s,"cc":%s}]}`, people("a", 500), people("b", 500)), "", same},
		{"1,001 recipients in all", plain, fmt.Sprintf(`{"personalizations":[{"to":%s,"cc":%s},{"to":%s}]}`, people("a", 500), people("b", 500), people("c", 1)), "personalizations", allowed},

		{"no subject", plain, `{"subject":null}`, "subject", allowed},
		{"an empty subject", plain, `{"subject":""}`, "subject", same},
		{"a subject in each personalization", plain, `{"subject":null,"personalizations":[{"to":[{"email":"a@b.de"}],"subject":"x"}]}`, "", same},
		{"a subject in one of two", plain, `{"subject":null,"personalizations":[{"to":[{"email":"a@b.de"}],"subject":"x"},{"to":[{"email":"a@b.de"}]}]}`, "subject", allowed},
		{"an empty subject of a personalization", plain, toOne(`"subject":""`), "personalizations.0.subject", same},

		{"no content", plain, `{"content":null}`, "content", allowed},
		{"an empty list of content", plain, `{"content":[]}`, "content", allowed},
		{"an empty list of content beside a template", dynamic, `{"content":[]}`, "content", allowed},
		{"content without a value", plain, `{"content":[{"type":"text/plain"}]}`, "content.0.value", same},
		{"content with an empty value", plain, `{"content":[{"type":"text/plain","value":""}]}`, "content.0.value", same},
		{"content without a type", plain, `{"content":[{"value":"x"}]}`, "content.0.type", same},
		{"content of no MIME type", plain, `{"content":[{"type":"text","value":"x"}]}`, "content.0.type", allowed},
		{"content with a charset", plain, `{"content":[{"type":"text/plain; charset=utf-8","value":"x"}]}`, "content.0.type", allowed},
		{"plain, HTML and a calendar", plain, contents("text/plain", "text/html", "text/calendar"), "", same},
		{"HTML alone", plain, contents("text/html"), "", same},
		{"HTML before plain", plain, contents("text/html", "text/plain"), "content", allowed},
		{"a calendar before HTML", plain, contents("text/calendar", "text/html"), "content", allowed},
		{"plain twice", plain, contents("text/plain", "text/html", "text/plain"), "content", allowed},

		{"a template ID that is no ID", dynamic, `{"template_id":"welcome"}`, "template_id personalizations.0.dynamic_template_data", allowed},
		{"a dynamic template ID that is too short", dynamic, `{"template_id":"d-0123"}`, "template_id", allowed},
		{"a dynamic template ID in upper case", dynamic, `{"template_id":"d-0123456789ABCDEF0123456789ABCDEF"}`, "template_id", allowed},
		{"a template ID that is a number", dynamic, `{"template_id":5}`, "template_id personalizations.0.dynamic_template_data subject content", same},
		{"template data without a template", plain, toOne(`"dynamic_template_data":{}`), "personalizations.0.dynamic_template_data", allowed},
		{"template data that is a list", dynamic, toOne(`"dynamic_template_data":[]`), "personalizations.0.dynamic_template_data", same},
		{"substitutions with a dynamic template", dynamic, toOne(`"substitutions":{"-a-":"b"}`), "personalizations.0.substitutions", allowed},
		{"substitutions that are not strings", plain, toOne(`"substitutions":{"-a-":1}`), "personalizations.0.substitutions.-a-", same},
		{"substitutions of 10,000 bytes", plain, toOne(`"substitutions":` + args(10_000)), "", same},
		{"substitutions of 10,001 bytes", plain, toOne(`"substitutions":` + args(10_001)), "personalizations.0.substitutions", allowed},

		{"custom arguments of 10,000 bytes", plain, toOne(`"custom_args":` + args(10_000)), "", same},
		{"custom arguments of 10,001 bytes", plain, toOne(`"custom_args":` + args(10_001)), "personalizations.0.custom_args", allowed},
		{"a custom argument that is a number", plain, toOne(`"custom_args":{"n":1}`), "personalizations.0.custom_args.n", allowed},
		{"custom arguments that are a string", plain, toOne(`"custom_args":"x"`), "personalizations.0.custom_args", same},
		{"custom arguments of the whole mail", plain, `{"custom_args":{"a":"b"}}`, "", refused},
		{"custom arguments of the whole mail that are a string", plain, `{"custom_args":"{}"}`, "custom_args", allowed},
		{"too many custom arguments together", plain, `{"custom_args":{"b":"` + strings.Repeat("x", 5000) + `"},"personalizations":[{"to":[{"email":"a@b.de"}],"custom_args":` + args(5000) + `}]}`, "personalizations.0.custom_args", refused},

		{"a header of one's own", plain, `{"headers":{"X-Order":"cs_1"}}`, "", same},
		{"a reserved header", plain, `{"headers":{"Reply-To":"a@b.de"}}`, "headers.Reply-To", allowed},
		{"a reserved header in another case", plain, toOne(`"headers":{"X-SG-EID":"x"}`), "personalizations.0.headers.X-SG-EID", allowed},
		{"a header that is a number", plain, `{"headers":{"X-A":1}}`, "headers.X-A", allowed},
		{"a header with a space in its name", plain, `{"headers":{"X A":"b"}}`, "headers.X·A", allowed},
		{"a header with a line break", plain, `{"headers":{"X-A":"b\r\nBcc: x"}}`, "headers.X-A", allowed},
		{"headers that are a list", plain, `{"headers":[]}`, "headers", same},

		{"a send in 72 hours", plain, sendAt(72 * time.Hour), "", same},
		{"a send later than that", plain, sendAt(72*time.Hour + time.Second), "send_at", allowed},
		{"a send in the past", plain, sendAt(-time.Hour), "", same},
		{"a personalization sent too late", plain, toOne(`"send_at":2000000000`), "personalizations.0.send_at", allowed},
		{"a time that is a string", plain, `{"send_at":"1800000000"}`, "send_at", same},
		{"a time with a fraction", plain, `{"send_at":1764000000.5}`, "send_at", same},

		{"ten categories", plain, `{"categories":["1","2","3","4","5","6","7","8","9","10"]}`, "", same},
		{"eleven categories", plain, `{"categories":["1","2","3","4","5","6","7","8","9","10","11"]}`, "categories", same},
		{"a category twice", plain, `{"categories":["a","a"]}`, "categories", same},
		{"a category of 255 characters", plain, `{"categories":["` + strings.Repeat("ä", 255) + `"]}`, "", same},
		{"a category of 256 characters", plain, `{"categories":["` + strings.Repeat("a", 256) + `"]}`, "categories.0", same},
		{"a category that is a number", plain, `{"categories":[1]}`, "categories.0", same},
		{"a category that is no list", plain, `{"categories":"a"}`, "categories", same},

		{"a reply-to", plain, `{"reply_to":{"email":"help@example.com","name":"Help"}}`, "", same},
		{"a reply-to that is no address", plain, `{"reply_to":{"email":"help"}}`, "reply_to.email", same},
		{"a reply-to with a line break in its name", plain, `{"reply_to":{"email":"a@b.de","name":"a\nb"}}`, "reply_to.name", allowed},
		{"a list of reply-tos", plain, `{"reply_to_list":[{"email":"a@b.de"},{"email":"b@b.de"}]}`, "", same},
		{"both of them", plain, `{"reply_to":{"email":"a@b.de"},"reply_to_list":[{"email":"b@b.de"}]}`, "reply_to_list", allowed},
		{"a reply-to twice", plain, `{"reply_to_list":[{"email":"a@b.de"},{"email":"a@b.de"}]}`, "reply_to_list", same},
		{"1,001 reply-tos", plain, `{"reply_to_list":` + people("a", 1001) + `}`, "reply_to_list", same},

		{"an attachment", plain, attachment(`"content":"aGk=","filename":"a.txt","type":"text/plain","disposition":"inline","content_id":"a"`), "", same},
		{"an attachment without content", plain, attachment(`"filename":"a.txt"`), "attachments.0.content", same},
		{"an attachment without a name", plain, attachment(`"content":"aGk="`), "attachments.0.filename", same},
		{"an attachment that is not base64", plain, attachment(`"content":"hi!","filename":"a.txt"`), "attachments.0.content", allowed},
		{"an attachment without padding", plain, attachment(`"content":"aGk","filename":"a.txt"`), "attachments.0.content", allowed},
		{"an attachment with an empty type", plain, attachment(`"content":"aGk=","filename":"a.txt","type":""`), "attachments.0.type", same},
		{"an attachment with a semicolon in its name", plain, attachment(`"content":"aGk=","filename":"a;b"`), "attachments.0.filename", allowed},
		{"an attachment with an empty content ID", plain, attachment(`"content":"aGk=","filename":"a","content_id":""`), "attachments.0.content_id", allowed},
		{"an attachment of another disposition", plain, attachment(`"content":"aGk=","filename":"a.txt","disposition":"hidden"`), "attachments.0.disposition", same},
		{"an attachment with an unknown field", plain, attachment(`"content":"aGk=","filename":"a.txt","name":"x"`), "attachments.0.name", allowed},

		{"an unsubscribe group", plain, `{"asm":{"group_id":1,"groups_to_display":[1,2]}}`, "", same},
		{"an unsubscribe group without an ID", plain, `{"asm":{"groups_to_display":[1]}}`, "asm.group_id", same},
		{"an unsubscribe group with a text for an ID", plain, `{"asm":{"group_id":"1"}}`, "asm.group_id", same},
		{"an unsubscribe group's ID of 20 digits", plain, `{"asm":{"group_id":12345678901234567890}}`, "asm.group_id", allowed},
		{"26 groups to display", plain, `{"asm":{"group_id":1,"groups_to_display":` + repeat(26, "1") + `}}`, "asm.groups_to_display", same},
		{"a group to display that is a text", plain, `{"asm":{"group_id":1,"groups_to_display":["1"]}}`, "asm.groups_to_display.0", same},

		{"an IP pool", plain, `{"ip_pool_name":"ab"}`, "", same},
		{"an IP pool's name of one character", plain, `{"ip_pool_name":"a"}`, "ip_pool_name", same},
		{"an IP pool's name of 65", plain, `{"ip_pool_name":"` + strings.Repeat("a", 65) + `"}`, "ip_pool_name", same},
		{"a batch", plain, `{"batch_id":"abc"}`, "", same},
		{"a batch without a name", plain, `{"batch_id":""}`, "batch_id", allowed},
		{"a batch that is a number", plain, `{"batch_id":1}`, "batch_id", same},

		{"a setting that is a text", plain, `{"mail_settings":{"sandbox_mode":{"enable":"yes"}}}`, "mail_settings.sandbox_mode.enable", same},
		{"a setting that is no object", plain, `{"mail_settings":{"footer":true}}`, "mail_settings.footer", same},
		{"a footer that is a number", plain, `{"mail_settings":{"footer":{"enable":true,"html":1}}}`, "mail_settings.footer.html", same},
		{"an unknown setting", plain, `{"mail_settings":{"spam_check":{"enable":true}}}`, "mail_settings.spam_check", allowed},
		{"two bypasses that exclude each other", plain, `{"mail_settings":{"bypass_list_management":{"enable":true},"bypass_spam_management":{"enable":true}}}`, "mail_settings.bypass_spam_management", allowed},
		{"two bypasses of which one is off", plain, `{"mail_settings":{"bypass_list_management":{"enable":false},"bypass_spam_management":{"enable":true}}}`, "", same},
		{"a tracking flag that is a number", plain, `{"tracking_settings":{"click_tracking":{"enable":1}}}`, "tracking_settings.click_tracking.enable", same},
		{"an analytics field that is a number", plain, `{"tracking_settings":{"ganalytics":{"utm_term":1}}}`, "tracking_settings.ganalytics.utm_term", same},
		{"an unknown field of a tracking setting", plain, `{"tracking_settings":{"open_tracking":{"tag":"x"}}}`, "tracking_settings.open_tracking.tag", allowed},
	}
}

const everything = `{
	"personalizations":[{"from":{"email":"sales@example.com","name":"Sales"},"to":[{"email":"a@b.de","name":"Äda"}],
		"cc":[{"email":"c@b.de"}],"bcc":[{"email":"d@b.de"}],"subject":"Hi","headers":{"X-A":"b"},
		"substitutions":{"-n-":"Ada"},"custom_args":{"delivery":"d1"},"send_at":1764000000}],
	"reply_to_list":[{"email":"help@example.com"}],"attachments":[{"content":"aGk=","filename":"a.txt"}],
	"headers":{"X-B":"c"},"categories":["orders"],"send_at":1764000000,"batch_id":"b","asm":{"group_id":1},
	"ip_pool_name":"main",
	"mail_settings":{"bypass_bounce_management":{"enable":true},"bypass_unsubscribe_management":{"enable":true},
		"footer":{"enable":true,"text":"t","html":"h"},"sandbox_mode":{"enable":false}},
	"tracking_settings":{"click_tracking":{"enable":true,"enable_text":false},
		"open_tracking":{"enable":true,"substitution_tag":"%open%"},
		"subscription_tracking":{"enable":true,"text":"t","html":"h","substitution_tag":"%un%"},
		"ganalytics":{"enable":true,"utm_source":"s","utm_medium":"m","utm_term":"t","utm_content":"c","utm_campaign":"x"}}}`

// toOne is a patch with one recipient and these fields.
func toOne(fields string) string {
	return `{"personalizations":[{"to":[{"email":"ada@example.com"}],` + fields + `}]}`
}

func attachment(fields string) string { return `{"attachments":[{` + fields + `}]}` }

func contents(types ...string) string {
	var list []string
	for _, t := range types {
		list = append(list, `{"type":"`+t+`","value":"x"}`)
	}
	return `{"content":[` + strings.Join(list, ",") + `]}`
}

func sendAt(ahead time.Duration) string {
	return fmt.Sprintf(`{"send_at":%d}`, clock().Add(ahead).Unix())
}

func repeat(n int, what string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(what+",", n), ",") + "]"
}

func people(prefix string, n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"email":"%s%d@example.com"}`, prefix, i))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// args is an object of one string, n bytes long.
func args(n int) string { return `{"a":"` + strings.Repeat("x", n-len(`{"a":""}`)) + `"}` }

// patched is base with the fields of patch in place of its own; null removes one.
func patched(t *testing.T, base, patch string) map[string]any {
	t.Helper()
	body, fields := decode(t, base), decode(t, patch)
	maps.Copy(body, fields)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	return body
}
