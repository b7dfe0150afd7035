package sendgrid

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	// maxTemplates and maxVersions are what an account may have, the versions of all templates
	// together: https://www.twilio.com/docs/sendgrid/api-reference/transactional-templates-versions
	maxTemplates = 300
	maxVersions  = 300
)

// template is a dynamic or legacy template of the account.
type template struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Generation string     `json:"generation"`
	UpdatedAt  string     `json:"updated_at"`
	Versions   []*version `json:"versions"`
}

// version is one of a template's.
type version struct {
	lean
	HTML     string `json:"html_content"`
	Plain    string `json:"plain_content"`
	TestData string `json:"test_data,omitempty"`
}

// templates are the account's, in memory only.
type templates struct {
	mu  sync.Mutex
	all []*template
	now func() time.Time
}

// templateRoutes serves the templates API, all but the copying of a template.
func (s *Service) templateRoutes(mux *http.ServeMux) {
	t := &templates{now: s.now}
	for pattern, handle := range map[string]func(*http.Request) (int, any){
		"GET /v3/templates":                                         t.list,
		"POST /v3/templates":                                        t.create,
		"GET /v3/templates/{template}":                              t.get,
		"PATCH /v3/templates/{template}":                            t.rename,
		"DELETE /v3/templates/{template}":                           t.remove,
		"POST /v3/templates/{template}/versions":                    t.addVersion,
		"GET /v3/templates/{template}/versions/{version}":           t.getVersion,
		"PATCH /v3/templates/{template}/versions/{version}":         t.changeVersion,
		"DELETE /v3/templates/{template}/versions/{version}":        t.removeVersion,
		"POST /v3/templates/{template}/versions/{version}/activate": t.activate,
	} {
		mux.HandleFunc(pattern, s.answers(func(r *http.Request) (int, any) {
			t.mu.Lock()
			defer t.mu.Unlock()
			status, body := handle(r)
			s.log.Info("sendgrid answered about templates", "path", r.URL.Path, "method", r.Method, "status", status)
			if body == nil {
				return status, nil
			}
			encoded, err := json.Marshal(body) // before another request changes it
			if err != nil {
				return http.StatusInternalServerError, refusal("internal server error")
			}
			return status, json.RawMessage(encoded)
		}))
	}
}

func (t *templates) create(r *http.Request) (int, any) {
	one := &template{ID: uuid(), Generation: "legacy", UpdatedAt: t.stamp(), Versions: []*version{}}
	if errs := templateBody(r, templateSchemas().create, one); errs != nil {
		return http.StatusBadRequest, errorBody{errs}
	}
	if len(t.all) >= maxTemplates {
		return badRequest("", fmt.Sprintf("You have reached the limit of %d templates", maxTemplates))
	}
	if one.Generation == "dynamic" {
		one.ID = dynamicPrefix + hex.EncodeToString(random16())
	}
	t.all = append(t.all, one)
	return http.StatusCreated, one
}

func (t *templates) get(r *http.Request) (int, any) {
	return t.with(r, func(one *template) (int, any) { return http.StatusOK, one })
}

func (t *templates) rename(r *http.Request) (int, any) {
	return t.with(r, func(one *template) (int, any) {
		if errs := templateBody(r, templateSchemas().rename, one); errs != nil {
			return http.StatusBadRequest, errorBody{errs}
		}
		one.UpdatedAt = t.stamp()
		return http.StatusOK, one
	})
}

func (t *templates) remove(r *http.Request) (int, any) {
	return t.with(r, func(one *template) (int, any) {
		t.all = slices.DeleteFunc(t.all, func(other *template) bool { return other == one })
		return http.StatusNoContent, nil
	})
}

// versions counts those of all templates.
func (t *templates) versions() int {
	n := 0
	for _, one := range t.all {
		n += len(one.Versions)
	}
	return n
}

// with finds the template of a request.
func (t *templates) with(r *http.Request, do func(*template) (int, any)) (int, any) {
	i := slices.IndexFunc(t.all, func(one *template) bool { return one.ID == r.PathValue("template") })
	if i < 0 {
		return http.StatusNotFound, refusal("Template not found")
	}
	return do(t.all[i])
}

func (t *templates) stamp() string { return t.now().UTC().Format(time.DateTime) }

// templateBody lays a request's fields over what is there, if a schema allows them.
func templateBody(r *http.Request, schema *openapi3.Schema, over any) []apiError {
	body, status, message := readMail(nil, r)
	if status != 0 {
		return []apiError{{Message: message}}
	}
	var c complaints
	c.structure(schema, body)
	for i := range c {
		c[i].Help = nil // which is about mails
	}
	if c == nil && json.Unmarshal(body, over) != nil {
		c.fail("", "Bad Request")
	}
	return c
}

func random16() []byte {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return b[:]
}

// uuid is of version 4.
func uuid() string {
	b := random16()
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
