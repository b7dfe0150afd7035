package sendgrid

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

const maxPage = 200

// lean is a version as lists of templates have it, without its texts.
type lean struct {
	ID            string `json:"id"`
	TemplateID    string `json:"template_id"`
	Active        int    `json:"active"`
	Name          string `json:"name"`
	Subject       string `json:"subject"`
	UpdatedAt     string `json:"updated_at"`
	GeneratePlain bool   `json:"generate_plain_content"`
	Editor        string `json:"editor"`
}

// leanTemplate is a template as lists have it.
type leanTemplate struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Generation string `json:"generation"`
	UpdatedAt  string `json:"updated_at"`
	Versions   []lean `json:"versions"`
}

// templatePage is a page of the list of templates.
type templatePage struct {
	size, from  int
	generations string
}

// readPage reads a page's parameters, or returns the one that is wrong with a message.
func readPage(q url.Values) (p templatePage, field, wrong string) {
	p.generations = cmp.Or(q.Get("generations"), "legacy")
	var err error
	if p.size, err = strconv.Atoi(q.Get("page_size")); err != nil || p.size < 1 || p.size > maxPage {
		return p, "page_size", fmt.Sprintf("page_size must be a number between 1 and %d", maxPage)
	}
	if !slices.Contains([]string{"legacy", "dynamic", "legacy,dynamic"}, p.generations) {
		return p, "generations", "generations must be legacy, dynamic or legacy,dynamic"
	}
	if p.from, err = strconv.Atoi(cmp.Or(q.Get("page_token"), "0")); err != nil || p.from < 0 {
		return p, "page_token", "page_token is invalid"
	}
	return p, "", ""
}

// address is where the page that begins at a template is.
func (p templatePage) address(r *http.Request, from int) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: url.Values{
		"generations": {p.generations}, "page_size": {strconv.Itoa(p.size)}, "page_token": {strconv.Itoa(from)},
	}.Encode()}
	return u.String()
}

func (t *templates) list(r *http.Request) (int, any) {
	p, field, wrong := readPage(r.URL.Query())
	if wrong != "" {
		return badRequest(field, wrong)
	}
	found := []leanTemplate{}
	for _, one := range t.all {
		if one.Generation != p.generations && p.generations != "legacy,dynamic" {
			continue
		}
		versions := []lean{}
		for _, v := range one.Versions {
			versions = append(versions, v.lean)
		}
		found = append(found, leanTemplate{one.ID, one.Name, one.Generation, one.UpdatedAt, versions})
	}
	from := min(p.from, len(found))
	to := min(from+p.size, len(found))
	meta := map[string]any{"self": p.address(r, from), "count": len(found)}
	if to < len(found) {
		meta["next"] = p.address(r, to)
	}
	return http.StatusOK, map[string]any{"result": found[from:to], "_metadata": meta}
}
