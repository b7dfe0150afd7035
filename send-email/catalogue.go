package function

import (
	_ "embed"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/order"
)

//go:embed catalogue.yml
var catalogueFile []byte

// catalogue says which e-mails which product gets. Its file's comments explain each field.
type catalogue struct {
	From    mailbox   `yaml:"from"`
	ReplyTo *mailbox  `yaml:"reply_to"`
	Admins  []address `yaml:"admins"`
	Only    *match    `yaml:"only"`
	Series  []series  `yaml:"series"`
	Default struct {
		Emails []email `yaml:"emails"`
	} `yaml:"default"`
	Notices notices `yaml:"notices"`
}

type series struct {
	Name   text    `yaml:"name"`
	Match  match   `yaml:"match"`
	Emails []email `yaml:"emails"`
}

// match is what a series, or a shop, claims as its own.
type match struct {
	Prices       []text            `yaml:"prices"`
	Products     []text            `yaml:"products"`
	PaymentLinks []text            `yaml:"payment_links"`
	Metadata     map[string]string `yaml:"metadata"`
}

type email struct {
	Key      text       `yaml:"key"`
	Template templateID `yaml:"template"`
	To       recipient  `yaml:"to"`
	After    delay      `yaml:"after"`
}

type mailbox struct {
	Email address `yaml:"email"`
	Name  string  `yaml:"name"`
}

// notices are the templates of what only the admins get.
type notices struct {
	PaymentFailed  templateID `yaml:"payment_failed"`
	EmailFailed    templateID `yaml:"email_failed"`
	UnknownProduct templateID `yaml:"unknown_product"`
	ItemsMissing   templateID `yaml:"items_missing"`
}

// text is a value that knows its line, so that a mistake found later can name it.
type text struct {
	Value string
	Line  int
}

// UnmarshalYAML takes a scalar of any kind as it is written.
func (t *text) UnmarshalYAML(n *yaml.Node) error {
	t.Line = n.Line
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return at(n.Line, "want a text")
	}
	t.Value = n.Value
	return nil
}

// templateID is the ID of a SendGrid dynamic template.
type templateID struct{ text }

var templateForm = regexp.MustCompile(`^d-[0-9a-f]{32}$`)

// UnmarshalYAML refuses what is no ID.
func (t *templateID) UnmarshalYAML(n *yaml.Node) error {
	if err := t.text.UnmarshalYAML(n); err != nil {
		return err
	}
	if !templateForm.MatchString(t.Value) {
		return at(n.Line, "%q is not the ID of a dynamic template: want d- and 32 digits of 0-9 and a-f", t.Value)
	}
	return nil
}

// address is an e-mail address alone, without a name.
type address struct{ text }

// UnmarshalYAML refuses what is no address.
func (a *address) UnmarshalYAML(n *yaml.Node) error {
	if err := a.text.UnmarshalYAML(n); err != nil {
		return err
	}
	parsed, err := mail.ParseAddress(a.Value)
	if err != nil || parsed.Address != a.Value || !strings.Contains(a.Value[strings.LastIndex(a.Value, "@"):], ".") {
		return at(n.Line, "%q is not an e-mail address", a.Value)
	}
	return nil
}

// recipient is customer, admins, or an address.
type recipient struct {
	audience order.Audience
	address  address
}

// UnmarshalYAML refuses what is none of the three.
func (r *recipient) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case string(order.Customer), string(order.Admins):
		r.audience = order.Audience(n.Value)
		return nil
	}
	if err := r.address.UnmarshalYAML(n); err != nil {
		return at(n.Line, "%q is not customer, admins or an e-mail address", n.Value)
	}
	r.audience = order.Other
	return nil
}

// delay is how long after the plan an e-mail is due, such as 48h; there is no upper limit.
type delay struct{ time.Duration }

// UnmarshalYAML refuses what is no duration, and the past.
func (d *delay) UnmarshalYAML(n *yaml.Node) error {
	parsed, err := time.ParseDuration(n.Value)
	if err != nil || parsed < 0 {
		return at(n.Line, "%q is not a time span such as 30m or 48h", n.Value)
	}
	d.Duration = parsed
	return nil
}
