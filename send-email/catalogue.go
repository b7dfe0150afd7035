package function

import (
	"cmp"
	"time"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/span"
)

// catalogue says which e-mails which product gets. Its file's comments explain each field.
type catalogue struct {
	From    mailbox  `yaml:"from"`
	ReplyTo *mailbox `yaml:"reply_to"`
	Admins  admins   `yaml:"admins"`
	Only    *match   `yaml:"only"`
	// EveryOrder is what each order gets beside the series that its line items choose.
	EveryOrder unmatched `yaml:"every_order"`
	Series     []series  `yaml:"series"`
	// Default is what line items get that no series names.
	Default unmatched `yaml:"default"`
	Notices notices   `yaml:"notices"`
	Report  *report   `yaml:"report"`

	// ids are those of the templates that it names; New sets them.
	ids published.IDs
}

// unmatched is a series that claims nothing as its own.
type unmatched struct {
	Emails []email `yaml:"emails"`
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
	Key      text      `yaml:"key"`
	Template template  `yaml:"template"`
	To       recipient `yaml:"to"`
	After    delay     `yaml:"after"`
}

type mailbox struct {
	Email text   `yaml:"email"`
	Name  string `yaml:"name"`
}

// admins are told of live orders and of test orders; a plain list is told of both.
type admins struct {
	live, test []text
	split      bool
	line       int
}

// UnmarshalYAML takes a list of addresses, or one for live and one for test.
func (a *admins) UnmarshalYAML(n *yaml.Node) error {
	a.line = n.Line
	switch n.Kind {
	case yaml.SequenceNode:
		err := n.Decode(&a.live)
		a.test = a.live
		return err
	case yaml.MappingNode:
		a.split = true
		for i := 0; i+1 < len(n.Content); i += 2 {
			list, ok := map[string]*[]text{"live": &a.live, "test": &a.test}[n.Content[i].Value]
			if !ok {
				return at(n.Content[i].Line, "unknown field %s: admins are a list, or live and test with a list each", n.Content[i].Value)
			}
			if err := n.Content[i+1].Decode(list); err != nil {
				return err
			}
		}
		return nil
	}
	return at(n.Line, "admins are a list of addresses, or live and test with a list each")
}

func (a admins) of(o *order.Order) []text {
	if o.Livemode {
		return a.live
	}
	return a.test
}

// notices are the templates of what only the admins get.
type notices struct {
	PaymentFailed  template `yaml:"payment_failed"`
	EmailFailed    template `yaml:"email_failed"`
	UnknownProduct template `yaml:"unknown_product"`
	ItemsMissing   template `yaml:"items_missing"`
	// Refunded and Disputed may be left out, as in catalogues that are older than they are.
	Refunded template `yaml:"refunded"`
	Disputed template `yaml:"disputed"`
	// EmailBounced may be left out: then it is EmailFailed's.
	EmailBounced template `yaml:"email_bounced"`
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

// template is the name of one of the shop's own, or the ID of a dynamic template that was made at SendGrid.
type template struct{ text }

func (t template) isID() bool { return published.ValidID(t.Value) }

// recipient is customer, admins, or an address. What is none of the three has no audience.
type recipient struct {
	text
	audience order.Audience
}

// UnmarshalYAML tells the three apart.
func (r *recipient) UnmarshalYAML(n *yaml.Node) error {
	err := r.text.UnmarshalYAML(n)
	switch {
	case r.Value == string(order.Customer), r.Value == string(order.Admins):
		r.audience = order.Audience(r.Value)
	case order.IsAddress(r.Value):
		r.audience = order.Other
	}
	return err
}

// delay is how long after the plan an e-mail is due, such as 3d; there is no upper limit. What is no time span is
// negative.
type delay struct {
	text
	time.Duration
}

// UnmarshalYAML takes time spans.
func (d *delay) UnmarshalYAML(n *yaml.Node) error {
	err := d.text.UnmarshalYAML(n)
	if parsed, bad := span.Parse(d.Value); bad == nil {
		d.Duration = parsed
	} else {
		d.Duration = -1
	}
	return err
}

// shop is what the templates show of the sender.
func (c *catalogue) shop() maildata.Shop {
	return maildata.Shop{Name: cmp.Or(c.From.Name, c.From.Email.Value), Email: c.From.Email.Value}
}
