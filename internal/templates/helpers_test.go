package templates_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The templates and the data are those that SendGrid's page shows, as far as there is one:
// https://www.twilio.com/docs/sendgrid/for-developers/sending-email/using-handlebars. Whitespace is
// as Handlebars leaves it: a tag with a line to itself leaves no line.
func TestHelpers(t *testing.T) {
	t.Parallel()

	const (
		dear      = "{{#if user.profile.male}}\n<p>Dear Sir</p>\n{{else if user.profile.female}}\n<p>Dear Madame</p>\n{{else}}\n<p>Dear Customer</p>\n{{/if}}"
		suspended = "{{#if user.suspended}}Please call {{@root.supportPhone}}{{/if}}"
		unless    = "{{#unless user.active}}Please call {{@root.supportPhone}}{{/unless}}"
		greater   = "Hello!{{#greaterThan scoreOne scoreTwo}} High.{{else}} Close.{{/greaterThan}}"
		less      = "Hello!{{#lessThan scoreOne scoreTwo}} Close.{{else}} High.{{/lessThan}}"
		equals    = "{{#equals customerCode winningCode}}won{{else}}lost{{/equals}}"
		notEquals = "{{#notEquals customerCode winningCode}}lost{{else}}won{{/notEquals}}"
		and       = "{{#and favoriteFood favoriteDrink}}thanks{{else}}please{{/and}}"
		or        = "{{#or isRunner isCyclist}}map{{else}}survey{{/or}}"
		length    = "{{#greaterThan (length cartItems) 0}}left{{else}}none{{/greaterThan}}"
		story     = "{{#each user.story}}\n{{#if this.male}}\n<p>{{this.date}}</p>\n{{else if this.female}}\n<p>{{this.item}}</p>\n{{/if}}\n{{/each}}"
	)
	tests := []struct{ name, template, data, want string }{
		{"basic replacement", "<p>Hello {{ firstName }}</p>", `{"firstName": "Ben"}`, "<p>Hello Ben</p>"},
		{"deep object replacement", "{{user.profile.firstName}}", `{"user": {"profile": {"firstName": "Ben"}}}`, "Ben"},
		{"object failure", "<p>Hello {{user.profile.firstName}}</p>", `{"user": {"orderHistory": [{"date": "2/1/2018"}]}}`, "<p>Hello </p>"},
		{"insert with all values", insert, `{"name": "Ben", "businessName": "Twilio SendGrid"}`, "Hello Ben! About Twilio SendGrid."},
		{"insert with a missing value", insert, `{"name": "Ben"}`, "Hello Ben! About your business."},
		{"insert with default=", insert, `{}`, "Hello Customer! About your business."},
		{"insert without a default", "{{insert a}}.", `{}`, "."},
		{"if, one", dear, `{"user": {"profile": {"male": true}}}`, "<p>Dear Sir</p>"},
		{"if, two", dear, `{"user": {"profile": {"female": true}}}`, "<p>Dear Madame</p>"},
		{"if, three", dear, `{"user": {"profile": {}}}`, "<p>Dear Customer</p>"},
		{"if with a root", suspended, `{"user": {"suspended": true}, "supportPhone": "1-800"}`, "Please call 1-800"},
		{"unless", unless, `{"user": {"active": false}, "supportPhone": "1-800"}`, "Please call 1-800"},
		{"unless, the other way", unless + ".", `{"user": {"active": true}, "supportPhone": "1-800"}`, "."},
		{"greaterThan, one", greater, `{"scoreOne": 100, "scoreTwo": 78}`, "Hello! High."},
		{"greaterThan, two", greater, `{"scoreOne": 55, "scoreTwo": 78}`, "Hello! Close."},
		{"greaterThan of what is no number", greater, `{"scoreOne": "x", "scoreTwo": 78}`, "Hello! Close."},
		{"lessThan, one", less, `{"scoreOne": 55, "scoreTwo": 78}`, "Hello! Close."},
		{"lessThan, two", less, `{"scoreOne": 100, "scoreTwo": 78}`, "Hello! High."},
		{"lessThan of equals", less, `{"scoreOne": 78, "scoreTwo": 78}`, "Hello! High."},
		{"equals, one", equals, `{"customerCode": 289199, "winningCode": 289199}`, "won"},
		{"equals, two", equals, `{"customerCode": 167320, "winningCode": 289199}`, "lost"},
		{"equals ignores the types", equals, `{"customerCode": 3, "winningCode": "3"}`, "won"},
		{"equals of written out values", `{{#equals 3 "3"}}yes{{/equals}}{{#equals true true}}!{{/equals}}`, `{}`, "yes!"},
		{"equals of numbers written in two ways", equals, `{"customerCode": 3.0, "winningCode": 3}`, "won"},
		{"equals of nothing and the empty text", equals, `{"customerCode": ""}`, "lost"},
		{"notEquals, one", notEquals, `{"customerCode": 289199, "winningCode": 289199}`, "won"},
		{"notEquals, two", notEquals, `{"customerCode": 167320, "winningCode": 289199}`, "lost"},
		{"and, one", and, `{"favoriteFood": "Pasta", "favoriteDrink": ""}`, "please"},
		{"and, two", and, `{"favoriteFood": "Pasta", "favoriteDrink": "Coffee"}`, "thanks"},
		{"or, one", or, `{"isRunner": true, "isCyclist": false}`, "map"},
		{"or, two", or, `{"isRunner": false, "isCyclist": false}`, "survey"},
		{"or, three", or, `{"isRunner": false, "isCyclist": true}`, "map"},
		{"zero is false", and, `{"favoriteFood": 0, "favoriteDrink": 1}`, "please"},
		{"zero with a point is false", and, `{"favoriteFood": 0.0, "favoriteDrink": 1}`, "please"},
		{"negative numbers are true", and, `{"favoriteFood": -1, "favoriteDrink": -0.5}`, "thanks"},
		{"the text 0 is true", and, `{"favoriteFood": "0", "favoriteDrink": "false"}`, "thanks"},
		{"the empty list is false, the empty object not", "{{#if a}}a{{/if}}{{#if b}}b{{/if}}{{#if c}}c{{/if}}", `{"a": [], "b": {}, "c": null}`, "b"},
		{"length, one", length, `{"cartItems": ["raft", "water bottle", "sleeping bag"]}`, "left"},
		{"length, two", length, `{"cartItems": []}`, "none"},
		{"length of texts and other things", "{{length a}} {{length b}} {{length c}}", `{"a": "né", "b": 17, "c": {"d": 1}}`, "2 0 0"},
		{"each", "<ol>\n  {{#each user.orderHistory}}\n  <li>{{this.item}} on {{this.date}}</li>\n  {{/each}}\n</ol>",
			`{"user": {"orderHistory": [{"date": "2/1/2018", "item": "shoes"}, {"date": "1/4/2017", "item": "hat"}]}}`,
			"<ol>\n  <li>shoes on 2/1/2018</li>\n  <li>hat on 1/4/2017</li>\n</ol>"},
		{"dynamic content creation", story, `{"user": {"story": [{"male": true, "date": "2/1/2018"}, {"female": true, "item": "shirt"}]}}`, "<p>2/1/2018</p>\n<p>shirt</p>"},
		{"each in if", "{{#if people}}People:{{#each people}} {{this.name}}{{/each}}{{/if}}", `{"people": [{"name": "Bob"}, {"name": "Sally"}]}`, "People: Bob Sally"},
		// From here on Handlebars says what SendGrid's page does not.
		{"each with its private variables", "{{#each a}}{{@index}}{{@key}}{{#if @first}}<{{/if}}{{#if @last}}>{{/if}}{{.}} {{/each}}", `{"a": ["x", "y"]}`, "00<x 11>y "},
		{"each of an object", "{{#each a}}{{@key}}={{this}}{{#unless @last}}, {{/unless}}{{/each}}", `{"a": {"c": 2, "b": 1}}`, "b=1, c=2"},
		{"each with nothing to walk over", "{{#each a}}x{{else}}{{b}}{{/each}}", `{"a": [], "b": "none"}`, "none"},
		{"each has its own scope, and leads out of it", "{{#each a}}[{{c}}{{../c}}{{@root.c}}{{#if b}}{{../c}}{{b}}{{/if}}{{#equals b 1}}{{b}}{{/equals}}]{{/each}}", `{"a": [{"b": 1}], "c": "C"}`, "[CCC11]"},
		{"each in each", "{{#each a}}{{#each b}}{{this}}{{../c}}{{../../d}} {{/each}}{{/each}}", `{"a": [{"b": [1, 2], "c": "C"}], "d": "D"}`, "1CD 2CD "},
		{"names with a space", "{{a.[b c]}}", `{"a": {"b c": 1}}`, "1"},
		{"numbers, lists, objects", "{{a}} {{b}} {{c}} {{d}} {{e}} {{f}}.", `{"a": 4900, "b": 1.50, "c": false, "d": [1, "x"], "e": {}, "f": null}`, "4900 1.5 false 1,x [object Object] ."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := find(t, tt.template, nil).Render(json.RawMessage(tt.data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want+"\n", unindented(got.HTML)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const insert = `Hello {{insert name "default=Customer"}}! About {{insert businessName "your business"}}.`

// unindented has one line break at the end, whether or not the last line of the template was a
// tag's.
func unindented(html string) string {
	for len(html) > 0 && html[len(html)-1] == '\n' {
		html = html[:len(html)-1]
	}
	return html + "\n"
}

// The tokens, and the moment, are those of SendGrid's page, under formatDate. It calls that
// Wednesday a Tuesday, and shows 00 for the hours HH and H of three in the afternoon.
func TestFormatDate(t *testing.T) {
	t.Parallel()

	const at = "2020-01-01T23:00:00.000Z"
	tests := []struct {
		at                   any
		format, offset, want string
	}{
		{at, "YYYY", "-0800", "2020"},
		{at, "YY", "-0800", "20"},
		{at, "MMMM", "-0800", "January"},
		{at, "MMM", "-0800", "Jan"},
		{at, "MM", "-0800", "01"},
		{at, "M", "-0800", "1"},
		{at, "DD", "-0800", "01"},
		{at, "D", "-0800", "1"},
		{at, "dddd", "-0800", "Wednesday"},
		{at, "ddd", "-0800", "Wed"},
		{at, "hh", "-0800", "03"},
		{at, "h", "-0800", "3"},
		{at, "HH", "-0800", "15"},
		{at, "H", "-0800", "15"},
		{at, "mm", "-0800", "00"},
		{at, "m", "-0800", "0"},
		{at, "ss", "-0800", "00"},
		{at, "s", "-0800", "0"},
		{at, "A", "-0800", "PM"},
		{at, "ZZ", "-0800", "-0800"},
		{at, "Z", "-0800", "-08:00"},
		{at, "MMMM DD, YYYY h:mm:ssA", "", "January 01, 2020 11:00:00PM"},
		{at, "MMMM DD, YYYY h:mm:ssA", "-0800", "January 01, 2020 3:00:00PM"},
		{at, "D.M.YYYY H:mm", "+0130", "2.1.2020 0:30"},
		{"2020-01-01T06:07:08+01:00", "H HH h s", "", "5 05 5 8"},
		{1577919600, "YYYY-MM-DD HH:mm", "", "2020-01-01 23:00"},
	}
	for _, tt := range tests {
		template, data := `{{formatDate at format}}`, map[string]any{"at": tt.at, "format": tt.format, "offset": tt.offset}
		if tt.offset != "" {
			template = `{{formatDate at format offset}}`
		}
		got, err := find(t, template, nil).Render(data)
		if err != nil || got.HTML != tt.want+"\n" {
			t.Errorf("%v %s %s: got %q, %v, want %q", tt.at, tt.format, tt.offset, got.HTML, err, tt.want)
		}
	}
}
