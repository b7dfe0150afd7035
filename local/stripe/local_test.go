package stripe_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/local/stripe"
)

func TestSetLineItems(t *testing.T) {
	t.Parallel()

	const local = "/_local/line_items/cs_test_1"

	t.Run("takes a list object or an array, shows and forgets it", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		for _, body := range []string{string(sample(t, "completed_two_products.json")), string(sample(t, "completed_jpy.json")), string(manyItems(3)), `[]`} {
			if status, _, text := s.do(t, "PUT", local, body); status != 200 {
				t.Fatalf("%d %s", status, text)
			}
			if status, _, text := s.do(t, "GET", local, ""); status != 200 || !strings.Contains(text, `"has_more": false`) {
				t.Errorf("%d %s", status, text)
			}
			s.page(t, "/v1/checkout/sessions/cs_test_1/line_items")
		}
		if status, _, _ := s.do(t, "DELETE", local, ""); status != 204 {
			t.Errorf("DELETE: %d", status)
		}
		if status, _, _ := s.do(t, "GET", local, ""); status != 404 {
			t.Errorf("then GET: %d", status)
		}
		s.refused(t, "/v1/checkout/sessions/cs_test_1/line_items", 404)
	})

	t.Run("refuses what is not a session's line items, says why, and keeps what was set", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(1))
		one := string(manyItems(1))
		tests := []struct{ name, path, body, says string }{
			{"no JSON", local, `nonsense`, "data is not there"},
			{"broken JSON", local, `[{]`, "read the line items"},
			{"no list", local, `{"object":"item"}`, "give a list object"},
			{"a list without data", local, `{"object":"list"}`, "data is not there"},
			{"an item that is a text", local, `["li_1"]`, "line item 0"},
			{"no ID", local, strings.Replace(one, `"id":"li_1"`, `"x":1`, 1), "id is missing"},
			{"another object", local, strings.Replace(one, `"item"`, `"line_item"`, 1), "object must be"},
			{"no quantity", local, strings.Replace(one, `"quantity":1`, `"quantity":0`, 1), "quantity"},
			{"a quantity with a fraction", local, strings.Replace(one, `"quantity":1`, `"quantity":1.5`, 1), "quantity"},
			{"a currency in upper case", local, strings.Replace(one, `"eur"`, `"EUR"`, 1), "currency"},
			{"an amount with a fraction", local, strings.Replace(one, `"amount_total":0`, `"amount_total":0.5`, 1), "amount_total"},
			{"no amount", local, strings.Replace(one, `"amount_subtotal":0,`, ``, 1), "amount_subtotal"},
			{"a tax that is a text", local, strings.Replace(one, `"quantity"`, `"amount_tax":"1","quantity"`, 1), "amount_tax"},
			{"no price", local, strings.Replace(one, `"price":`, `"prize":`, 1), "price must be"},
			{"no product", local, strings.Replace(one, `"product"`, `"produce"`, 1), "price.product is missing"},
			{"no price ID", local, strings.Replace(one, `"id":"price_1",`, ``, 1), "price.id is missing"},
			{"an ID twice", local, "[" + one[1:len(one)-1] + "," + one[1:len(one)-1] + "]", "li_1 is there twice"},
			{"another ID than a session's", "/_local/line_items/pi_1", one, "starts with cs_"},
			{"another ID than an account's", local + "?account=cus_1", one, "starts with acct_"},
			{"an unknown parameter", local + "?acount=acct_1", one, "acount"},
		}
		for _, tt := range tests {
			if status, _, text := s.do(t, "PUT", tt.path, tt.body); status != 400 || !strings.Contains(text, tt.says) {
				t.Errorf("%s: %d %s, want %q", tt.name, status, text, tt.says)
			}
		}
		if _, ids := s.page(t, "/v1/checkout/sessions/cs_test_1/line_items"); len(ids) != 1 {
			t.Errorf("%v", ids)
		}
		if status, _, _ := s.do(t, "GET", "/_local/nothing", ""); status != 404 {
			t.Errorf("%d", status)
		}
	})
}

func TestFile(t *testing.T) {
	t.Parallel()

	t.Run("gives a restarted stand-in its line items", func(t *testing.T) {
		t.Parallel()

		file := filepath.Join(t.TempDir(), "line_items.jsonl")
		before := setup(t, file)
		before.set(t, "cs_test_1", "", manyItems(1))
		before.set(t, "cs_test_1", "", manyItems(12))
		before.set(t, "cs_test_2", "acct_1", sample(t, "completed_two_products.json"))
		before.set(t, "cs_test_3", "", manyItems(1))
		before.set(t, "cs_test_4", "", []byte(`[]`))
		if status, _, _ := before.do(t, "DELETE", "/_local/line_items/cs_test_3", ""); status != 204 {
			t.Fatalf("%d", status)
		}
		appendTo(t, file, `{"session":"cs_torn","items":[`)

		for range 2 {
			after := setup(t, file)
			_, want := before.page(t, "/v1/checkout/sessions/cs_test_1/line_items?limit=100")
			_, got := after.page(t, "/v1/checkout/sessions/cs_test_1/line_items?limit=100")
			if strings.Join(want, " ") != strings.Join(got, " ") || len(got) != 12 {
				t.Errorf("%v, want %v", got, want)
			}
			if _, ids := after.page(t, "/v1/checkout/sessions/cs_test_2/line_items", "Stripe-Account", "acct_1"); len(ids) != 2 {
				t.Errorf("%v", ids)
			}
			after.refused(t, "/v1/checkout/sessions/cs_test_3/line_items", 404)
			after.page(t, "/v1/checkout/sessions/cs_test_4/line_items")
		}
		if raw, err := os.ReadFile(file); err != nil || strings.Count(string(raw), "\n") != 3 || strings.Contains(string(raw), "torn") {
			t.Errorf("the file was not tidied: %v\n%s", err, raw)
		}
	})

	t.Run("names the line that it cannot read", func(t *testing.T) {
		t.Parallel()

		file := filepath.Join(t.TempDir(), "line_items.jsonl")
		appendTo(t, file, "{\"session\":\"cs_1\",\"items\":[]}\nnonsense\n")
		if _, err := stripe.New(stripe.Options{File: file}); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("err = %v", err)
		}
	})
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}
