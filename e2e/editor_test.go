package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTemplateData has an owner try a template with an order, and then with template data of their
// own.
func TestTemplateData(t *testing.T) {
	s := running(t)
	session := newSession()
	s.deliver(t, bytes.ReplaceAll(s.play(t, session, "completed_paid")[0], []byte("Ada Example"), []byte("Mary Somerville")))
	s.settledWith(t, session, 2)
	b := openBrowser(t, s.env["INBOX_URL"])

	t.Run("of an order that is chosen by a search", func(t *testing.T) {
		b.open(t, "/templates/delivery")
		b.mail(t, "Ada Example")
		b.do(t, chromedp.Click(chromedp.CSS(".trial .button")))
		b.is(t, `document.activeElement.id === "find"`)
		b.do(t, chromedp.KeyEvent("somerville e-book"))
		link := `.choices a[href="/templates/delivery?order=` + session + `"]`
		b.is(t, fmt.Sprintf("document.querySelectorAll('.choices ol a').length === 1 && document.querySelector(%q)", link))
		b.do(t, chromedp.Click(chromedp.CSS(link)))
		b.mail(t, "Mary Somerville")
		b.is(t, `document.querySelector(".trial").innerText.includes("Mary Somerville") && document.querySelector(".trial").innerText.includes("ebook/delivery")`)
	})

	t.Run("is rendered while it is typed", func(t *testing.T) {
		b.choose(t, "Mary Somerville")
		b.do(t, chromedp.KeyEvent("Grace Hopper"))
		b.mail(t, "Grace Hopper")
		b.is(t, `document.querySelector(".editor-head").innerText.includes("edited")`)
	})

	t.Run("that is wrong keeps the e-mail, and can be put right", func(t *testing.T) {
		b.choose(t, `Hopper"`)
		b.do(t, chromedp.KeyEvent("Murray Hopper"))
		b.is(t, `document.querySelector(".error")?.innerText.includes("template data:3") && document.getElementById("data").ariaInvalid === "true"`)
		b.mail(t, "Grace Hopper")
		b.do(t, chromedp.KeyEvent(`"`))
		b.mail(t, "Grace Murray Hopper")
		b.is(t, `!document.querySelector(".error") && document.getElementById("data").ariaInvalid === "false"`)
	})

	t.Run("says which variables it leaves blank", func(t *testing.T) {
		b.choose(t, `"shop":`)
		b.do(t, chromedp.KeyEvent(`"shop_":`))
		b.is(t, `document.querySelector(".warning")?.innerText.includes("the data has no shop.name")`)
		b.choose(t, `"shop_":`)
		b.do(t, chromedp.KeyEvent(`"shop":`))
		b.is(t, `!document.querySelector(".warning")`)
	})

	t.Run("is kept while the template changes, and when one comes back to it", func(t *testing.T) {
		file := filepath.Join(s.shop, "templates", "delivery", "body.html.hbs")
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { save(t, file, before) })
		save(t, file, bytes.Replace(before, []byte("{{> footer}}"), []byte("<p>Until soon, {{customer.name}}</p>{{> footer}}"), 1))
		b.mail(t, "Until soon, Grace Murray Hopper")
		save(t, file, []byte("{{#if}}"))
		b.is(t, `document.querySelector(".error .where")?.innerText.includes("/delivery/body.html.hbs") && document.getElementById("data").value.includes("Grace Murray Hopper")`)
		b.mail(t, "Until soon, Grace Murray Hopper")
		save(t, file, before)
		b.open(t, "/templates/sale")
		b.open(t, "/templates/delivery?order="+session)
		b.mail(t, "Grace Murray Hopper")
		b.do(t, chromedp.Click(chromedp.CSS("#reset")))
		b.mail(t, "Mary Somerville")
		b.is(t, `!document.getElementById("data").value.includes("Hopper") && !document.querySelector("#reset")`)
	})

	b.mustNotComplain(t)
}

// TestOrdersAreSearched types into the search of the orders.
func TestOrdersAreSearched(t *testing.T) {
	s := running(t)
	session := newSession()
	name, err := json.Marshal("Émilie du Châtelet")
	if err != nil {
		t.Fatal(err)
	}
	s.deliver(t, bytes.ReplaceAll(s.play(t, session, "completed_paid")[0], []byte(`"Ada Example"`), name))
	s.settledWith(t, session, 2)
	b := openBrowser(t, s.env["INBOX_URL"])
	b.open(t, "/orders")
	b.do(t, chromedp.Click(chromedp.CSS("#q")), chromedp.KeyEvent("émilie ada@"))
	b.is(t, `document.querySelectorAll(".order-row").length === 1 && location.search === "?q=%C3%A9milie+ada%40"`)
	b.is(t, `document.querySelector(".order-row").innerText.includes("1 × The e-book") && document.activeElement.id === "q"`)
	b.do(t, chromedp.KeyEvent(" nothing"))
	b.is(t, `document.body.innerText.includes("No order matches")`)
	b.press(t, kb.Backspace, len(" nothing"))
	b.do(t, chromedp.Click(chromedp.CSS(`a[href="/orders?q=%C3%A9milie+ada%40&state=done"]`)))
	b.is(t, `document.querySelectorAll(".order-row").length === 1 && document.querySelector("[aria-label=States] [aria-current]").innerText === "Done 1"`)
	b.mustNotComplain(t)
}

// choose selects a text in the editor, once it is there.
func (b *browser) choose(t *testing.T, text string) {
	t.Helper()
	b.is(t, fmt.Sprintf(`(() => {
		const field = document.getElementById("data"), at = field.value.indexOf(%[1]q);
		field.focus();
		field.setSelectionRange(at, at + %[1]q.length);
		return at >= 0;
	})()`, text))
}
