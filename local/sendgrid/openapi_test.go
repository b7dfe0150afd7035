package sendgrid

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"handler/function/local/sendgrid/description"
)

// described is the body of a mail as SendGrid describes it, without what is added here.
func described() *openapi3.Schema {
	return description.Body(description.Mail(), http.MethodPost, "/v3/mail/send")
}

func TestValidatorAgreesWithTheDescription(t *testing.T) {
	t.Parallel()

	schema := described()
	email := openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForEmail)
	for _, tt := range mailCases() {
		t.Run("on "+tt.name, func(t *testing.T) {
			t.Parallel()

			body := patched(t, tt.base, tt.patch)
			err := schema.VisitJSON(body, openapi3.EnableJSONSchema2020(), openapi3.WithStringFormatValidator("email", email))
			want := tt.fields == ""
			switch tt.openAPI {
			case allowed:
				want = true
			case refused:
				want = false
			case same:
			}
			if (err == nil) != want {
				t.Errorf("the description says %v, and the case that it is fine: %v", err, want)
			}
		})
	}
}

// Without this, a field that SendGrid adds to its description would be refused here for ever.
func TestEveryDescribedFieldIsKnown(t *testing.T) {
	t.Parallel()

	unknown := func(t *testing.T, body map[string]any, path string) {
		t.Helper()
		_, errs := parseMail(encoded(t, body), clock())
		for _, e := range errs {
			if strings.HasPrefix(e.Message, "Additional property") {
				t.Errorf("%s is described, and unknown here: %s", path, e.Message)
			}
		}
	}
	// walk puts each described field alone into what is at path, wrapped by the objects and lists
	// around it.
	var walk func(t *testing.T, schema *openapi3.Schema, path string, wrap func(any) map[string]any)
	walk = func(t *testing.T, schema *openapi3.Schema, path string, wrap func(any) map[string]any) {
		t.Helper()
		for name, property := range schema.Properties {
			field := func(v any) map[string]any { return wrap(map[string]any{name: v}) }
			unknown(t, field(true), at(path, name))
			if items := property.Value.Items; items != nil {
				walk(t, items.Value, at(path, name), func(v any) map[string]any { return field([]any{v}) })
				continue
			}
			walk(t, property.Value, at(path, name), field)
		}
	}
	walk(t, described(), "", func(v any) map[string]any {
		body, _ := v.(map[string]any)
		return body
	})
}
