package sendgrid

import (
	"regexp"
	"strings"
	"time"
)

const (
	dynamicPrefix = "d-"
	maxAhead      = 72 * time.Hour
)

// templateID is a dynamic template's ID, or a legacy template's, which is a UUID.
var templateID = regexp.MustCompile(`^(d-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// mail holds a whole mail send body to the rules; the path of its fields starts with their name.
func (c *checker) mail(m map[string]any) {
	c.object("", m, "personalizations", "from", "reply_to", "reply_to_list", "subject", "content",
		"attachments", "template_id", "headers", "categories", "custom_args", "send_at", "batch_id", "asm",
		"ip_pool_name", "mail_settings", "tracking_settings")

	template, _ := m["template_id"].(string)
	c.sender(m)
	c.personalizations(m, template)
	c.replyTo(m)
	c.subject(m, template)
	c.contents(m, template)
	c.optional("", m, map[string]func(string, any){
		"template_id":       c.template,
		"attachments":       c.attachments,
		"headers":           c.headers,
		"categories":        c.categories,
		"custom_args":       func(path string, v any) { c.customArgs(path, v, nil) },
		"send_at":           c.sendAt,
		"batch_id":          c.nonEmptyText,
		"ip_pool_name":      func(path string, v any) { c.text(path, v, 2, 64) },
		"asm":               c.asm,
		"mail_settings":     c.mailSettings,
		"tracking_settings": c.trackingSettings,
	})
}

func (c *checker) sender(m map[string]any) {
	from, given := m["from"]
	if !given {
		c.fail("from.email", "The from object must be provided for every email send. It is an object that "+
			"requires the email parameter, but may also contain a name parameter.  "+
			`e.g. {"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : "Example Recipient"}.`)
		return
	}
	c.from("from", from)
}

func (c *checker) template(path string, v any) {
	id, ok := c.text(path, v, 1, 0)
	if ok && !templateID.MatchString(id) {
		c.fail(path, "The template_id must be a valid GUID, you provided '%s'.", id)
	}
}

// subject is needed unless a template brings one or each personalization has its own.
func (c *checker) subject(m map[string]any, template string) {
	if v, given := m["subject"]; given {
		c.text("subject", v, 1, 0)
		return
	}
	if template != "" {
		return
	}
	list, _ := m["personalizations"].([]any)
	for _, v := range list {
		p, _ := v.(map[string]any)
		if s, _ := p["subject"].(string); s == "" {
			c.fail("subject", "The subject is required. You can get around this requirement if you use a "+
				"template with a subject defined or if every personalization has a subject defined.")
			return
		}
	}
}

func (c *checker) replyTo(m map[string]any) {
	one, hasOne := m["reply_to"]
	many, hasMany := m["reply_to_list"]
	if hasOne && hasMany {
		c.fail("reply_to_list", "The reply_to_list parameter cannot be used together with reply_to.")
	}
	if hasOne {
		c.address("reply_to", one)
	}
	if !hasMany {
		return
	}
	list, ok := c.array("reply_to_list", many)
	if !ok {
		return
	}
	if len(list) > maxRecipients {
		c.fail("reply_to_list", "There is a limit of %d addresses, you provided %d.", maxRecipients, len(list))
	}
	seen := map[string]bool{}
	for i, v := range list {
		email := strings.ToLower(c.address(at("reply_to_list", i), v))
		if email != "" && seen[email] {
			c.fail("reply_to_list", "Each email address in the reply_to_list should be unique.")
		}
		seen[email] = true
	}
}

// sendAt may lie in the past, which means at once.
func (c *checker) sendAt(path string, v any) {
	seconds, ok := c.integer(path, v)
	if ok && time.Unix(seconds, 0).After(c.now.Add(maxAhead)) {
		c.fail(path, "Scheduling more than 72 hours in advance is forbidden.")
	}
}
