package sendgrid

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// mail is what the rules beyond the description look at in a mail send body.
type mail struct {
	Personalizations []personalization
	ReplyTo          *address  `json:"reply_to"`
	ReplyToList      []address `json:"reply_to_list"`
	Subject          *string
	Content          []struct{ Type string }
	TemplateID       string `json:"template_id"`
	Headers          map[string]string
	CustomArgs       map[string]string                `json:"custom_args"`
	SendAt           float64                          `json:"send_at"`
	MailSettings     map[string]struct{ Enable bool } `json:"mail_settings"`
}

type personalization struct {
	To, CC, BCC   []address
	Subject       string
	Headers       map[string]string
	Substitutions map[string]string
	TemplateData  json.RawMessage   `json:"dynamic_template_data"`
	CustomArgs    map[string]string `json:"custom_args"`
	SendAt        float64           `json:"send_at"`
}

type address struct{ Email string }

// parseMail reads a mail send body, and answers everything that is wrong with it.
func parseMail(body []byte, now time.Time) (mail, []apiError) {
	var c complaints
	if !c.structure(mailSchema(), body) {
		return mail{}, c
	}
	var m mail
	// A value of a wrong type is left out here; the schema has complained of it.
	_ = json.Unmarshal(body, &m)
	m.rules(&c, now)
	return m, c
}

// structure holds a body to a schema, and reports whether it is an object at all.
func (c *complaints) structure(schema *openapi3.Schema, body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	if _, end := d.Token(); err != nil || !errors.Is(end, io.EOF) {
		c.fail("", "Bad Request")
		return false
	}
	c.structural(schema.VisitJSON(v, openapi3.MultiErrors(), openapi3.WithStringFormatValidators(formats)))
	_, object := v.(map[string]any)
	return object
}
