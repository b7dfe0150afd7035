// Package description holds SendGrid's own OpenAPI description of mail send and of templates,
// unchanged from https://github.com/twilio/sendgrid-oai (MIT, see LICENSE).
package description

import (
	_ "embed"
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

var (
	//go:embed tsg_mail_v3.json
	mail []byte
	//go:embed tsg_templates_v3.json
	templates []byte
)

// Mail describes mail send. Each call parses it anew, so the caller may change what it gets.
func Mail() *openapi3.T { return parse(mail) }

// Templates describes the templates API, as Mail does mail send.
func Templates() *openapi3.T { return parse(templates) }

// parse panics on a file that is no description: the files are part of the program.
func parse(text []byte) *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		panic(fmt.Sprintf("SendGrid's description: %v", err))
	}
	return doc
}

// Body is the schema of the JSON that an operation takes.
func Body(doc *openapi3.T, method, path string) *openapi3.Schema {
	return doc.Paths.Value(path).GetOperation(method).RequestBody.Value.Content["application/json"].Schema.Value
}
