package catalogue

import (
	"strings"
	"testing"

	"handler/function/internal/sample"

	"github.com/google/go-cmp/cmp"
)

// block is a catalogue as an owner writes it, with nothing wrong in it.
const block = `# The shop's catalogue.
from:
  email: shop@example.com
  name: Shop

admins:
  - owner@example.com

series:
  - name: ebook
    match:
      products: [prod_ebook]
      payment_links:
        - plink_1
    emails:
      - key: delivery
        template: delivery
        to: customer
      - key: sale
        template: sale
        to: admins

default:
  emails:
    - key: receipt
      template: receipt
      to: customer

notices:
  payment_failed: payment-failed
  email_failed: email-failed
  unknown_product: unknown-product
  items_missing: items-missing
`

// mistake is one that an owner makes, as a change of a catalogue, and all that is said of it.
type mistake struct{ old, new, want string }

func testMistakes(t *testing.T, good string, mistakes map[string]mistake) {
	t.Helper()
	if _, err := Parse("c.yml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, m := range mistakes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			source := strings.Replace(good, m.old, m.new, 1)
			if source == good {
				t.Fatal("the case changes nothing")
			}
			for _, source := range []string{source, "\ufeff" + strings.ReplaceAll(source, "\n", "\r\n")} {
				_, err := Parse("c.yml", []byte(source))
				if err == nil || err.Error() != m.want {
					t.Errorf("got  %v\nwant %s", err, m.want)
				}
			}
		})
	}
}

func TestCatalogueMistakes(t *testing.T) {
	t.Parallel()

	testMistakes(t, sample.SmallCatalogue, map[string]mistake{
		"an unknown field":            {"default:", "colors: {}\ndefault:", `c.yml:8: unknown field colors: the catalogue has from, reply_to, admins, only, every_order, series, default, metadata_keys, notices, report and time_zone`},
		"an unknown field deep in":    {"to: customer}\ndefault", "to: customer, cc: x}\ndefault", `c.yml:7: unknown field cc: an entry of emails has key, template, to and after`},
		"a field twice":               {"default:", "admins: [a@example.com]\ndefault:", `c.yml:8: admins is on line 2 already: write it once`},
		"a key twice":                 {"default:", "      - {key: delivery, template: d-00000000000000000000000000000001, to: admins}\ndefault:", `c.yml:8: key "delivery" is on line 7 already`},
		"a key that is a path":        {"key: delivery", "key: a.b", `c.yml:7: "a.b" cannot be a key, which has small letters, digits and hyphens, at most 50: write a-b`},
		"a bad template ID":           {"d-00000000000000000000000000000001", "d-1", `c.yml:7: "d-1" is not the ID of a dynamic template: want d- and 32 digits of 0-9 and a-f`},
		"a template that is none":     {"d-00000000000000000000000000000001", "Receipt!", `c.yml:7: "Receipt!" is neither the name of a template nor the ID of a dynamic template: write receipt`},
		"no e-mail to the customer":   {"to: customer}\ndefault", "to: admins}\ndefault", `c.yml:4: series "ebook" has no e-mail to the customer`},
		"a default to admins alone":   {"to: customer}\nnotices", "to: admins}\nnotices", `c.yml:9: default has no e-mail to the customer`},
		"admins of nothing":           {"[owner@example.com]", "{dev: [a@example.com]}", `c.yml:2: unknown field dev: admins has live and test`},
		"admins of live alone":        {"[owner@example.com]", "{live: [a@example.com]}", `c.yml:2: admins has no addresses for test orders: write test: [you@example.com]`},
		"admins of test alone":        {"[owner@example.com]", "{test: [a@example.com]}", `c.yml:2: admins has no addresses for live orders: write live: [you@example.com]`},
		"a bad admin of test":         {"[owner@example.com]", "{live: [a@example.com], test: [b]}", `c.yml:2: "b" is not an e-mail address`},
		"an admin that is no list":    {"[owner@example.com]", "owner@example.com", `c.yml:2: admins is a list: write [owner@example.com]`},
		"a bad address":               {"owner@example.com", "owner", `c.yml:2: "owner" is not an e-mail address`},
		"an address with a name":      {"owner@example.com", "Owner <owner@example.com>", `c.yml:2: "Owner <owner@example.com>" has more than an e-mail address: write owner@example.com`},
		"an admin that is empty":      {"[owner@example.com]", "[owner@example.com, null]", `c.yml:2: an entry of admins is empty`},
		"no admin but an empty one":   {"[owner@example.com]", "[null]", `c.yml:2: an entry of admins is empty`},
		"an admin twice":              {"[owner@example.com]", "[owner@example.com, Owner@example.com]", `c.yml:2: admin "Owner@example.com" is on line 2 already`},
		"an entry empty elsewhere":    {sample.SmallCatalogue, "reply_to: &none null\n" + strings.Replace(sample.SmallCatalogue, "[prod_ebook]", "[prod_ebook, *none]", 1), `c.yml:6: an entry of products is empty`},
		"a text of two lines":         {"{email: shop@example.com}", `"a\nb"`, "c.yml:1: from has the fields email and name: write {email: …, name: …}"},
		"a field of two lines":        {"default:", "\"a b\\nc\": 1\ndefault:", `c.yml:8: "a b\nc" has an invisible character (U+000A): write a bc`},
		"a series without a name":     {"  - name: ebook\n    match", "  - match", `c.yml:4: this series has no name: write name: ebook, for example`},
		"no admins":                   {"[owner@example.com]", "[]", `c.yml:2: admins has no addresses, and a failure would go unseen: write admins: [you@example.com]`},
		"no recipient":                {", to: customer}\ndefault", "}\ndefault", `c.yml:7: e-mail "delivery" has no to: write to: customer, to: admins or an e-mail address`},
		"an admin who is not ASCII":   {"owner@example.com", "müller@example.com", `c.yml:2: SendGrid refuses "müller@example.com": it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example`},
		"a sender who is not":         {"shop@example.com", "shop@bücher.example", `c.yml:1: SendGrid refuses "shop@bücher.example": it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example`},
		"an unknown recipient":        {"to: customer}\ndefault", "to: everybody}\ndefault", `c.yml:7: "everybody" is not customer, admins or an e-mail address`},
		"a bad delay":                 {"to: customer}\ndefault", "to: customer, after: tomorrow}\ndefault", `c.yml:7: "tomorrow" is not a time span such as 30m, 12h, 3d or 2w`},
		"a negative delay":            {"to: customer}\ndefault", "to: customer, after: -1h}\ndefault", `c.yml:7: "-1h" is not a time span such as 30m, 12h, 3d or 2w`},
		"a delay beyond all time":     {"to: customer}\ndefault", "to: customer, after: 99999999999d}\ndefault", `c.yml:7: "99999999999d" is not a time span such as 30m, 12h, 3d or 2w`},
		"a delay without a unit":      {"to: customer}\ndefault", "to: customer, after: 3}\ndefault", `c.yml:7: "3" is not a time span such as 30m, 12h, 3d or 2w`},
		"a series that matches no":    {"{products: [prod_ebook]}", "{}", `c.yml:5: series "ebook" matches nothing: write match: {products: [prod_…]}`},
		"a product of two series":     {"default:", "  - {name: b, match: {products: [prod_ebook]}, emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]}\ndefault:", `c.yml:8: product "prod_ebook" is on line 5 already`},
		"a series named default":      {"name: ebook", "name: default", `c.yml:4: series "default": the name is taken`},
		"no default":                  {"    - {key: receipt, template: d-00000000000000000000000000000003, to: customer}\n", "    []\n", `c.yml:9: default has no emails: a product that no series names would get none`},
		"no notice of a failure":      {"  email_failed: d-00000000000000000000000000000007\n", "", `c.yml:11: notices has no email_failed`},
		"half a product":              {"prod_ebook", "prod_", `c.yml:5: "prod_" is not the ID of a product: copy prod_… from Stripe's dashboard`},
		"two products in one":         {"[prod_ebook]", "[prod_ebook prod_course]", `c.yml:5: "prod_ebook prod_course" is more than one ID: put a comma between two`},
		"reply_to without an address": {"admins:", "reply_to: {name: Help}\nadmins:", `c.yml:2: reply_to has no email: write reply_to: {email: shop@example.com}`},
		"an empty only":               {"admins:", "only: {}\nadmins:", `c.yml:2: only names nothing: no order would be ours`},
		"metadata of two series":      {"default:", "  - {name: b, match: {metadata: {a: b}}, emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]}\n  - {name: c, match: {metadata: {a: b}}, emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]}\ndefault:", `c.yml:9: metadata "a: b" is on line 8 already`},
		"metadata without a value":    {"{products: [prod_ebook]}", "{metadata: {a: }}", `c.yml:5: a has no value`},
		"two documents":               {"notices:", "---\nnotices:", `c.yml:11: --- begins a second document: remove this line`},
		"braces that do not end":      {"from: {", "from: {{", `c.yml:1: what is in braces is wrong here: it needs a comma between two fields, and a } at its end`},
		"nothing at all":              {sample.SmallCatalogue, "", `c.yml:1: the catalogue is empty: docs/emails.md says what belongs into it`},
		"a null":                      {sample.SmallCatalogue, "~", `c.yml:1: the catalogue is empty: docs/emails.md says what belongs into it`},
		"a list":                      {sample.SmallCatalogue, "- from: x\n- admins: y", `c.yml:1: the catalogue has the fields from, reply_to, admins, only, every_order, series, default, metadata_keys, notices, report and time_zone: write {from: …, reply_to: …, admins: …, only: …, every_order: …, series: …, default: …, metadata_keys: …, notices: …, report: …, time_zone: …}`},
	})
}

func TestMistakesOfFields(t *testing.T) {
	t.Parallel()

	testMistakes(t, block, map[string]mistake{
		"a product without brackets":        {"[prod_ebook]", "prod_ebook", `c.yml:12: products is a list: write [prod_ebook]`},
		"products without brackets":         {"[prod_ebook]", "prod_ebook, prod_course", `c.yml:12: products is a list: write [prod_ebook, prod_course]`},
		"a product in braces":               {"[prod_ebook]", "{prod_ebook}", `c.yml:12: products is a list, which has brackets and no braces: write [prod_ebook]`},
		"products with a colon each":        {"products: [prod_ebook]", "products:\n        prod_ebook: yes", `c.yml:13: products is a list: write each entry on a line of its own, with a hyphen before it`},
		"fields within a product":           {"[prod_ebook]", "[{id: prod_ebook}]", `c.yml:12: an entry of products is a text and has no fields: put quotes around it if it has braces or a colon in it`},
		"a list within the products":        {"[prod_ebook]", "[[prod_a, prod_b]]", `c.yml:12: an entry of products is a text and no list: write one`},
		"a number for from":                 {"from:\n  email: shop@example.com\n  name: Shop\n", "from: 5\n", `c.yml:2: from has the fields email and name: write {email: …, name: …}`},
		"an address for from":               {"from:\n  email: shop@example.com\n  name: Shop\n", "from: shop@example.com\n", `c.yml:2: from has the fields email and name: write {email: …, name: …}`},
		"a list for from":                   {"from:\n  email", "from:\n  - email", `c.yml:4: check the indentation: by 2, this line fits nothing above it`},
		"lists for from":                    {"  email: shop@example.com\n  name: Shop", "  - email: shop@example.com\n  - name: Shop", `c.yml:3: from has the fields email and name: write {email: …, name: …}`},
		"a list for an address":             {"email: shop@example.com", "email: [shop@example.com]", `c.yml:3: email is a text and no list: write shop@example.com`},
		"fields for an address":             {"email: shop@example.com", "email: {at: shop@example.com}", `c.yml:3: email is a text and has no fields: put quotes around it if it has braces or a colon in it`},
		"fields for a name":                 {"name: Shop\n", "name: {{shop}}\n", `c.yml:4: name is a text and has no fields: put quotes around it if it has braces or a colon in it`},
		"a text for emails":                 {"    emails:\n      - key: delivery\n        template: delivery\n        to: customer\n      - key: sale\n        template: sale\n        to: admins\n", "    emails: delivery\n", `c.yml:15: emails is a list: begin each entry with a hyphen, and give it the fields key, template, to and after`},
		"texts for emails":                  {"      - key: delivery\n        template: delivery\n        to: customer\n", "      - delivery\n", `c.yml:16: an entry of emails has the fields key, template, to and after: write {key: …, template: …, to: …, after: …}`},
		"emails without hyphens":            {"    - key: receipt\n      template: receipt\n      to: customer\n", "    key: receipt\n    template: receipt\n    to: customer\n", `c.yml:25: emails is a list: put a hyphen before the first field of each entry`},
		"emails by their keys":              {"    - key: receipt\n      template: receipt\n      to: customer\n", "    receipt:\n      template: receipt\n      to: customer\n", `c.yml:25: emails is a list: begin each entry with a hyphen, and give it the fields key, template, to and after`},
		"a list for a match":                {"    match:\n      products", "    match:\n      - products", `c.yml:13: check the indentation: by 6, this line fits nothing above it`},
		"a list for a match of one field":   {"    match:\n      products: [prod_ebook]\n      payment_links:\n        - plink_1\n", "    match:\n      - products: [prod_ebook]\n", "c.yml:12: match is no list: remove the hyphen before its fields"},
		"a list for a match, with two":      {"    match:\n      products: [prod_ebook]\n      payment_links:\n        - plink_1\n", "    match:\n      - products: [prod_ebook]\n      - payment_links: [plink_1]\n", `c.yml:12: match has the fields prices, products, payment_links and metadata: write {prices: …, products: …, payment_links: …, metadata: …}`},
		"a text for metadata":               {"products: [prod_ebook]", "metadata: ebook", `c.yml:12: metadata has names, each with a value: write {name: value}`},
		"a list for a metadata value":       {"products: [prod_ebook]", "metadata: {site: [a, b]}", `c.yml:12: site is a text and no list: write one`},
		"a list of recipients":              {"to: admins", "to: [customer, admins]", `c.yml:21: to is a text and no list: write one`},
		"one recipient in brackets":         {"to: admins", "to: [admins]", `c.yml:21: to is a text and no list: write admins`},
		"a text for notices":                {"notices:\n  payment_failed: payment-failed\n  email_failed: email-failed\n  unknown_product: unknown-product\n  items_missing: items-missing\n", "notices: failed\n", `c.yml:29: notices has the fields payment_failed, email_failed, unknown_product, items_missing, refunded, disputed, email_bounced and database_full: write {payment_failed: …, email_failed: …, unknown_product: …, items_missing: …, refunded: …, disputed: …, email_bounced: …, database_full: …}`},
		"a text for the report":             {"notices:", "report: yes\nnotices:", `c.yml:29: report has the fields template and at: write {template: …, at: …}`},
		"a time that is none":               {"notices:", "report: {template: report, at: 7 o'clock}\nnotices:", `c.yml:29: "7 o'clock" is not a time of day such as 07:30`},
		"a report without a template":       {"notices:", "report:\n  at: 07:30\nnotices:", `c.yml:29: report has no template`},
		"a series without a hyphen":         {"  - name: ebook\n", "    name: ebook\n", `c.yml:10: series is a list: put a hyphen before the first field of each entry`},
		"series by their names":             {"  - name: ebook\n    match:\n      products: [prod_ebook]\n      payment_links:\n        - plink_1\n    emails:\n      - key", "  ebook:\n    match: {products: [prod_ebook]}\n    emails:\n      - key", `c.yml:10: series is a list: begin each entry with a hyphen, and give it the fields name, match and emails`},
		"products twice":                    {"      payment_links:\n        - plink_1\n", "      products: [prod_course]\n", `c.yml:13: products is on line 12 already: write it once`},
		"series twice":                      {"default:", "series:\n  - name: course\n\ndefault:", `c.yml:23: series is on line 9 already: write it once`},
		"emails twice, the first wrong":     {"default:\n", "default:\n  emails: none\n", "c.yml:24: emails is a list: begin each entry with a hyphen, and give it the fields key, template, to and after\nc.yml:25: emails is on line 24 already: write it once"},
		"metadata twice":                    {"products: [prod_ebook]", "metadata: {a: b, a: c}", `c.yml:12: a is on line 12 already: write it once`},
		"a slip in a field":                 {"    emails:\n      - key: delivery", "    emials:\n      - key: delivery", `c.yml:15: unknown field emials: did you mean emails?`},
		"a slip in a part":                  {"admins:", "admin:", `c.yml:6: unknown field admin: did you mean admins?`},
		"a slip in a part, in capitals":     {"from:", "From:", `c.yml:2: unknown field From: did you mean from?`},
		"a slip in a notice":                {"items_missing:", "items-missing:", `c.yml:33: unknown field items-missing: did you mean items_missing?`},
		"a slip beside the field":           {"    emails:\n      - key: delivery", "    email: x\n    emails:\n      - key: delivery", `c.yml:15: unknown field email: did you mean emails?`},
		"a field of another part":           {"  name: Shop\n", "  name: Shop\n  reply: help@example.com\n", `c.yml:5: unknown field reply: from has email and name`},
		"no from":                           {"from:\n  email: shop@example.com\n  name: Shop\n", "", `c.yml:3: from has no email: write from: {email: shop@example.com}`},
		"no admins":                         {"admins:\n  - owner@example.com\n", "", `c.yml:4: admins has no addresses, and a failure would go unseen: write admins: [you@example.com]`},
		"no default":                        {"default:\n  emails:\n    - key: receipt\n      template: receipt\n      to: customer\n", "", `c.yml:21: default has no emails: a product that no series names would get none`},
		"no notices":                        {"notices:\n  payment_failed: payment-failed\n  email_failed: email-failed\n  unknown_product: unknown-product\n  items_missing: items-missing\n", "", `c.yml:27: notices has no templates: write a template for each of payment_failed, email_failed, unknown_product and items_missing`},
		"no address":                        {"  email: shop@example.com\n", "", `c.yml:2: from has no email: write from: {email: shop@example.com}`},
		"an empty address":                  {"email: shop@example.com", "email:", `c.yml:3: from has no email: write from: {email: shop@example.com}`},
		"empty admins":                      {"  - owner@example.com\n", "", `c.yml:6: admins has no addresses, and a failure would go unseen: write admins: [you@example.com]`},
		"an admin that is but a hyphen":     {"  - owner@example.com\n", "  -\n  - owner@example.com\n", `c.yml:7: an entry of admins is empty`},
		"no name":                           {"  - name: ebook\n    match:", "  - match:", `c.yml:10: this series has no name: write name: ebook, for example`},
		"no match":                          {"    match:\n      products: [prod_ebook]\n      payment_links:\n        - plink_1\n", "", `c.yml:10: series "ebook" matches nothing: write match: {products: [prod_…]}`},
		"no emails":                         {"    emails:\n      - key: delivery\n        template: delivery\n        to: customer\n      - key: sale\n        template: sale\n        to: admins\n", "", `c.yml:10: series "ebook" has no emails`},
		"no key":                            {"      - key: sale\n        template: sale", "      - template: sale", `c.yml:19: this e-mail has no key: write key: delivery, for example`},
		"no template":                       {"        template: sale\n", "", `c.yml:19: e-mail "sale" has no template: write the name of a folder in templates/`},
		"no recipient":                      {"        to: customer\n", "", `c.yml:16: e-mail "delivery" has no to: write to: customer, to: admins or an e-mail address`},
		"a recipient in the plural":         {"to: customer", "to: customers", `c.yml:18: "customers" is not customer, admins or an e-mail address: did you mean customer?`},
		"a recipient in the singular":       {"to: admins", "to: admin", `c.yml:21: "admin" is not customer, admins or an e-mail address: did you mean admins?`},
		"a recipient in capitals":           {"to: customer", "to: Customer", `c.yml:18: "Customer" is not customer, admins or an e-mail address: did you mean customer?`},
		"a template's file":                 {"template: delivery", "template: receipt.hbs", `c.yml:17: "receipt.hbs" is neither the name of a template nor the ID of a dynamic template: write receipt`},
		"a template's path":                 {"template: delivery", "template: send-email/templates/receipt/subject.hbs", `c.yml:17: "send-email/templates/receipt/subject.hbs" is neither the name of a template nor the ID of a dynamic template: write receipt`},
		"a template with a space":           {"template: delivery", "template: Delivery copy", `c.yml:17: "Delivery copy" is neither the name of a template nor the ID of a dynamic template: write delivery-copy`},
		"a name in capitals":                {"name: ebook", "name: Ebook", `c.yml:10: "Ebook" cannot be the name of a series, which has small letters, digits and hyphens, at most 50: write ebook`},
		"a name of two words":               {"name: ebook", "name: The E-Book", `c.yml:10: "The E-Book" cannot be the name of a series, which has small letters, digits and hyphens, at most 50: write the-e-book`},
		"a name of no letters":              {"name: ebook", "name: 本", `c.yml:10: "本" cannot be the name of a series, which has small letters, digits and hyphens, at most 50`},
		"a key with an underscore":          {"key: sale", "key: first_sale", `c.yml:19: "first_sale" cannot be a key, which has small letters, digits and hyphens, at most 50: write first-sale`},
		"a price under products":            {"[prod_ebook]", "[price_1]", `c.yml:12: "price_1" is the ID of a price: put it under prices`},
		"a link under products":             {"[prod_ebook]", "[plink_2]", `c.yml:12: "plink_2" is the ID of a payment link: put it under payment_links`},
		"a product under prices":            {"products: [prod_ebook]", "prices: [prod_ebook]", `c.yml:12: "prod_ebook" is the ID of a product: put it under products`},
		"a link under prices":               {"products: [prod_ebook]", "prices: [plink_2]", `c.yml:12: "plink_2" is the ID of a payment link: put it under payment_links`},
		"a price under links":               {"- plink_1", "- price_1", `c.yml:14: "price_1" is the ID of a price: put it under prices`},
		"a product under links":             {"- plink_1", "- prod_x", `c.yml:14: "prod_x" is the ID of a product: put it under products`},
		"a price under only":                {"series:", "only:\n  products: [price_1]\nseries:", `c.yml:10: "price_1" is the ID of a price: put it under prices`},
		"a link's address":                  {"- plink_1", "- https://buy.stripe.com/test_14k5nO7aH", `c.yml:14: "https://buy.stripe.com/test_14k5nO7aH" is the address of a payment link: copy the link's ID, plink_…, from Stripe's dashboard, and put that under payment_links`},
		"a link's address without https":    {"- plink_1", "- buy.stripe.com/14k5nO7aH", `c.yml:14: "buy.stripe.com/14k5nO7aH" is the address of a payment link: copy the link's ID, plink_…, from Stripe's dashboard, and put that under payment_links`},
		"a link's address under products":   {"[prod_ebook]", `["https://buy.stripe.com/14k5nO7aH"]`, `c.yml:12: "https://buy.stripe.com/14k5nO7aH" is the address of a payment link: copy the link's ID, plink_…, from Stripe's dashboard, and put that under payment_links`},
		"a link's address in the dashboard": {"- plink_1", "- https://dashboard.stripe.com/payment-links/plink_1MoC3ULkdIwHu7ix", `c.yml:14: "https://dashboard.stripe.com/payment-links/plink_1MoC3ULkdIwHu7ix" is an address: write plink_1MoC3ULkdIwHu7ix`},
		"a product's address":               {"[prod_ebook]", `["https://dashboard.stripe.com/test/products/prod_NffrFeUfNV2Hib?x=1"]`, `c.yml:12: "https://dashboard.stripe.com/test/products/prod_NffrFeUfNV2Hib?x=1" is an address: write prod_NffrFeUfNV2Hib`},
		"a link that is none":               {"- plink_1", "- ebook", `c.yml:14: "ebook" is not the ID of a payment link: copy plink_… from Stripe's dashboard`},
		"quotes around a product":           {"[prod_ebook]", "[“prod_ebook”]", `c.yml:12: "“prod_ebook”" has typographic quotes: write prod_ebook`},
		"quotes around a link":              {"- plink_1", "- ‘plink_1’", `c.yml:14: "‘plink_1’" has typographic quotes: write plink_1`},
		"quotes and no brackets":            {"[prod_ebook]", "“prod_ebook”", "c.yml:12: products is a list: write [prod_ebook]\nc.yml:12: \"“prod_ebook”\" has typographic quotes: write prod_ebook"},
		"quotes around an address":          {"email: shop@example.com", "email: “shop@example.com”", `c.yml:3: "“shop@example.com”" has typographic quotes: write shop@example.com`},
		"quotes around a recipient":         {"to: customer", "to: „customer“", `c.yml:18: "„customer“" has typographic quotes: write customer`},
		"a zero-width space in a product":   {"prod_ebook", "prod_\u200bebook", `c.yml:12: "prod_\u200bebook" has a zero-width space (U+200B): write prod_ebook`},
		"a no-break space in an address":    {"- owner@example.com", "- owner@example.com\u00a0", `c.yml:7: "owner@example.com\u00a0" has a no-break space (U+00A0): write owner@example.com`},
		"a no-break space in a template":    {"template: sale", "template: \u00a0sale", `c.yml:20: "\u00a0sale" has a no-break space (U+00A0): write sale`},
		"a dash in a key":                   {"key: sale", "key: first–sale", `c.yml:19: "first–sale" has a dash that is not a hyphen (U+2013): write first-sale`},
		"a space at the end of a product":   {"[prod_ebook]", `["prod_ebook "]`, `c.yml:12: "prod_ebook " has a space at its end: write prod_ebook`},
		"nothing but a zero-width space":    {"email: shop@example.com", "email: \u200b", `c.yml:3: email has nothing but a zero-width space (U+200B)`},
	})
}

func TestMistakesOfIndentation(t *testing.T) {
	t.Parallel()

	testMistakes(t, block, map[string]mistake{
		"one space short":                  {"    emails:\n      - key: delivery", "   emails:\n      - key: delivery", `c.yml:15: check the indentation: by 3, this line fits nothing above it`},
		"one space short in an e-mail":     {"        to: customer", "       to: customer", `c.yml:18: check the indentation: by 7, this line fits nothing above it`},
		"one space short before a hyphen":  {"      - key: sale", "     - key: sale", `c.yml:19: check the indentation: by 5, this line fits nothing above it`},
		"one space too many":               {"        to: customer", "         to: customer", `c.yml:18: a field cannot stand here: check the indentation, and put quotes around a text with a colon in it`},
		"a tab":                            {"        to: customer", "\tto: customer", `c.yml:18: this line is indented by a tab: indent by spaces`},
		"a tab, the first line within":     {"  email: shop@example.com", "\temail: shop@example.com", `c.yml:3: this line is indented by a tab: indent by spaces`},
		"no-break spaces":                  {"  name: Shop", "\u00a0\u00a0name: Shop", `c.yml:4: before name there is a no-break space (U+00A0): write ordinary spaces`},
		"no-break spaces, the first line":  {"  email: shop@example.com", "\u00a0 email: shop@example.com", `c.yml:3: this line is indented by a no-break space (U+00A0): indent by spaces`},
		"no-break spaces in both lines":    {"  email: shop@example.com\n  name: Shop\n", "\u00a0 email: shop@example.com\n\u00a0 name: Shop\n", "c.yml:3: before email there is a no-break space (U+00A0): write ordinary spaces\nc.yml:4: before name there is a no-break space (U+00A0): write ordinary spaces"},
		"from's fields not indented":       {"  email: shop@example.com\n  name: Shop\n", "email: shop@example.com\nname: Shop\n", `c.yml:3: email belongs to from above it: indent it by two more spaces`},
		"a match's fields not indented":    {"      products: [prod_ebook]\n      payment_links:\n        - plink_1\n", "    products: [prod_ebook]\n    payment_links:\n      - plink_1\n", `c.yml:12: products belongs to match above it: indent it by two more spaces`},
		"the default's emails too":         {"default:\n  emails:\n    - key: receipt\n      template: receipt\n      to: customer\n", "default:\nemails:\n  - key: receipt\n    template: receipt\n    to: customer\n", `c.yml:24: emails belongs to default above it: indent it by two more spaces`},
		"products without a match":         {"    match:\n      products: [prod_ebook]\n      payment_links:\n        - plink_1\n", "    products: [prod_ebook]\n    payment_links: [plink_1]\n", "c.yml:11: products is no field of an entry of series but of match: write it below that, indented by two more spaces"},
		"an address at the top":            {"from:\n  email: shop@example.com\n  name: Shop\n", "email: shop@example.com\n", "c.yml:2: email is no field of the catalogue but of from or reply_to: write it below that, indented by two more spaces"},
		"a series' emails in its match":    {"    emails:\n      - key: delivery", "      emails:\n      - key: delivery", `c.yml:15: emails is no field of match but of an entry of series: indent it less`},
		"default within series":            {"\ndefault:\n  emails:\n    - key: receipt\n      template: receipt\n      to: customer\n", "    default:\n      emails:\n      - key: receipt\n        template: receipt\n        to: customer\n", `c.yml:22: default is no field of an entry of series but of the catalogue: indent it less`},
		"a colon in a text":                {"name: Shop", "name: Shop: the best", `c.yml:4: a field cannot stand here: check the indentation, and put quotes around a text with a colon in it`},
		"no colon":                         {"admins:\n", "admins\n", `c.yml:6: there is no colon after admins`},
		"no colon after a match":           {"    match:\n", "    match\n", `c.yml:11: there is no colon after match`},
		"no space after a colon":           {"  name: Shop", "  name:Shop", `c.yml:4: a field's name needs a colon after it, and a space after that`},
		"a bracket that does not end":      {"[prod_ebook]", "[prod_ebook", `c.yml:12: the list in brackets is wrong here: it needs a comma between two entries, and a ] at its end`},
		"a quote that does not end":        {"name: Shop", `name: "Shop`, `c.yml:4: a quote that begins in this line does not end`},
		"a text that begins with an @":     {"email: shop@example.com", "email: @shop", `c.yml:3: a text that begins with this character needs quotes around it`},
		"a text that begins with a *":      {"name: Shop", "name: *Shop*", `c.yml:4: a text that begins with & or * needs quotes around it`},
		"a name that is no anchor":         {"name: Shop", "name: *Shop", `c.yml:4: a text that begins with * needs quotes around it`},
		"a byte that is not UTF-8":         {"name: Shop", "name: Caf\xe9", `c.yml:4: this line is not UTF-8: save the file as UTF-8`},
		"a character that cannot be seen":  {"name: Shop", "name: Shop\x08", `c.yml:4: there is an invisible character (U+0008) in this line: delete it`},
		"a line separator of another kind": {"name: Shop", "name: Shop\u2028", `c.yml:4: there is an invisible character (U+2028) in this line: delete it`},
	})
}

// Anchors and merges go on working: they spare an owner with many products the repetition.
func TestAnchors(t *testing.T) {
	t.Parallel()

	c, err := Parse("c.yml", []byte(strings.NewReplacer(
		"    emails:\n      - key: delivery", "    emails: &emails\n      - &delivery\n        key: delivery",
		"\ndefault:", "  - {name: a, match: {products: &products [prod_a]}, emails: *emails}\n  - name: b\n    match: {products: [prod_b]}\n    emails:\n      - {<<: *delivery, key: b}\n      - {<<: [*delivery], to: admins}\n\ndefault:",
		"notices:", "only: {products: *products}\nnotices:",
	).Replace(block)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.Series {
		for _, e := range s.Emails {
			got = append(got, s.Name.Value+"/"+e.Key.Value+" "+e.Template.Value+" to "+e.To.Value)
		}
	}
	want := []string{
		"ebook/delivery delivery to customer", "ebook/sale sale to admins", "a/delivery delivery to customer", "a/sale sale to admins",
		"b/b delivery to customer", "b/delivery delivery to admins",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff("prod_a", c.Only.Products[0].Value); d != "" {
		t.Error(d)
	}

	for _, m := range []struct{ source, want string }{
		{strings.Replace(block, "products: [prod_ebook]", "products: &p [*p]", 1), `c.yml:12: an entry of products is a text and no list: write one`},
		{strings.Replace(block, "match:\n", "match: &m\n      <<: *m\n", 1), ""},
		{strings.Replace(block, "default:\n", "default: &d\n  <<: [*d, *d]\n", 1), ""},
	} {
		_, err := Parse("c.yml", []byte(m.source))
		if m.want == "" && err != nil || m.want != "" && (err == nil || err.Error() != m.want) {
			t.Errorf("got %v, want %s", err, m.want)
		}
	}
}

// What is empty is as if it were not there, where a catalogue may do without it.
func TestEmptyFields(t *testing.T) {
	t.Parallel()

	source := strings.NewReplacer("  name: Shop", "  name:", "admins:", "reply_to:\nonly:\nevery_order:\nreport:\nadmins:", "to: admins", "to: admins\n        after:",
		"      payment_links:\n        - plink_1\n", "      prices:\n      metadata:\n").Replace(block)
	c, err := Parse("c.yml", []byte(source+"  refunded:\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.ReplyTo != nil || c.Only != nil || c.Report != nil || c.From.Name != "" || c.Series[0].Emails[1].After.Duration != 0 {
		t.Errorf("got %+v", c)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()

	source := strings.NewReplacer(
		"shop@example.com", "shop",
		"[owner@example.com]", "[owner, null]",
		"match: {products: [prod_ebook]}", "match: {products: [price_1], color: red}",
		"template: d-00000000000000000000000000000001, to: customer", "template: d-1, to: everybody, after: soon",
		"  items_missing", "  items_mising",
	).Replace(sample.SmallCatalogue)
	_, err := Parse("c.yml", []byte(source))
	if err == nil {
		t.Fatal("no error")
	}
	want := `c.yml:1: "shop" is not an e-mail address
c.yml:2: an entry of admins is empty
c.yml:2: "owner" is not an e-mail address
c.yml:5: unknown field color: match has prices, products, payment_links and metadata
c.yml:5: "price_1" is the ID of a price: put it under prices
c.yml:7: "d-1" is not the ID of a dynamic template: want d- and 32 digits of 0-9 and a-f
c.yml:7: "everybody" is not customer, admins or an e-mail address
c.yml:7: "soon" is not a time span such as 30m, 12h, 3d or 2w
c.yml:15: unknown field items_mising: did you mean items_missing?`
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
