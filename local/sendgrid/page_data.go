package sendgrid

import (
	"encoding/json"
	"slices"
	"strings"
)

// table is the items of an order, as far as template data without a fixed form lets one see them.
type table struct {
	Columns []column
	Rows    [][]string
}

type column struct {
	Name   string
	Number bool
}

// readData answers template data as indented JSON, and what looks like the items and totals in it: an array
// of objects called items, an object called totals, and the fields whose name has the word total.
func readData(raw json.RawMessage) (text string, items *table, totals []field) {
	if len(raw) == 0 {
		return "", nil, nil
	}
	text = indent(raw)
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var data map[string]any
	if err := dec.Decode(&data); err != nil {
		return text, nil, nil
	}
	items = readItems(data)
	totals = readTotals(data)
	if order, ok := data["order"].(map[string]any); ok {
		if items == nil {
			items = readItems(order)
		}
		if totals == nil {
			totals = readTotals(order)
		}
	}
	return text, items, totals
}

func readItems(data map[string]any) *table {
	list, _ := data["items"].([]any)
	var rows []map[string]any
	for _, v := range list {
		if row, ok := v.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	t := &table{}
	for _, name := range columnNames(rows) {
		c := column{strings.ReplaceAll(name, "_", " "), !slices.Contains([]string{"description", "name", "title", "currency"}, name)}
		t.Columns = append(t.Columns, c)
	}
	for _, row := range rows {
		var cells []string
		for _, name := range columnNames(rows) {
			text, _ := readable(row[name])
			cells = append(cells, text)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// columnNames are the fields that a person reads in a row, in that order; at most four, to fit a phone.
func columnNames(rows []map[string]any) []string {
	order := []string{"description", "name", "title", "quantity", "unit", "unit_price", "unit_amount", "price", "total", "amount_total", "amount", "subtotal", "tax"}
	var names []string
	for _, name := range order {
		has := slices.ContainsFunc(rows, func(row map[string]any) bool { _, ok := readable(row[name]); return ok })
		if has && !says(names, name) && len(names) < 4 {
			names = append(names, name)
		}
	}
	return names
}

// says tells whether the columns before already say what this one would: what it is, or what it costs.
func says(names []string, name string) bool {
	for _, alike := range [][]string{
		{"description", "name", "title"},
		{"unit", "unit_price", "unit_amount", "price"},
		{"total", "amount_total", "amount", "subtotal"},
	} {
		if slices.Contains(alike, name) {
			return slices.ContainsFunc(names, func(n string) bool { return slices.Contains(alike, n) })
		}
	}
	return false
}

func readTotals(data map[string]any) []field {
	totals := data
	nested, ok := data["totals"].(map[string]any)
	if ok {
		totals = nested
	}
	var fields []field
	for _, name := range keys(totals) {
		text, readable := readable(totals[name])
		if readable && (ok || strings.Contains(name, "total")) {
			fields = append(fields, field{strings.ReplaceAll(name, "_", " "), text})
		}
	}
	// What is paid comes last, as on a receipt.
	slices.SortStableFunc(fields, func(a, b field) int { return rank(a.Name) - rank(b.Name) })
	return fields
}

func rank(name string) int {
	switch name {
	case "subtotal", "amount subtotal":
		return 0
	case "total", "amount total":
		return 2
	}
	return 1
}

// readable is how a value reads in a cell. Money may be an object that holds itself formatted.
func readable(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case map[string]any:
		for _, name := range []string{"formatted", "display", "text"} {
			if s, ok := v[name].(string); ok {
				return s, true
			}
		}
	}
	return "", false
}

// Span is how many columns the name of a total takes.
func (t *table) Span() int { return max(1, len(t.Columns)-1) }
