package docs

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/maildata"
	"handler/function/internal/sample"
)

var codeSpan = regexp.MustCompile("`([^`]+)`")

// TestTemplateData compares docs/template-data.md with the template data: each variable has its row,
// and each row its variable. A name that changes or goes makes the owner's templates show a blank.
func TestTemplateData(t *testing.T) {
	t.Parallel()

	page := read(t, filepath.Join(root, "docs", "template-data.md"))
	variables, report, amount := table(t, page, "| `shop.name`"), table(t, page, "| `report.day`"), table(t, page, "| `total.formatted`")

	t.Run("an order's e-mails and notices", func(t *testing.T) {
		t.Parallel()

		got := map[string]bool{}
		for _, key := range []string{"every-order/receipt", "notice/refunded"} {
			names(dataOf(t, key), "", got)
		}
		mustBeSame(t, firstCells(variables), got)
	})
	t.Run("an item", func(t *testing.T) {
		t.Parallel()

		item := dataOf(t, "every-order/receipt")["items"].([]any)[0].(map[string]any)
		row := variables[slices.IndexFunc(variables, func(row []string) bool { return row[0] == " `items` " })]
		want := map[string]bool{}
		for _, m := range codeSpan.FindAllStringSubmatch(row[1], -1) {
			want[m[1]] = !strings.Contains(m[1], "{{")
		}
		maps.DeleteFunc(want, func(_ string, named bool) bool { return !named })
		mustBeSame(t, want, keysOf(item))
	})
	t.Run("an amount", func(t *testing.T) {
		t.Parallel()

		got := map[string]bool{}
		for key := range dataOf(t, "every-order/receipt")["total"].(map[string]any) {
			got["total."+key] = true
		}
		mustBeSame(t, firstCells(amount), got)
	})
	t.Run("a report", func(t *testing.T) {
		t.Parallel()

		want := map[string]bool{}
		for _, row := range report {
			for _, m := range codeSpan.FindAllStringSubmatch(row[0]+row[1], -1) {
				for name := range strings.SplitSeq(strings.TrimPrefix(m[1], "report."), ".") {
					want[name] = true
				}
			}
		}
		delete(want, "formatDate") // SendGrid's helper
		delete(want, "")           // of .waiting
		got := map[string]bool{}
		allKeys(dataOf(t, "report/daily")["report"], got)
		mustBeSame(t, want, got)
	})
	t.Run("the notice that the database fills up", func(t *testing.T) {
		t.Parallel()

		for key := range dataOf(t, "notice/database-full")["database"].(map[string]any) {
			if !strings.Contains(page, "`"+key+"`") {
				t.Errorf("docs/template-data.md does not have database.%s", key)
			}
		}
	})
}

// dataOf is the data of a sample e-mail with that key, as SendGrid gets it.
func dataOf(t *testing.T, key string) map[string]any {
	t.Helper()
	orders, err := sample.Orders(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(sample.Mail(orders["completed_paid"], key, "").Data(maildata.Shop{Name: "Shop", Email: "shop@example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	var data map[string]any
	if err := json.Unmarshal(b, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

// table is the cells of the rows of a table from the one that begins so.
func table(t *testing.T, page, first string) (rows [][]string) {
	t.Helper()
	_, after, found := strings.Cut(page, "\n"+first)
	if !found {
		t.Fatalf("docs/template-data.md has no row %s", first)
	}
	text, _, _ := strings.Cut(first+after, "\n\n")
	for row := range strings.SplitSeq(text, "\n") {
		rows = append(rows, strings.Split(strings.Trim(row, "|"), "|"))
	}
	return rows
}

// firstCells are the names in the first cells.
func firstCells(rows [][]string) map[string]bool {
	names := map[string]bool{}
	for _, row := range rows {
		for _, m := range codeSpan.FindAllStringSubmatch(row[0], -1) {
			names[m[1]] = true
		}
	}
	return names
}

// names adds the dotted names of variables. Metadata, whose keys are the owner's, and amounts, which
// have a table of their own, are one variable each.
func names(data map[string]any, before string, into map[string]bool) {
	for key, value := range data {
		fields, isObject := value.(map[string]any)
		if !isObject || key == "metadata" || isAmount(fields) {
			into[before+key] = true
			continue
		}
		names(fields, before+key+".", into)
	}
}

// allKeys adds the keys of all objects below a value but amounts.
func allKeys(value any, into map[string]bool) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			allKeys(v, into)
		}
	case map[string]any:
		if isAmount(value) {
			return
		}
		for key, v := range value {
			into[key] = true
			allKeys(v, into)
		}
	}
}

func isAmount(fields map[string]any) bool { return fields["formatted"] != nil }

func keysOf(object map[string]any) map[string]bool {
	keys := map[string]bool{}
	for key := range object {
		keys[key] = true
	}
	return keys
}

func mustBeSame(t *testing.T, page, data map[string]bool) {
	t.Helper()
	if d := cmp.Diff(slices.Sorted(maps.Keys(data)), slices.Sorted(maps.Keys(page))); d != "" {
		t.Errorf("docs/template-data.md differs from the data (-data +page):\n%s", d)
	}
}
