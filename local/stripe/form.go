package stripe

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"
)

// eventType is the form of the names of event types.
var eventType = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)

// form is the body of a request that makes or changes an endpoint.
type form struct {
	text     map[string]string
	events   []string
	metadata map[string]string
}

var (
	listName     = regexp.MustCompile(`^enabled_events\[\d*\]$`)
	metadataName = regexp.MustCompile(`^metadata\[([^\]]+)\]$`)
)

// readForm reads a form, and refuses other parameters than the known ones and values that Stripe
// refuses.
func readForm(r *http.Request, known ...string) (form, *apiError) {
	f := form{text: map[string]string{}, metadata: map[string]string{}}
	body, err := read(r)
	if err != nil {
		return f, badParameter("", "", "The request could not be read.")
	}
	pairs, err := url.ParseQuery(string(body))
	if err != nil {
		return f, badParameter("", "", "Invalid request: the body is not a form.")
	}
	for name, values := range pairs {
		switch key := metadataName.FindStringSubmatch(name); {
		case listName.MatchString(name):
			f.events = append(f.events, values...)
		case key != nil:
			f.metadata[key[1]] = values[0]
		default:
			f.text[name] = values[0]
		}
	}
	slices.Sort(f.events)
	return f, f.check(append(known, "description"))
}

// check allows http and this machine's own addresses, which Stripe refuses: the laptop registers its
// own webhook.
func (f form) check(known []string) *apiError {
	for name := range f.text {
		if !slices.Contains(known, name) {
			return badParameter("parameter_unknown", name, "Received unknown parameter: %s", name)
		}
	}
	for i, e := range f.events {
		if e != "*" && !eventType.MatchString(e) {
			return badParameter("", fmt.Sprintf("enabled_events[%d]", i), "Invalid enabled_events[%d]: must be one of Stripe's event types", i)
		}
	}
	if v, given := f.text["api_version"]; given && !version.MatchString(v) {
		return badParameter("", "api_version", "Invalid API version: %s", v)
	}
	if v, given := f.text["disabled"]; given && v != "true" && v != "false" {
		return badParameter("parameter_invalid_boolean", "disabled", "Invalid boolean: %s", v)
	}
	if v, given := f.text["url"]; given && !isURL(v) {
		return badParameter("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	return nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && strings.HasPrefix(u.Scheme, "http") && u.Host != ""
}

// fill lays what was given over what is there.
func (f form) fill(e *stripego.WebhookEndpoint) {
	if v, given := f.text["url"]; given {
		e.URL = v
	}
	if v, given := f.text["description"]; given {
		e.Description = v
	}
	if f.events != nil {
		e.EnabledEvents = f.events
	}
	switch f.text["disabled"] {
	case "true":
		e.Status = "disabled"
	case "false":
		e.Status = "enabled"
	}
	for key, value := range f.metadata {
		if e.Metadata == nil {
			e.Metadata = map[string]string{}
		}
		e.Metadata[key] = value
	}
}
