package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
	"handler/function/local/sendgrid"
)

// message is a mail send request, as far as the pages speak of it.
type message struct {
	ID       string          `json:"-"`
	Received time.Time       `json:"-"`
	Raw      json.RawMessage `json:"-"`

	Personalizations []personalization
	From             address
	ReplyTo          *address  `json:"reply_to"`
	ReplyTos         []address `json:"reply_to_list"`
	Subject          string
	TemplateID       string `json:"template_id"`
	Content          []content
	CustomArgs       map[string]string `json:"custom_args"`
}

type personalization struct {
	To, Cc, Bcc []address
	From        *address
	Subject     string
	Data        json.RawMessage   `json:"dynamic_template_data"`
	CustomArgs  map[string]string `json:"custom_args"`
	SendAt      int64             `json:"send_at"`
}

type content struct{ Type, Value string }

type address struct{ Email, Name string }

func (a address) String() string {
	if a.Name == "" {
		return a.Email
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Email)
}

type field struct{ Name, Value string }

// readMessage reads an accepted message. The mock has checked the types; a file that was
// written by hand may have the raw text only.
func readMessage(m sendgrid.Message) message {
	var out message
	if err := json.Unmarshal(m.Request, &out); err != nil {
		out = message{}
	}
	out.ID, out.Raw = m.MessageID, m.Request
	if at, err := time.Parse(time.RFC3339, m.ReceivedAt); err == nil {
		out.Received = at.UTC()
	}
	if len(out.Personalizations) == 0 {
		out.Personalizations = make([]personalization, 1)
	}
	return out
}

// Recipient is who gets it, in few words: the first one's name, or address, and how many more there
// are.
func (m message) Recipient() string {
	var all []address
	for _, p := range m.Personalizations {
		all = slices.Concat(all, p.To, p.Cc, p.Bcc)
	}
	if len(all) == 0 {
		return "no recipient"
	}
	to := all[0].Name
	if strings.TrimSpace(to) == "" {
		to = all[0].Email
	}
	if len(all) > 1 {
		return fmt.Sprintf("%s and %d more", to, len(all)-1)
	}
	return to
}

// Delivery is the key of the delivery that the first personalization is of, and the session of its
// order.
func (m message) Delivery() (session, key string) {
	args := m.Personalizations[0].CustomArgs
	session, key, _ = strings.Cut(args["delivery"], "/")
	if !order.ValidID(session) {
		return "", ""
	}
	return session, key
}

// args are the custom arguments of the message and of one of its personalizations, by their names.
func (m message) args(p personalization) []field {
	var fields []field
	for _, args := range []map[string]string{m.CustomArgs, p.CustomArgs} {
		for name, value := range args {
			fields = append(fields, field{name, value})
		}
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func (m message) replyTo() string {
	if m.ReplyTo != nil {
		return m.ReplyTo.String()
	}
	return addresses(m.ReplyTos)
}

func addresses(list []address) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// indent is JSON for people: indented, and without the escapes of <, > and &, which encoders write
// for the sake of HTML.
func indent(raw []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return jsonEscape.ReplaceAllStringFunc(b.String(), func(escape string) string {
		switch strings.ToLower(escape) {
		case `\u003c`:
			return "<"
		case `\u003e`:
			return ">"
		case `\u0026`:
			return "&"
		}
		return escape
	})
}

// jsonEscape is any escape, so that a backslash that is itself escaped begins no other one.
var jsonEscape = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|.)`)
