package sendgrid

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func (t *templates) addVersion(r *http.Request) (int, any) {
	return t.with(r, func(one *Template) (int, any) {
		in, errs := templateBody(r, templateSchemas().version)
		if errs != nil {
			return http.StatusBadRequest, errorBody{errs}
		}
		if t.versions() >= maxVersions { // SendGrid documents the limit and not its answer
			return badRequest("", fmt.Sprintf("You have reached the limit of %d versions", maxVersions))
		}
		v := &Version{ID: uuid(), TemplateID: one.ID, versionText: versionText{GeneratePlain: true, Editor: "code"}}
		one.Versions = append(one.Versions, v)
		t.fill(one, v, in)
		if len(one.Versions) == 1 {
			v.Active = 1
		}
		return http.StatusCreated, v
	})
}

// fill lays what was given over what is there.
func (t *templates) fill(one *Template, v *Version, in map[string]any) {
	for field, to := range map[string]*string{
		"name": &v.Name, "subject": &v.Subject, "html_content": &v.HTML, "plain_content": &v.Plain, "editor": &v.Editor, "test_data": &v.TestData,
	} {
		if _, given := in[field]; given {
			*to = text(in, field)
		}
	}
	if b, ok := in["generate_plain_content"].(bool); ok {
		v.GeneratePlain = b
	}
	if v.GeneratePlain {
		v.Plain = plainOf(v.HTML)
	}
	switch in["active"] {
	case 1.0:
		one.activate(v)
	case 0.0:
		v.Active = 0
	}
	v.UpdatedAt = t.stamp()
	one.UpdatedAt = v.UpdatedAt
}

// activate makes a version the one that is sent: no other is then.
func (one *Template) activate(v *Version) {
	for _, other := range one.Versions {
		other.Active = 0
	}
	v.Active = 1
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plainOf is no more than a likeness of what SendGrid makes.
func plainOf(html string) string { return strings.TrimSpace(tag.ReplaceAllString(html, "")) }

func (t *templates) getVersion(r *http.Request) (int, any) {
	return t.withVersion(r, func(_ *Template, v *Version) (int, any) { return http.StatusOK, v })
}

func (t *templates) changeVersion(r *http.Request) (int, any) {
	return t.withVersion(r, func(one *Template, v *Version) (int, any) {
		in, errs := templateBody(r, templateSchemas().version)
		if errs != nil {
			return http.StatusBadRequest, errorBody{errs}
		}
		t.fill(one, v, in)
		return http.StatusOK, v
	})
}

func (t *templates) removeVersion(r *http.Request) (int, any) {
	return t.withVersion(r, func(one *Template, v *Version) (int, any) {
		one.Versions = slices.DeleteFunc(one.Versions, func(other *Version) bool { return other == v })
		return http.StatusNoContent, nil
	})
}

func (t *templates) activate(r *http.Request) (int, any) {
	return t.withVersion(r, func(one *Template, v *Version) (int, any) {
		one.activate(v)
		return http.StatusOK, v
	})
}

// withVersion finds the version of a request.
func (t *templates) withVersion(r *http.Request, do func(*Template, *Version) (int, any)) (int, any) {
	return t.with(r, func(one *Template) (int, any) {
		i := slices.IndexFunc(one.Versions, func(v *Version) bool { return v.ID == r.PathValue("version") })
		if i < 0 {
			return http.StatusNotFound, errorBody{[]apiError{{Message: "Template version not found"}}}
		}
		return do(one, one.Versions[i])
	})
}
