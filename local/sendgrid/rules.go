package sendgrid

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	dynamicPrefix = "d-"
	maxAhead      = 72 * time.Hour
	maxRecipients = 1000
	maxDataBytes  = 10_000
)

// reservedHeaders are SendGrid's to set.
var reservedHeaders = []string{
	"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding",
	"to", "from", "subject", "reply-to", "cc", "bcc",
}

// A ruling holds one mail to the rules that a schema cannot say.
type ruling struct {
	*complaints
	now     time.Time
	dynamic bool
	mail
}

func (m mail) rules(c *complaints, now time.Time) {
	r := ruling{c, now, strings.HasPrefix(m.TemplateID, dynamicPrefix), m}
	recipients := 0
	for i, p := range m.Personalizations {
		r.personalization(at("personalizations", i), p)
		recipients += len(p.To) + len(p.CC) + len(p.BCC)
	}
	if recipients > maxRecipients {
		r.fail("personalizations", "There is a limit of %d total recipients (to + cc + bcc) per request.", maxRecipients)
	}
	r.replyTo()
	r.subject()
	r.content()
	r.headers("headers", m.Headers)
	r.size("custom_args", m.CustomArgs)
	r.sendAt("send_at", m.SendAt)
	r.bypasses()
}

func (r ruling) personalization(path string, p personalization) {
	if p.TemplateData != nil && !r.dynamic {
		r.fail(at(path, "dynamic_template_data"), "Dynamic template data may only be used with a dynamic "+
			"template, whose template_id starts with d-.")
	}
	if p.Substitutions != nil && r.dynamic {
		r.fail(at(path, "substitutions"), "Substitutions may not be used with dynamic templating")
	}
	r.headers(at(path, "headers"), p.Headers)
	r.size(at(path, "substitutions"), p.Substitutions)
	// A mail carries the arguments of the whole request beside its own.
	args := maps.Clone(p.CustomArgs)
	if args != nil {
		maps.Copy(args, r.CustomArgs)
	}
	r.size(at(path, "custom_args"), args)
	r.sendAt(at(path, "send_at"), p.SendAt)
	r.unique(path, p)
}

// unique wants each address of a personalization once, in whatever case.
func (r ruling) unique(path string, p personalization) {
	seen := map[string]bool{"": true}
	for _, list := range []struct {
		name      string
		addresses []address
	}{{"to", p.To}, {"cc", p.CC}, {"bcc", p.BCC}} {
		for _, a := range list.addresses {
			key := strings.ToLower(a.Email)
			if key != "" && seen[key] {
				r.fail(path, "Each email address in the personalization block should be unique between to, cc, "+
					"and bcc. We found the first duplicate instance of [%s] in the %s field.", a.Email, at(path, list.name))
			}
			seen[key] = true
		}
	}
}

func (r ruling) replyTo() {
	if r.ReplyTo != nil && r.ReplyToList != nil {
		r.fail("reply_to_list", "The reply_to_list parameter cannot be used together with reply_to.")
	}
	seen := map[string]bool{}
	for _, a := range r.ReplyToList {
		key := strings.ToLower(a.Email)
		if key != "" && seen[key] {
			r.fail("reply_to_list", repeatedReplyTo)
		}
		seen[key] = true
	}
}

// subject is needed unless a template brings one or each personalization has its own.
func (r ruling) subject() {
	without := func(p personalization) bool { return p.Subject == "" }
	if r.Subject == nil && r.TemplateID == "" && slices.ContainsFunc(r.Personalizations, without) {
		r.fail("subject", "The subject is required. You can get around this requirement if you use a "+
			"template with a subject defined or if every personalization has a subject defined.")
	}
}

// content is needed unless a template brings it. text/plain comes first, text/html next, and each
// once: mail programs show the last part they can.
func (r ruling) content() {
	if r.Content == nil && r.TemplateID == "" {
		r.fail("content", noContent)
	}
	var types []string
	for _, part := range r.Content {
		types = append(types, part.Type)
	}
	plain, html := slices.Index(types, "text/plain"), slices.Index(types, "text/html")
	if plain > 0 || html > 1 || html == 1 && plain != 0 {
		r.fail("content", "If present, text/plain and text/html may only be provided in this order and first: "+
			"text/plain, text/html, then any other type.")
	}
	for _, t := range []string{"text/plain", "text/html"} {
		if i := slices.Index(types, t); i >= 0 && slices.Contains(types[i+1:], t) {
			r.fail("content", "If present, text/plain and text/html may only be provided once.")
		}
	}
}

func (r ruling) headers(path string, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		switch {
		case slices.Contains(reservedHeaders, strings.ToLower(name)):
			r.fail(at(path, name), "The header %s is reserved and may not be overridden.", name)
		case name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' || c == ':' }):
			r.fail(at(path, name), "A header's name must be ASCII characters other than space and colon.")
		}
	}
}

// size is that of the shortest JSON. SendGrid does not say how it counts; this is never less.
func (r ruling) size(path string, values map[string]string) {
	text, err := json.Marshal(values)
	if err == nil && len(text) > maxDataBytes {
		r.fail(path, "The total size of %s may not exceed %d bytes, you provided %d.", last(path), maxDataBytes, len(text))
	}
}

// sendAt may lie in the past, which means at once.
func (r ruling) sendAt(path string, seconds float64) {
	if seconds > float64(r.now.Add(maxAhead).Unix()) {
		r.fail(path, "Scheduling more than 72 hours in advance is forbidden.")
	}
}

func (r ruling) bypasses() {
	if !r.MailSettings["bypass_list_management"].Enable {
		return
	}
	for _, name := range []string{"bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management"} {
		if r.MailSettings[name].Enable {
			r.fail(at("mail_settings", name), "%s cannot be combined with bypass_list_management.", name)
		}
	}
}
