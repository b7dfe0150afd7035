package sendgrid

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// wordings are SendGrid's messages by the keyword of the schema that a value breaks. Those of one
// field have its path too, without the numbers of elements, or its name alone. For the rest the
// message is the validator's.
var wordings = map[string]string{
	"type":                 "Invalid type. Expected: {type}, given: {given}.",
	"additionalProperties": "Additional property {name} is not allowed",
	"required":             "The {name} parameter is required.",
	"pattern":              "The {name} value cannot contain line breaks.",
	"minLength":            "The {name} value must be a string at least one character in length.",

	"format email":                       "Does not contain a valid address.",
	"format from.email":                  badSender,
	"format personalizations.from.email": badSender,
	"pattern name":                       "The name cannot contain line breaks.",
	"pattern personalizations.to.name":   badRecipientName,
	"pattern personalizations.cc.name":   badRecipientName,
	"pattern personalizations.bcc.name":  badRecipientName,
	"required from": "The from object must be provided for every email send. It is an object that requires the " +
		`email parameter, but may also contain a name parameter.  e.g. {"email" : "example@example.com"}  or ` +
		`{"email" : "example@example.com", "name" : "Example Recipient"}.`,
	"required personalizations":    noPersonalization,
	"minItems personalizations":    noPersonalization,
	"maxItems personalizations":    "The personalization block is limited to 1000 personalizations per API request.",
	"required personalizations.to": noRecipient,
	"minItems personalizations.to": noRecipient,
	"minItems content":             noContent,
	"pattern template_id":          "The template_id must be a valid GUID, you provided '{value}'.",
	"pattern type":                 "The type must be a MIME type without CR, LF or ;, you provided '{value}'.",
	"uniqueItems reply_to_list":    repeatedReplyTo,
	"enum attachments.disposition": `The disposition of your attachment can be either "attachment" or "inline", you provided '{value}'.`,
	"format attachments.content":   "The attachment content must be base64 encoded.",
	"pattern attachments.filename": "The attachment filename cannot contain CR, LF or ;.",
	"minLength ip_pool_name":       "The ip_pool_name value must be at least 2 characters in length.",
	"required asm.group_id":        "The asm.group_id parameter is required when asm is used.",
}

const (
	badRecipientName  = "The name cannot include either the ; or , characters, nor line breaks."
	repeatedReplyTo   = "Each email address in the reply_to_list should be unique."
	badSender         = "The from email does not contain a valid address."
	noPersonalization = "The personalizations field is required and must have at least one personalization."
	noRecipient       = "The to array is required for all personalization objects, and must have at least one email " +
		"object with a valid email address."
	noContent = "Unless a valid template_id is provided, the content parameter is required. There must be at least " +
		"one defined content block. We typically suggest both text/plain and text/html blocks are included, but " +
		"only one block is required."
)

// structural adds what a validation against a schema found.
func (c *complaints) structural(err error) {
	switch err := err.(type) {
	case openapi3.MultiError:
		for _, one := range err {
			c.structural(one)
		}
	case *openapi3.SchemaError:
		path, keyword := strings.Join(err.JSONPointer(), "."), keywordOf(err)
		message := worded(path, keyword, err)
		if keyword == "required" && path == "from" {
			path = "from.email" // as SendGrid says it
		}
		c.fail(path, "%s", message)
	}
}

func keywordOf(err *openapi3.SchemaError) string {
	switch err.SchemaField {
	case "nullable":
		return "type"
	case "boolean": // the schema that shut has put there
		return "additionalProperties"
	}
	return err.SchemaField
}

func worded(path, keyword string, err *openapi3.SchemaError) string {
	name := last(path)
	wording := cmp.Or(wordings[keyword+" "+unnumbered(path)], wordings[keyword+" "+name], wordings[keyword], err.Reason)
	return strings.NewReplacer("{name}", name, "{type}", strings.Join(err.Schema.Type.Slice(), " or "),
		"{given}", kind(err.Value), "{value}", fmt.Sprint(err.Value)).Replace(wording)
}

// kind is JSON's word for v's type.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if v == math.Trunc(v) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
