package sendgrid

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

func (t *templates) addVersion(r *http.Request) (int, any) {
	return t.with(r, func(one *template) (int, any) {
		v := &version{lean: lean{ID: uuid(), TemplateID: one.ID, GeneratePlain: true, Editor: "code"}}
		if errs := t.fill(r, v); errs != nil {
			return http.StatusBadRequest, errorBody{errs}
		}
		if t.versions() >= maxVersions { // SendGrid documents the limit and not its answer
			return badRequest("", fmt.Sprintf("You have reached the limit of %d versions", maxVersions))
		}
		one.UpdatedAt, one.Versions = v.UpdatedAt, append(one.Versions, v)
		if v.Active == 1 || len(one.Versions) == 1 {
			one.activate(v)
		}
		return http.StatusCreated, v
	})
}

// fill lays what was given over what is there.
func (t *templates) fill(r *http.Request, v *version) []apiError {
	if errs := templateBody(r, templateSchemas().version, v); errs != nil {
		return errs
	}
	if v.GeneratePlain {
		v.Plain = plainOf(v.HTML)
	}
	v.UpdatedAt = t.stamp()
	return nil
}

// activate makes a version the one that is sent: no other is then.
func (one *template) activate(v *version) {
	for _, other := range one.Versions {
		other.Active = 0
	}
	v.Active = 1
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plainOf is no more than a likeness of what SendGrid makes.
func plainOf(html string) string { return strings.TrimSpace(tag.ReplaceAllString(html, "")) }

func (t *templates) getVersion(r *http.Request) (int, any) {
	return t.withVersion(r, func(_ *template, v *version) (int, any) { return http.StatusOK, v })
}

func (t *templates) changeVersion(r *http.Request) (int, any) {
	return t.withVersion(r, func(one *template, v *version) (int, any) {
		if errs := t.fill(r, v); errs != nil {
			return http.StatusBadRequest, errorBody{errs}
		}
		if one.UpdatedAt = v.UpdatedAt; v.Active == 1 {
			one.activate(v)
		}
		return http.StatusOK, v
	})
}

func (t *templates) removeVersion(r *http.Request) (int, any) {
	return t.withVersion(r, func(one *template, v *version) (int, any) {
		one.Versions = slices.DeleteFunc(one.Versions, func(other *version) bool { return other == v })
		return http.StatusNoContent, nil
	})
}

func (t *templates) activate(r *http.Request) (int, any) {
	return t.withVersion(r, func(one *template, v *version) (int, any) {
		one.activate(v)
		return http.StatusOK, v
	})
}

// withVersion finds the version of a request.
func (t *templates) withVersion(r *http.Request, do func(*template, *version) (int, any)) (int, any) {
	return t.with(r, func(one *template) (int, any) {
		i := slices.IndexFunc(one.Versions, func(v *version) bool { return v.ID == r.PathValue("version") })
		if i < 0 {
			return http.StatusNotFound, refusal("Template version not found")
		}
		return do(one, one.Versions[i])
	})
}
