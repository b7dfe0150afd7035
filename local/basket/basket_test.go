package basket

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/shared/shop"
)

// mustSet is a basket with those arguments.
func mustSet(t *testing.T, arguments ...string) *Basket {
	t.Helper()
	var b Basket
	for _, a := range arguments {
		name, value, _ := strings.Cut(a, "=")
		if !b.Set(name, value) {
			t.Fatalf("there is no %s", name)
		}
	}
	return &b
}

func TestBasket(t *testing.T) {
	t.Parallel()

	course := shop.Product{ID: "prod_photo_course", Price: "price_photo_course", Name: "Photo course", Quantity: 1, Amount: 4900, Metadata: map[string]string{}}
	with := func(p shop.Product, change func(*shop.Product)) []shop.Product {
		change(&p)
		return []shop.Product{p}
	}
	const named = "PRODUCT=prod_photo_course"
	for name, c := range map[string]struct {
		arguments []string
		want      shop.Sale
	}{
		"nothing but a product": {[]string{named}, shop.Sale{Currency: "usd", Products: []shop.Product{course}}},
		"all of a product": {
			[]string{"PRODUCT=prod_NffrFeUfNV2Hib", "PRICE=price_1", "NAME=Poster, large", "QUANTITY=2", "AMOUNT=12.5", "CURRENCY=EUR",
				"META=download_url=https://example.com/a?b=1&c=2,note=it's $5, or \"less\"", "LINK=plink_1", "LINK_META=site=blog", "LOCALE=pt-BR", "EMAIL=Jörg <a@b.example>"},
			shop.Sale{Currency: "eur", Locale: "pt-BR", Link: "plink_1", Metadata: map[string]string{"site": "blog"}, Email: "a@b.example", Customer: "Jörg",
				Products: []shop.Product{{ID: "prod_NffrFeUfNV2Hib", Price: "price_1", Name: "Poster, large", Quantity: 2, Amount: 1250,
					Metadata: map[string]string{"download_url": "https://example.com/a?b=1&c=2", "note": `it's $5, or "less"`}}}},
		},
		"several products, each with its own": {
			[]string{"PRODUCT=prod_a, prod_b", "NAME=A,B", "QUANTITY=1,3", "AMOUNT=5,0", "META=kind=pdf,prod_b:kind=zip"},
			shop.Sale{Currency: "usd", Products: []shop.Product{
				{ID: "prod_a", Price: "price_a", Name: "A", Quantity: 1, Amount: 500, Metadata: map[string]string{"kind": "pdf"}},
				{ID: "prod_b", Price: "price_b", Name: "B", Quantity: 3, Metadata: map[string]string{"kind": "zip"}},
			}},
		},
		"an argument that is repeated": {[]string{"PRODUCT=prod_a", "PRODUCT=prod_b", "AMOUNT=1"}, shop.Sale{Currency: "usd", Products: []shop.Product{
			{ID: "prod_a", Price: "price_a", Name: "A", Quantity: 1, Amount: 100, Metadata: map[string]string{}},
			{ID: "prod_b", Price: "price_b", Name: "B", Quantity: 1, Amount: 100, Metadata: map[string]string{}},
		}}},
		"a price alone": {[]string{"PRICE=price_photo_course"}, shop.Sale{Currency: "usd", Products: []shop.Product{course}}},
		"a product's own ID": {[]string{"PRODUCT=9781234567897"}, shop.Sale{Currency: "usd", Products: with(course, func(p *shop.Product) {
			p.ID, p.Price, p.Name = "9781234567897", "price_9781234567897", "Product 9781234567897"
		})}},
		"no decimals in yen":      {[]string{named, "CURRENCY=jpy"}, shop.Sale{Currency: "jpy", Products: with(course, func(p *shop.Product) { p.Amount = 49 })}},
		"three decimals in dinar": {[]string{named, "CURRENCY=kwd", "AMOUNT=1.25"}, shop.Sale{Currency: "kwd", Products: with(course, func(p *shop.Product) { p.Amount = 1250 })}},
		"a customer alone":        {[]string{"EMAIL=a@b.example"}, shop.Sale{Currency: "usd", Email: "a@b.example"}},
		"empty arguments":         {[]string{"PRODUCT=", "META=", "EMAIL=a@b.example"}, shop.Sale{Currency: "usd", Email: "a@b.example"}},
	} {
		t.Run("reads "+name, func(t *testing.T) {
			t.Parallel()

			got, err := mustSet(t, c.arguments...).Sale(false)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}

	t.Run("costs nothing where the event is free of charge", func(t *testing.T) {
		t.Parallel()

		got, err := mustSet(t, named).Sale(true)
		if err != nil || got.Products[0].Amount != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestBasketMistakes(t *testing.T) {
	t.Parallel()

	for arguments, want := range map[string]string{
		"PRODUCT=price_1":                            `PRODUCT: "price_1" is the ID of a price: PRICE=price_1`,
		"PRODUCT=a b":                                `PRODUCT: "a b" is not the ID of a product, such as prod_1MoBy5LkdIwHu7ix`,
		"PRODUCT=prod_a,":                            `PRODUCT: "" is not the ID of a product, such as prod_1MoBy5LkdIwHu7ix`,
		"PRICE=49":                                   `PRICE: "49" is not the ID of a price; what it costs is AMOUNT=49`,
		"PRICE=prod_a":                               `PRICE: "prod_a" is the ID of a product: PRODUCT=prod_a`,
		"LINK=https://buy.stripe.com/test_1":         `LINK: "https://buy.stripe.com/test_1" is an address: copy the payment link's ID, plink_…, from Stripe's dashboard`,
		"LINK=test_1":                                `LINK: "test_1" is not the ID of a payment link, such as plink_1MoBy5LkdIwHu7ix`,
		"EMAIL=ada":                                  `EMAIL: "ada" is not an e-mail address in ASCII, …`,
		"LOCALE=pt_br":                               `LOCALE: Stripe has no "pt_br": did you mean pt-BR? (it has auto, bg, cs, …`,
		"PRODUCT=prod_a CURRENCY=euro":               `CURRENCY: "euro" is not a currency: want its three letters, such as eur`,
		"PRODUCT=prod_a QUANTITY=-1":                 `QUANTITY: "-1": want a whole number from 1 to 999999`,
		"PRODUCT=prod_a,prod_b QUANTITY=x":           `QUANTITY: "x": want a whole number from 1 to 999999`,
		"PRODUCT=prod_a QUANTITY=0":                  `QUANTITY: "0": want a whole number from 1 to 999999`,
		"PRODUCT=prod_a QUANTITY=1.5":                `QUANTITY: "1.5": want a whole number from 1 to 999999`,
		"PRODUCT=prod_a QUANTITY=1,2":                `QUANTITY: 2 values for 1 of PRODUCT: want one, or one for each`,
		"PRODUCT=prod_a,prod_b,prod_c NAME=A,B":      `NAME: 2 values for 3 of PRODUCT: want one, or one for each`,
		"PRODUCT=prod_a AMOUNT=49,00":                `AMOUNT: 2 values for 1 of PRODUCT: want one, or one for each; write decimals with a point, such as 49.00`,
		"PRODUCT=prod_a AMOUNT=49€":                  `AMOUNT: "49€": want the price of one, such as 49 or 49.00`,
		"PRODUCT=prod_a AMOUNT=-1":                   `AMOUNT: "-1": want the price of one, such as 49 or 49.00`,
		"PRODUCT=prod_a AMOUNT=1e3":                  `AMOUNT: "1e3": want the price of one, such as 49 or 49.00`,
		"PRODUCT=prod_a AMOUNT=1.999":                `AMOUNT: "1.999": Stripe counts USD with 2 decimals`,
		"PRODUCT=prod_a AMOUNT=49.00 CURRENCY=jpy":   `AMOUNT: "49.00": Stripe counts JPY with 0 decimals`,
		"PRODUCT=prod_a AMOUNT=1.234 CURRENCY=kwd":   `AMOUNT: "1.234": Stripe takes KWD only where the third decimal is 0`,
		"PRODUCT=prod_a META=download_url":           `META: "download_url": want key=value, such as download_url=https://example.com/course.pdf`,
		"PRODUCT=prod_a META==x":                     `META: "=x": want key=value, such as download_url=https://example.com/course.pdf`,
		"PRODUCT=prod_a META=prod_b:kind=pdf":        `META: prod_b is not in PRODUCT`,
		"PRODUCT=prod_a META=a[b]=c":                 `META: "a[b]": Stripe takes keys of 40 characters, without brackets`,
		"LINK_META=note=" + strings.Repeat("x", 501): `LINK_META: note: Stripe takes values of 500 characters, and this has 501`,
		"META=kind=pdf AMOUNT=1":                     "AMOUNT: say of which product, PRODUCT=prod_…\nMETA: say of which product, PRODUCT=prod_…",
	} {
		t.Run(arguments[:min(len(arguments), 60)], func(t *testing.T) {
			t.Parallel()

			list := strings.Fields(arguments)
			if strings.Contains(arguments, "a b") {
				list = []string{arguments}
			}
			_, err := mustSet(t, list...).Sale(false)
			begin, more := strings.CutSuffix(want, "…")
			if err == nil || !strings.HasPrefix(err.Error(), begin) || !more && err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestReadable(t *testing.T) {
	t.Parallel()

	for id, want := range map[string]string{
		"prod_ebook":          "Ebook",
		"prod_photo_course":   "Photo course",
		"prod_photo-course-2": "Photo course 2",
		"prod_NffrFeUfNV2Hib": "Product NffrFeUfNV2Hib",
		"über":                "Product über",
	} {
		if got := readable(id); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
}
