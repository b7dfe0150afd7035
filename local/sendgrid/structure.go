package sendgrid

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"handler/function/local/sendgrid/description"
)

const (
	oneLine = `^[^\r\n]*$`
	// maxContent is in bytes; the description says characters where SendGrid's prose says bytes.
	maxContent = 1 << 20
)

// emailAddress is what SendGrid accepts: an ASCII dot-atom, an @, and a domain name with a dot.
var emailAddress = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*" +
	`@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$`)

// formats are those of the description and of what is added to it here.
var formats = map[string]openapi3.StringFormatValidator{
	"email": format(validEmail),
	// Strict refuses bits that are left over; the decoder skips line breaks, SendGrid refuses them.
	"base64": format(func(s string) bool {
		_, err := base64.StdEncoding.Strict().DecodeString(s)
		return err == nil && !strings.ContainsAny(s, "\r\n")
	}),
	"json":    format(func(s string) bool { return json.Valid([]byte(s)) }),
	"content": format(func(s string) bool { return len(s) <= maxContent }),
}

var errFormat = errors.New("not of the format")

func format(valid func(string) bool) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) error {
		if !valid(s) {
			return errFormat
		}
		return nil
	})
}

func validEmail(s string) bool {
	const maxLocalPart, maxDomain = 64, 255
	local, domain, _ := strings.Cut(s, "@")
	return len(local) <= maxLocalPart && len(domain) <= maxDomain && emailAddress.MatchString(s)
}

// mailSchema is the description of a mail, with what SendGrid is known to refuse beyond it. The
// first mail parses it (15 ms), so that the laptop's start does not wait.
var mailSchema = sync.OnceValue(func() *openapi3.Schema {
	mail := description.Body(description.Mail(), http.MethodPost, "/v3/mail/send")
	texts := openapi3.NewObjectSchema().WithAdditionalProperties(openapi3.NewStringSchema())
	headers := openapi3.NewObjectSchema().WithAdditionalProperties(openapi3.NewStringSchema().WithPattern(oneLine))
	mail.WithProperty("custom_args", texts) // described as a string, which SendGrid refuses
	mail.WithProperty("headers", headers)
	part(mail, "reply_to", "name").Pattern = oneLine
	part(mail, "from", "name").Pattern = oneLine
	part(mail, "batch_id").MinLength = 1
	// A dynamic template's ID, or a legacy template's, which is a UUID.
	part(mail, "template_id").Pattern = `^(d-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`

	part(mail, "personalizations").MinItems = 1
	person := part(mail, "personalizations", "")
	person.WithProperty("custom_args", texts)
	person.WithProperty("headers", headers)
	part(person, "to").MinItems = 1
	for _, list := range []string{"to", "cc", "bcc"} {
		recipient := *part(person, list, "")
		recipient.Properties = maps.Clone(recipient.Properties)
		recipient.WithProperty("name", openapi3.NewStringSchema().WithPattern(`^[^\r\n,;]*$`))
		part(person, list).WithItems(&recipient)
	}

	mime := `^[^/\r\n; ]+/[^\r\n; ]+$`
	part(mail, "content").MinItems = 1
	part(mail, "content", "", "type").Pattern = mime
	file := part(mail, "attachments", "")
	part(file, "content").Format = "base64"
	part(file, "type").Pattern = mime
	part(file, "filename").Pattern = `^[^\r\n;]+$`
	part(file, "content_id").MinLength = 1
	shut(mail)
	return mail
})

// templateSchemas are the bodies that the templates API takes, as mailSchema is a mail's.
var templateSchemas = sync.OnceValue(func() (s struct{ create, rename, version *openapi3.Schema }) {
	doc := description.Templates()
	s.create = description.Body(doc, http.MethodPost, "/v3/templates")
	s.rename = description.Body(doc, http.MethodPatch, "/v3/templates/{template_id}")
	s.version = description.Body(doc, http.MethodPost, "/v3/templates/{template_id}/versions")
	s.rename.Required = []string{"name"}
	for _, body := range []*openapi3.Schema{s.create, s.rename, s.version} {
		part(body, "name").MinLength = 1
		shut(body)
	}
	part(s.version, "subject").MinLength = 1
	part(s.version, "test_data").Format = "json"
	part(s.version, "html_content").Format = "content"
	part(s.version, "plain_content").Format = "content"
	return s
})

// part is the schema at a path of property names; an empty name stands for an array's items.
func part(s *openapi3.Schema, path ...string) *openapi3.Schema {
	for _, name := range path {
		if name == "" {
			s = s.Items.Value
		} else {
			s = s.Properties[name].Value
		}
	}
	return s
}

// shut refuses fields that are not described, and integers of more than 64 bits, in s and below.
func shut(s *openapi3.Schema) {
	if s.Type.Is(openapi3.TypeInteger) {
		s.Format = "int64"
	}
	if len(s.Properties) > 0 {
		s.WithAdditionalProperties(&openapi3.Schema{Always: new(bool)}) // false: no value fits
	}
	for _, property := range s.Properties {
		shut(property.Value)
	}
	if s.Items != nil {
		shut(s.Items.Value)
	}
}
