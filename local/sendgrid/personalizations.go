package sendgrid

import "strings"

const (
	maxPersonalizations = 1000
	maxRecipients       = 1000
)

func (c *checker) personalizations(m map[string]any, template string) {
	const path = "personalizations"
	v, given := m[path]
	if !given {
		c.fail(path, "The personalizations field is required and must have at least one personalization.")
		return
	}
	list, ok := c.array(path, v)
	switch {
	case !ok:
		return
	case len(list) == 0:
		c.fail(path, "The personalizations field is required and must have at least one personalization.")
		return
	case len(list) > maxPersonalizations:
		c.fail(path, "The personalization block is limited to %d personalizations per API request. You have "+
			"provided %d personalizations. Please consider splitting this into multiple requests and "+
			"resending your request.", maxPersonalizations, len(list))
		return
	}

	recipients := 0
	for i, v := range list {
		recipients += c.personalization(at(path, i), v, template, m["custom_args"])
	}
	if recipients > maxRecipients {
		c.fail(path, "There is a limit of %d total recipients (to + cc + bcc) per request.", maxRecipients)
	}
}

// personalization answers how many recipients there are in it.
func (c *checker) personalization(path string, v any, template string, inherited any) int {
	p, ok := c.object(path, v, "from", "to", "cc", "bcc", "subject", "headers", "substitutions",
		"dynamic_template_data", "custom_args", "send_at")
	if !ok {
		return 0
	}
	if _, given := p["dynamic_template_data"]; given && !strings.HasPrefix(template, dynamicPrefix) {
		c.fail(at(path, "dynamic_template_data"), "Dynamic template data may only be used with a dynamic "+
			"template, whose template_id starts with d-.")
	}
	if _, given := p["substitutions"]; given && strings.HasPrefix(template, dynamicPrefix) {
		c.fail(at(path, "substitutions"), "Substitutions may not be used with dynamic templating")
	}
	c.optional(path, p, map[string]func(string, any){
		"from":                  c.from,
		"subject":               c.nonEmptyText,
		"headers":               c.headers,
		"substitutions":         c.substitutions,
		"dynamic_template_data": func(path string, v any) { c.typed(path, v, "object") },
		"custom_args":           func(path string, v any) { c.customArgs(path, v, inherited) },
		"send_at":               c.sendAt,
	})
	return c.recipients(path, p)
}

func (c *checker) recipients(path string, p map[string]any) int {
	if to, _ := p["to"].([]any); len(to) == 0 && (p["to"] == nil || to != nil) {
		c.fail(at(path, "to"), "The to array is required for all personalization objects, and must have at "+
			"least one email object with a valid email address.")
	}
	count, seen, told := 0, map[string]bool{}, false
	for _, field := range []string{"to", "cc", "bcc"} {
		v, given := p[field]
		if !given || v == nil && field == "to" {
			continue
		}
		list, ok := c.array(at(path, field), v)
		if !ok {
			continue
		}
		count += len(list)
		for i, v := range list {
			email := c.recipient(at(at(path, field), i), v)
			key := strings.ToLower(email)
			if email != "" && seen[key] && !told {
				told = true
				c.fail(path, "Each email address in the personalization block should be unique between to, cc, "+
					"and bcc. We found the first duplicate instance of [%s] in the %s field.", email, at(path, field))
			}
			seen[key] = true
		}
	}
	return count
}
