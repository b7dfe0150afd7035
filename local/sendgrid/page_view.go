package sendgrid

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// inboxView is what the page shows: all messages, newest first, and one of them in full.
type inboxView struct {
	Messages []messageView
	Open     *messageView
	Missing  bool // a message was asked for that is not there, or no more
	Chosen   bool // the open message was asked for by its ID
	Version  int
}

type messageView struct {
	ID, Received, Day, Clock string
	Subject                  string // empty when the template brings it
	Template                 string
	From, ReplyTo            string
	Personalizations         []personalizationView
	Content                  []contentView
	Args                     []field
	Raw                      string
	Current                  bool

	first      address
	recipients int
}

type personalizationView struct {
	To, Cc, Bcc, From string
	Subject           string
	Args              []field
	SendAt            string
	Data              string
	Items             *table
	Totals            []field
}

type contentView struct{ Type, Value string }

type field struct{ Name, Value string }

// mailBody is what the page reads of a mail send request. The validator has seen to the types.
type mailBody struct {
	Personalizations []struct {
		To, Cc, Bcc []address
		From        *address
		Subject     string
		Data        json.RawMessage   `json:"dynamic_template_data"`
		CustomArgs  map[string]string `json:"custom_args"`
		SendAt      int64             `json:"send_at"`
	}
	From       address
	ReplyTo    *address  `json:"reply_to"`
	ReplyTos   []address `json:"reply_to_list"`
	Subject    string
	TemplateID string `json:"template_id"`
	Content    []contentView
	CustomArgs map[string]string `json:"custom_args"`
}

type address struct{ Email, Name string }

func (a address) String() string {
	if a.Name == "" {
		return a.Email
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Email)
}

func join(list []address) string {
	var texts []string
	for _, a := range list {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

func newInboxView(messages []Message, version int, id string) inboxView {
	v := inboxView{Version: version, Chosen: id != ""}
	for _, m := range slices.Backward(messages) {
		mv := newMessageView(m)
		mv.Current = m.MessageID == id || id == "" && len(v.Messages) == 0
		v.Messages = append(v.Messages, mv)
		if mv.Current {
			mv.Raw = indent(m.Request)
			v.Open = &mv
		}
	}
	v.Missing = v.Chosen && v.Open == nil
	return v
}

func newMessageView(m Message) messageView {
	v := messageView{ID: m.MessageID, Received: m.ReceivedAt}
	if t, err := time.Parse(time.RFC3339, m.ReceivedAt); err == nil {
		v.Day, v.Clock = t.UTC().Format("2 January 2006"), t.UTC().Format("15:04:05")
	}
	var body mailBody
	if err := json.Unmarshal(m.Request, &body); err != nil {
		// Only a file that was written by hand gets here; its raw text is still shown.
		return v
	}
	v.Subject, v.Template, v.Content = body.Subject, body.TemplateID, body.Content
	v.From, v.ReplyTo, v.Args = body.From.String(), join(body.ReplyTos), arguments(body.CustomArgs)
	if body.ReplyTo != nil {
		v.ReplyTo = body.ReplyTo.String()
	}
	for i, p := range body.Personalizations {
		if i == 0 && len(p.To) > 0 {
			v.first = p.To[0]
		}
		v.recipients += len(p.To) + len(p.Cc) + len(p.Bcc)
		pv := personalizationView{To: join(p.To), Cc: join(p.Cc), Bcc: join(p.Bcc), Subject: p.Subject, Args: arguments(p.CustomArgs)}
		if p.From != nil {
			pv.From = p.From.String()
		}
		if p.SendAt != 0 {
			pv.SendAt = time.Unix(p.SendAt, 0).UTC().Format(time.RFC3339)
		}
		pv.Data, pv.Items, pv.Totals = readData(p.Data)
		v.Personalizations = append(v.Personalizations, pv)
	}
	return v
}

// Title is what the list calls a message: its subject, or what is known before a template is rendered.
func (m messageView) Title() string {
	if m.Subject != "" {
		return m.Subject
	}
	for _, p := range m.Personalizations {
		if p.Subject != "" {
			return p.Subject
		}
	}
	return m.Template
}

// IsTemplate tells a title that is a template's ID from one that was written for people.
func (m messageView) IsTemplate() bool { return m.Title() == m.Template }

// To is who gets the mail, in few words: the first one's name, or address, and how many more there are.
func (m messageView) To() string {
	to := m.first.Name
	if to == "" {
		to = m.first.Email
	}
	if m.recipients > 1 {
		return fmt.Sprintf("%s and %d more", to, m.recipients-1)
	}
	return to
}

// Email is the first recipient's address, where To does not say it already.
func (m messageView) Email() string {
	if m.first.Name == "" {
		return ""
	}
	return m.first.Email
}

// Tags tell one mail from another in the list: its series and delivery, or else all custom arguments of
// the whole mail and of its first personalization.
func (m messageView) Tags() []field {
	tags := slices.Clone(m.Args)
	if len(m.Personalizations) > 0 {
		tags = append(tags, m.Personalizations[0].Args...)
	}
	telling := slices.DeleteFunc(slices.Clone(tags), func(f field) bool { return f.order() > 1 })
	if len(telling) > 0 {
		return withoutOrder(telling, tags)
	}
	return tags
}

// withoutOrder shortens a delivery's ID by the order's that it begins with, which the mails of an order
// have in common.
func withoutOrder(telling, all []field) []field {
	i := slices.IndexFunc(all, func(f field) bool { return f.Name == "order" })
	if i < 0 {
		return telling
	}
	for j := range telling {
		telling[j].Value = strings.TrimPrefix(telling[j].Value, all[i].Value+"/")
	}
	return telling
}

func (f field) order() int {
	switch {
	case strings.Contains(f.Name, "series"):
		return 0
	case strings.Contains(f.Name, "delivery"):
		return 1
	}
	return 2
}

// arguments come in the order of their names, but series and delivery first: they tell mails apart.
func arguments(args map[string]string) []field {
	var fields []field
	for name, value := range args {
		fields = append(fields, field{name, value})
	}
	slices.SortFunc(fields, func(a, b field) int {
		if d := a.order() - b.order(); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return fields
}

func indent(raw []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return string(raw)
	}
	return b.String()
}
