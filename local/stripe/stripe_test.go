package stripe_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/calltest"
	"handler/function/local/stripe"
)

const testKey = "rk_test_abc123"

type server struct {
	url     string
	service *stripe.Service
}

func setup(t *testing.T, file string) server {
	t.Helper()
	s, err := stripe.New(stripe.Options{File: file})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return server{srv.URL, s}
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// manyItems are n line items, li_1 to li_n.
func manyItems(n int) []byte {
	var items []string
	for i := range n {
		items = append(items, fmt.Sprintf(`{"id":"li_%d","object":"item","quantity":1,"currency":"eur","amount_total":%d,
			"amount_subtotal":%d,"description":"Thing %d","price":{"id":"price_%d","object":"price","product":"prod_%d"}}`,
			i+1, i, i, i+1, i+1, i+1))
	}
	return []byte("[" + strings.Join(items, ",") + "]")
}

func (s server) set(t *testing.T, session, account string, list []byte) {
	t.Helper()
	if err := s.service.SetLineItems(session, account, list); err != nil {
		t.Fatal(err)
	}
}

func (s server) do(t *testing.T, method, path, body string, header ...string) (status int, h http.Header, text string) {
	t.Helper()
	a := calltest.Do(t, method, s.url+path, body, append([]string{"Authorization", "Bearer " + testKey}, header...)...)
	return a.Status, a.Header, a.Body
}

type page struct {
	Object, URL string
	HasMore     bool `json:"has_more"`
	Data        []struct {
		ID    string
		Price struct{ Product json.RawMessage }
	}
}

func (s server) page(t *testing.T, path string, header ...string) (page, []string) {
	t.Helper()
	status, _, text := s.do(t, "GET", path, "", header...)
	var p page
	if err := json.Unmarshal([]byte(text), &p); status != 200 || err != nil {
		t.Fatalf("GET %s: %d %s", path, status, text)
	}
	ids := []string{}
	for _, item := range p.Data {
		ids = append(ids, item.ID)
	}
	return p, ids
}

type apiError struct{ Type, Code, Message, Param string }

func (s server) refused(t *testing.T, path string, want int, header ...string) apiError {
	t.Helper()
	status, _, text := s.do(t, "GET", path, "", header...)
	var body struct{ Error apiError }
	if err := json.Unmarshal([]byte(text), &body); status != want || err != nil || body.Error.Message == "" {
		t.Fatalf("GET %s: %d %s, want %d", path, status, text, want)
	}
	return body.Error
}

func TestListLineItems(t *testing.T) {
	t.Parallel()

	const path = "/v1/checkout/sessions/cs_test_1/line_items"

	t.Run("serves pages as Stripe does", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(25))
		tests := []struct {
			query       string
			first, last int
			more        bool
		}{
			{"", 1, 10, true},
			{"?limit=1", 1, 1, true},
			{"?limit=25", 1, 25, false},
			{"?limit=100", 1, 25, false},
			{"?limit=10&starting_after=li_10", 11, 20, true},
			{"?limit=10&starting_after=li_15", 16, 25, false},
			{"?limit=10&starting_after=li_25", 0, 0, false},
			{"?limit=10&ending_before=li_12", 2, 11, true},
			{"?limit=10&ending_before=li_11", 1, 10, false},
			{"?limit=3&ending_before=li_1", 0, 0, false},
		}
		for _, tt := range tests {
			want := []string{}
			for i := tt.first; i > 0 && i <= tt.last; i++ {
				want = append(want, fmt.Sprintf("li_%d", i))
			}
			p, ids := s.page(t, path+tt.query)
			if diff := cmp.Diff(want, ids); diff != "" || p.HasMore != tt.more || p.Object != "list" || p.URL != path {
				t.Errorf("%q: has_more %v, object %s, url %s\n%s", tt.query, p.HasMore, p.Object, p.URL, diff)
			}
		}
	})

	t.Run("turns a product's ID into the product when asked to", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", sample(t, "completed_two_products.json"))
		for _, query := range []string{"?expand[]=data.price.product", "?expand[0]=data.price.product", "?expand%5B%5D=data.price.product"} {
			p, _ := s.page(t, path+query)
			var product struct {
				ID, Object, Name string
				Active           bool
			}
			if err := json.Unmarshal(p.Data[0].Price.Product, &product); err != nil {
				t.Fatalf("%s: %v in %s", query, err, p.Data[0].Price.Product)
			}
			if product.ID != "prod_ebook" || product.Object != "product" || product.Name != "The e-book" || !product.Active {
				t.Errorf("%s: %+v", query, product)
			}
		}
		if p, _ := s.page(t, path); string(p.Data[0].Price.Product) != `"prod_ebook"` {
			t.Errorf("not asked, yet %s", p.Data[0].Price.Product)
		}
	})

	t.Run("shows a product that was set whole as its ID, or whole", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", []byte(strings.Replace(string(manyItems(1)), `"prod_1"`, `{"id":"prod_9","object":"product","name":"Known","metadata":{"k":"v"}}`, 1)))
		if p, _ := s.page(t, path); string(p.Data[0].Price.Product) != `"prod_9"` {
			t.Errorf("%s", p.Data[0].Price.Product)
		}
		if p, _ := s.page(t, path+"?expand[]=data.price.product"); !strings.Contains(string(p.Data[0].Price.Product), `"Known"`) {
			t.Errorf("%s", p.Data[0].Price.Product)
		}
	})

	t.Run("keeps a connected account's sessions apart", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		if status, _, text := s.do(t, "PUT", "/_local/line_items/cs_test_1?account=acct_7", string(manyItems(2))); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		s.refused(t, path, 404)
		s.refused(t, path, 404, "Stripe-Account", "acct_8")
		if _, ids := s.page(t, path, "Stripe-Account", "acct_7"); len(ids) != 2 {
			t.Errorf("%v", ids)
		}
		s.set(t, "cs_test_2", "", manyItems(1))
		s.refused(t, "/v1/checkout/sessions/cs_test_2/line_items", 404, "Stripe-Account", "acct_7")
	})

	t.Run("refuses what Stripe refuses", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(3))
		tests := []struct {
			path   string
			status int
			want   apiError // Message is a part of it
		}{
			{"/v1/checkout/sessions/cs_test_9/line_items", 404, apiError{"invalid_request_error", "resource_missing", "No such checkout.session: 'cs_test_9'", "session"}},
			{"/v1/checkout/sessions/cs_test_9", 404, apiError{"invalid_request_error", "resource_missing", "No such checkout.session", "session"}},
			{path + "?limit=0", 400, apiError{"invalid_request_error", "parameter_invalid_integer", "greater than or equal to 1", "limit"}},
			{path + "?limit=101", 400, apiError{"invalid_request_error", "parameter_invalid_integer", "(was 101)", "limit"}},
			{path + "?limit=ten", 400, apiError{"invalid_request_error", "parameter_invalid_integer", "Invalid integer: ten", "limit"}},
			{path + "?page=2", 400, apiError{"invalid_request_error", "parameter_unknown", "Received unknown parameter: page", "page"}},
			{path + "?expand=data.price.product", 400, apiError{"invalid_request_error", "parameter_unknown", "expand", "expand"}},
			{path + "?expand[]=data.customer", 400, apiError{"invalid_request_error", "", "(data.customer)", "expand"}},
			{path + "?starting_after=li_9", 400, apiError{"invalid_request_error", "resource_missing", "li_9", "starting_after"}},
			{path + "?ending_before=li_9", 400, apiError{"invalid_request_error", "resource_missing", "li_9", "ending_before"}},
			{path + "?starting_after=li_1&ending_before=li_3", 400, apiError{"invalid_request_error", "parameters_exclusive", "only specify one", "ending_before"}},
			{"/v1/nothing", 404, apiError{"invalid_request_error", "", "Unrecognized request URL (GET: /v1/nothing)", ""}},
		}
		for _, tt := range tests {
			got := s.refused(t, tt.path, tt.status)
			if !strings.Contains(got.Message, tt.want.Message) {
				t.Errorf("%s: message %q", tt.path, got.Message)
			}
			tt.want.Message = got.Message
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s", tt.path, diff)
			}
		}
		if status, _, text := s.do(t, "POST", path, ""); status != 405 || !strings.Contains(text, `"invalid_request_error"`) {
			t.Errorf("POST: %d %s", status, text)
		}
	})

	t.Run("wants a test mode key, as a bearer or as Basic's user name", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(1))
		for _, bad := range []string{"", "Bearer", "Bearer ", "Bearer pk_test_1", "Bearer sk_test_", "Bearer SG.a.b", "sk_test_1",
			"Basic OnNrX3Rlc3RfMQ==", "Bearer sk_live_1"} {
			if e := s.refused(t, path, 401, "Authorization", bad); e.Type != "invalid_request_error" || strings.Contains(e.Message, "SG.") {
				t.Errorf("%q: %+v", bad, e)
			}
		}
		for _, good := range []string{"Bearer sk_test_1", "bearer rk_test_abc", "Basic c2tfdGVzdF8xOg=="} {
			s.page(t, path, "Authorization", good)
		}
	})

	t.Run("puts Stripe's headers on every answer", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(1))
		seen := map[string]bool{}
		for _, p := range []string{path, "/v1/nothing", "/v1/account"} {
			_, h, _ := s.do(t, "GET", p, "", "Stripe-Version", "2022-11-15")
			if !regexp.MustCompile(`^req_[A-Za-z0-9]{14}$`).MatchString(h.Get("Request-Id")) || seen[h.Get("Request-Id")] || h.Get("Stripe-Version") != "2022-11-15" {
				t.Errorf("%s: %v", p, h)
			}
			seen[h.Get("Request-Id")] = true
		}
		if _, h, _ := s.do(t, "GET", path, "", "Authorization", ""); h.Get("Request-Id") == "" || h.Get("Stripe-Version") != "2023-10-16" {
			t.Errorf("refused: %v", h)
		}
		s.refused(t, path, 400, "Stripe-Version", "yesterday")
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()

	const path = "/v1/checkout/sessions/cs_test_1/line_items"
	tests := []struct {
		fault string
		want  apiError
	}{
		{`{"status":503}`, apiError{Type: "api_error"}},
		{`{"status":429,"retry_after_s":2}`, apiError{Type: "invalid_request_error", Code: "rate_limit"}},
		{`{"status":403}`, apiError{Type: "invalid_request_error"}},
	}
	s := setup(t, "")
	s.set(t, "cs_test_1", "", manyItems(1))
	for _, tt := range tests {
		s.do(t, "PUT", "/_local/fault", tt.fault)
		status, h, text := s.do(t, "GET", path, "")
		var body struct{ Error apiError }
		if err := json.Unmarshal([]byte(text), &body); err != nil || body.Error.Message == "" || h.Get("Request-Id") == "" ||
			!strings.Contains(tt.fault, fmt.Sprint(status)) {
			t.Errorf("%s: %d %s", tt.fault, status, text)
		}
		body.Error.Message = ""
		if diff := cmp.Diff(tt.want, body.Error); diff != "" {
			t.Errorf("%s: %s", tt.fault, diff)
		}
		s.page(t, path)
	}
}
