package sendgrid

const maxGroupsToDisplay = 25

func (c *checker) asm(path string, v any) {
	o, ok := c.object(path, v, "group_id", "groups_to_display")
	if !ok {
		return
	}
	if id, given := o["group_id"]; given {
		c.integer(at(path, "group_id"), id)
	} else {
		c.fail(at(path, "group_id"), "The asm.group_id parameter is required when asm is used.")
	}
	c.optional(path, o, map[string]func(string, any){"groups_to_display": func(path string, v any) {
		list, _ := c.array(path, v)
		if len(list) > maxGroupsToDisplay {
			c.fail(path, "There is a limit of %d groups to display, you provided %d.", maxGroupsToDisplay, len(list))
		}
		for i, v := range list {
			c.integer(at(path, i), v)
		}
	}})
}

// A setting is an object of flags and texts.
type setting struct{ flags, texts []string }

func (c *checker) mailSettings(path string, v any) {
	enable := setting{flags: []string{"enable"}}
	o := c.settings(path, v, map[string]setting{
		"bypass_list_management":        enable,
		"bypass_spam_management":        enable,
		"bypass_bounce_management":      enable,
		"bypass_unsubscribe_management": enable,
		"sandbox_mode":                  enable,
		"footer":                        {[]string{"enable"}, []string{"text", "html"}},
	})
	if !enabled(o, "bypass_list_management") {
		return
	}
	for _, name := range []string{"bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management"} {
		if enabled(o, name) {
			c.fail(at(path, name), "%s cannot be combined with bypass_list_management.", name)
		}
	}
}

func (c *checker) trackingSettings(path string, v any) {
	c.settings(path, v, map[string]setting{
		"click_tracking":        {flags: []string{"enable", "enable_text"}},
		"open_tracking":         {[]string{"enable"}, []string{"substitution_tag"}},
		"subscription_tracking": {[]string{"enable"}, []string{"text", "html", "substitution_tag"}},
		"ganalytics": {[]string{"enable"}, []string{
			"utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"}},
	})
}

func (c *checker) settings(path string, v any, known map[string]setting) map[string]any {
	var names []string
	for name := range known {
		names = append(names, name)
	}
	o, _ := c.object(path, v, names...)
	for _, name := range keys(o) {
		if s, ok := known[name]; ok {
			c.setting(at(path, name), o[name], s)
		}
	}
	return o
}

func (c *checker) setting(path string, v any, s setting) {
	checks := map[string]func(string, any){}
	var names []string
	for _, flag := range s.flags {
		checks[flag], names = c.boolean, append(names, flag)
	}
	for _, text := range s.texts {
		checks[text], names = c.anyText, append(names, text)
	}
	if o, ok := c.object(path, v, names...); ok {
		c.optional(path, o, checks)
	}
}

func enabled(settings map[string]any, name string) bool {
	s, _ := settings[name].(map[string]any)
	return s["enable"] == true
}
