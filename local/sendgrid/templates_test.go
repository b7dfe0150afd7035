package sendgrid_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"handler/function/local/sendgrid/description"
)

// templatesAPI calls a stand-in's templates API, and gives what it answered.
type templatesAPI struct {
	t   *testing.T
	url string
}

func setupTemplates(t *testing.T) templatesAPI {
	t.Helper()
	return templatesAPI{t, setup(t, "").api + "/v3/templates"}
}

func (a templatesAPI) call(method, path, body string, want int) map[string]any {
	a.t.Helper()
	resp, text := do(a.t, method, a.url+path, body, "Authorization", "Bearer "+testKey, "Content-Type", "application/json")
	if resp.Status != want {
		a.t.Fatalf("%s %s: got %d %s, want %d", method, path, resp.Status, text, want)
	}
	var v map[string]any
	if text != "" {
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			a.t.Fatalf("%s: %v", text, err)
		}
	}
	return v
}

func (a templatesAPI) create(name string) string {
	a.t.Helper()
	id, _ := a.call("POST", "", `{"name":"`+name+`","generation":"dynamic"}`, 201)["id"].(string)
	return id
}

func TestTemplates(t *testing.T) {
	t.Parallel()

	a := setupTemplates(t)
	id := a.create("receipt")
	if !strings.HasPrefix(id, "d-") || len(id) != 34 {
		t.Errorf("the ID is %q", id)
	}
	first := a.call("POST", "/"+id+"/versions", `{"name":"1","subject":"Hi","html_content":"<p>Hi <b>you</b></p>"}`, 201)
	if first["active"] != 1.0 || first["plain_content"] != "Hi you" || first["editor"] != "code" {
		t.Errorf("the first version is %v", first)
	}
	second := a.call("POST", "/"+id+"/versions", `{"name":"2","subject":"Ho","html_content":"<p>Ho</p>","plain_content":"Ho!","generate_plain_content":false,"active":1}`, 201)
	if second["plain_content"] != "Ho!" {
		t.Errorf("the second version is %v", second)
	}
	active := func() (names string) {
		versions, _ := a.call("GET", "/"+id, "", 200)["versions"].([]any)
		for _, v := range versions {
			if v, _ := v.(map[string]any); v["active"] == 1.0 {
				names += v["name"].(string)
			}
		}
		return names
	}
	if got := active(); got != "2" {
		t.Errorf("active: %s, want the second alone", got)
	}
	one, _ := first["id"].(string)
	a.call("POST", "/"+id+"/versions/"+one+"/activate", "", 200)
	if got := active(); got != "1" {
		t.Errorf("active: %s, want the first alone", got)
	}
	two, _ := second["id"].(string)
	for _, c := range []struct{ active, want string }{{"1", "2"}, {"0", ""}} {
		a.call("PATCH", "/"+id+"/versions/"+two, `{"name":"2","subject":"Ho","active":`+c.active+`}`, 200)
		if got := active(); got != c.want {
			t.Errorf("active: %s, want %q", got, c.want)
		}
	}
	changed := a.call("PATCH", "/"+id+"/versions/"+one, `{"name":"1b","subject":"Hey"}`, 200)
	if changed["subject"] != "Hey" || changed["html_content"] != "<p>Hi <b>you</b></p>" {
		t.Errorf("the changed version is %v", changed)
	}
	if got := a.call("GET", "/"+id+"/versions/"+one, "", 200); got["name"] != "1b" {
		t.Errorf("kept as %v", got)
	}
	if got := a.call("PATCH", "/"+id, `{"name":"bill"}`, 200); got["name"] != "bill" {
		t.Errorf("renamed to %v", got)
	}
	a.call("DELETE", "/"+id+"/versions/"+one, "", 204)
	a.call("GET", "/"+id+"/versions/"+one, "", 404)
	a.call("DELETE", "/"+id, "", 204)
	a.call("GET", "/"+id, "", 404)
	a.call("POST", "/"+id+"/versions", `{"name":"1","subject":"Hi"}`, 404)
}

// An account may have 300 versions, of all its templates together.
func TestVersionsAreCountedInTheAccount(t *testing.T) {
	t.Parallel()

	a := setupTemplates(t)
	ids := []string{a.create("one"), a.create("two"), a.create("three")}
	const version = `{"name":"n","subject":"s"}`
	var last map[string]any
	for i := range 300 {
		last = a.call("POST", "/"+ids[i%2]+"/versions", version, 201)
	}
	for _, id := range ids {
		errs, _ := a.call("POST", "/"+id+"/versions", version, 400)["errors"].([]any)
		if first, _ := errs[0].(map[string]any); len(errs) != 1 || first["message"] != "You have reached the limit of 300 versions" || first["field"] != nil {
			t.Errorf("refused with %v", errs)
		}
	}
	a.call("DELETE", "/"+last["template_id"].(string)+"/versions/"+last["id"].(string), "", 204)
	a.call("POST", "/"+ids[2]+"/versions", version, 201)
	a.call("POST", "/"+ids[2]+"/versions", version, 400)
}

func TestListTemplates(t *testing.T) {
	t.Parallel()

	a := setupTemplates(t)
	a.call("POST", "", `{"name":"old"}`, 201)
	for _, name := range []string{"a", "b", "c"} {
		a.create(name)
	}
	var names []string
	path := "?generations=dynamic&page_size=2"
	for pages := 0; path != ""; pages++ {
		page := a.call("GET", path, "", 200)
		result, _ := page["result"].([]any)
		for _, one := range result {
			one, _ := one.(map[string]any)
			name, _ := one["name"].(string)
			names = append(names, name)
		}
		next, _ := page["_metadata"].(map[string]any)["next"].(string)
		_, query, more := strings.Cut(next, "?")
		if path = ""; more {
			path = "?" + query
		}
	}
	if got := strings.Join(names, " "); got != "a b c" {
		t.Errorf("listed %s", got)
	}
	for _, path := range []string{"", "?page_size=0", "?page_size=201", "?page_size=1&generations=new", "?page_size=1&page_token=x"} {
		a.call("GET", path, "", 400)
	}
	if got, _ := a.call("GET", "?page_size=5", "", 200)["result"].([]any); len(got) != 1 {
		t.Errorf("%d legacy templates without a word of generations", len(got))
	}
	if resp, _ := do(t, "GET", a.url, ""); resp.Status != http.StatusUnauthorized {
		t.Errorf("without a key: %d", resp.Status)
	}
}

// versionCases are bodies of a version, and the field that is complained of.
var versionCases = map[string]struct{ body, field string }{
	"all fields":             {`{"active":1,"name":"n","subject":"s","html_content":"<p>","plain_content":"p","generate_plain_content":false,"editor":"code","test_data":"{}"}`, ""},
	"the least":              {`{"name":"n","subject":"s"}`, ""},
	"no name":                {`{"subject":"s"}`, "name"},
	"no subject":             {`{"name":"n"}`, "subject"},
	"a long name":            {`{"name":"` + strings.Repeat("n", 101) + `","subject":"s"}`, "name"},
	"a long subject":         {`{"name":"n","subject":"` + strings.Repeat("s", 256) + `"}`, "subject"},
	"a subject of 255":       {`{"name":"n","subject":"` + strings.Repeat("é", 255) + `"}`, ""},
	"too much HTML":          {`{"name":"n","subject":"s","html_content":"` + strings.Repeat("h", 1<<20+1) + `"}`, "html_content"},
	"too much text":          {`{"name":"n","subject":"s","plain_content":"` + strings.Repeat("h", 1<<20+1) + `"}`, "plain_content"},
	"an active of 2":         {`{"name":"n","subject":"s","active":2}`, "active"},
	"an active of true":      {`{"name":"n","subject":"s","active":true}`, "active"},
	"an editor of its own":   {`{"name":"n","subject":"s","editor":"vim"}`, "editor"},
	"an editor that is null": {`{"name":"n","subject":"s","editor":null}`, "editor"},
	"a text for a boolean":   {`{"name":"n","subject":"s","generate_plain_content":"no"}`, "generate_plain_content"},
	"HTML that is null":      {`{"name":"n","subject":"s","html_content":null}`, "html_content"},
}

func TestVersionIsHeldToItsRules(t *testing.T) {
	t.Parallel()

	schema := description.Body(description.Templates(), http.MethodPost, "/v3/templates/{template_id}/versions")
	for name, c := range versionCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			a := setupTemplates(t)
			path := "/" + a.create("x") + "/versions"
			want := http.StatusCreated
			if c.field != "" {
				want = http.StatusBadRequest
			}
			got := a.call("POST", path, c.body, want)
			if c.field != "" {
				errs, _ := got["errors"].([]any)
				if first, _ := errs[0].(map[string]any); len(errs) != 1 || first["field"] != c.field {
					t.Errorf("complained of %v, want %s", errs, c.field)
				}
			}
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			if err := schema.VisitJSON(body); (err == nil) != (c.field == "") {
				t.Errorf("the description says %v", err)
			}
		})
	}
	t.Run("what only we refuse", func(t *testing.T) {
		t.Parallel()

		a := setupTemplates(t)
		path := "/" + a.create("x") + "/versions"
		for _, body := range []string{`{"name":"n","subject":""}`, `{"name":"n","subject":"s","html":"x"}`, `{"name":"n","subject":"s","test_data":"{"}`, `[]`, `{} {}`, ``} {
			a.call("POST", path, body, 400)
		}
		a.call("POST", "", `{"name":"`+strings.Repeat("n", 101)+`","generation":"dynamic"}`, 400)
		a.call("POST", "", `{"generation":"dynamic"}`, 400)
		a.call("POST", "", `{"name":"n","generation":"modern"}`, 400)
	})
}
