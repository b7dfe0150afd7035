package shops

import (
	"fmt"
	"slices"
	"strings"

	"handler/function/internal/published"
)

// catalogueFile and lockFile are the names of these files.
const (
	catalogueFile = "catalogue.yml"
	lockFile      = "templates.lock.yml"
)

// valid are what owners make of the shop that is shipped.
var valid = []struct {
	name string
	edit func(owner)
}{
	{"another sender", func(o owner) {
		o.replace(catalogueFile, "email: shop@example.com", "email: post@ladenzeile.example")
	}},
	{"another name", func(o owner) {
		o.replace(catalogueFile, "name: Example Shop", `name: "Ladenzeile: Fotos & Kurse"`)
	}},
	{"other admins", func(o owner) {
		o.replace(catalogueFile, "  - owner@example.com\n", "  - zoe@ladenzeile.example\n  - max@ladenzeile.example\n")
	}},
	{"answers go somewhere else", func(o owner) {
		o.replace(catalogueFile, "email: help@example.com", "email: hallo@ladenzeile.example")
	}},
	{"answers go to the sender", func(o owner) { o.replace(catalogueFile, o.section("reply_to"), "") }},
	{"admins of live and of test orders", func(o owner) {
		o.replace(catalogueFile, o.section("admins"), "admins:\n  live: [zoe@ladenzeile.example, max@ladenzeile.example]\n  test: [dev@ladenzeile.example]\n")
	}},
	{"products of their own", func(o owner) {
		o.replace(catalogueFile, "products: [prod_ebook]", "products: [prod_NffrFeUfNV2Hib, my-own-id.1]", "products: [prod_course]", "prices: [price_1MoBy5LkdIwHu7ix]")
	}},
	{"the follow-up", func(o owner) {
		o.replace(catalogueFile, "# - key: follow-up", "- key: follow-up", "#   template: follow-up", "  template: follow-up", "#   to: customer", "  to: customer", "#   after: 48h", "  after: 3d")
	}},
	{"a series less", func(o owner) {
		text := o.files[catalogueFile]
		o.replace(catalogueFile, text[strings.Index(text, "  - name: course"):strings.Index(text, "# What a line item gets")], "")
	}},
	{"other series", func(o owner) {
		o.replace(catalogueFile, o.section("series"), `series:
  - name: poster
    match:
      products: [prod_poster]
      payment_links: [plink_1MoC3ULkdIwHu7ix]
    emails:
      - {key: delivery, template: delivery, to: customer}
      - {key: printing, template: sale, to: print@druckerei.example}
  - name: membership
    match:
      metadata: {kind: membership}
    emails:
      - {key: welcome, template: delivery, to: customer, after: 10m}
`)
	}},
	{"a series more", func(o owner) {
		o.replace(catalogueFile, "series:\n", "series:\n  - name: poster\n    match: {products: [prod_poster]}\n    emails: [{key: delivery, template: poster, to: customer}]\n")
		o.write("poster", "Your poster from {{{shop.name}}}\n", "<p>It comes by post, {{customer.name}}.</p>\n{{> letterhead}}\n")
		o.write("poster.it", "Il tuo poster\n", "<p>Arriva per posta, {{customer.name}}.</p>\n{{> letterhead}}\n")
		o.files["templates/partials/letterhead.hbs"] = "<p>{{shop.name}}</p>\n"
	}},
	{"another subject", func(o owner) { o.files["templates/delivery/subject.hbs"] = "Here you are, {{{customer.name}}}\n" }},
	{"partials in German", func(o owner) {
		for _, p := range []string{"footer", "footer-text", "items", "items-text", "test", "test-text"} {
			o.files["templates/partials/"+p+".hbs"] = o.files["templates/partials/"+p+".de.hbs"]
		}
	}},
	{"all in German", inGerman},
	{"one of several shops in a Stripe account", func(o owner) {
		o.replace(catalogueFile, "every_order:", "only:\n  payment_links: [plink_1MoC3ULkdIwHu7ix]\n  products: [prod_ebook]\n  metadata: {site: ladenzeile}\n\nevery_order:")
	}},
	{"default alone", func(o owner) {
		o.replace(catalogueFile, o.section("series"), "", o.section("every_order"), "")
	}},
	{"every_order alone", func(o owner) {
		o.replace(catalogueFile, o.section("series"), "", o.section("default"), "", "  unknown_product: unknown-product\n", "")
	}},
	{"a report", func(o owner) {
		o.replace(catalogueFile, "# report:", "report:", "#   template: report", "  template: report", `#   at: "07:00"`, `  at: "05:30"`)
	}},
	{"IDs of SendGrid's editor, and no templates", func(o owner) {
		for i, name := range templateNames(o) {
			o.files[catalogueFile] = strings.NewReplacer(
				"template: "+name+"\n", fmt.Sprintf("template: d-%032d\n", i), "- "+name+"\n", fmt.Sprintf("- d-%032d\n", i), ": "+name+"\n", fmt.Sprintf(": d-%032d\n", i),
			).Replace(o.files[catalogueFile])
		}
		o.remove("templates")
	}},
	{"no optional notices", func(o owner) {
		o.replace(catalogueFile, "  email_bounced: bounced\n", "", "  refunded: refunded\n", "", "  disputed: disputed\n", "")
		o.remove("templates/bounced")
		o.remove("templates/refunded")
		o.remove("templates/disputed")
	}},
	{"published templates", func(o owner) {
		o.files[lockFile] = "accounts:\n  main:\n"
		for _, name := range templateNames(o) {
			o.files[lockFile] += fmt.Sprintf("    %s:\n      id: %s\n      version: v1\n      hash: abc\n", name, published.PlaceholderID(name))
		}
	}},
}

// templateNames are the folders of the templates, in order.
func templateNames(o owner) []string {
	var names []string
	for path := range o.files {
		if name, found := strings.CutSuffix(path, "/subject.hbs"); found {
			names = append(names, strings.TrimPrefix(name, "templates/"))
		}
	}
	slices.Sort(names)
	return names
}

// inGerman puts the German templates and partials in place of the English ones, translates what has
// no German version, and removes the other languages.
func inGerman(o owner) {
	for path, content := range o.files {
		if english := strings.Replace(strings.Replace(path, ".de/", "/", 1), ".de.hbs", ".hbs", 1); english != path {
			o.files[english] = content
			delete(o.files, path)
		}
		if strings.Contains(path, ".fr/") || strings.Contains(path, ".fr.hbs") {
			delete(o.files, path)
		}
	}
	words := strings.NewReplacer("Sale:", "Verkauf:", " from {{#if", " von {{#if", "Refunded", "Erstattet", "Payment failed", "Zahlung fehlgeschlagen", "Payment disputed", "Zahlung angefochten",
		"E-mail failed", "E-Mail nicht gesendet", "E-mail did not arrive", "E-Mail nicht angekommen", "No e-mails for", "Keine E-Mails für", "An order waits", "Eine Bestellung wartet",
		">Customer<", ">Kunde<", ">Date<", ">Datum<", ">Payment<", ">Zahlung<", ">Order<", ">Bestellung<", `lang="en"`, `lang="de"`, "MMMM D", "D. MMMM")
	for path := range o.files {
		if strings.HasPrefix(path, "templates/") {
			o.files[path] = words.Replace(o.files[path])
		}
	}
}
