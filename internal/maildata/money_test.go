package maildata

import (
	"strings"
	"testing"
)

func TestMoney(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		amount             int64
		currency, locale   string
		decimal, formatted string
	}{
		{4900, "usd", "", "49.00", "$49.00"},
		{5, "usd", "auto", "0.05", "$0.05"},
		{-1234567, "usd", "en", "-12345.67", "-$12,345.67"},
		{0, "usd", "", "0.00", "$0.00"},
		{5000, "jpy", "", "5000", "¥5,000"},
		{12500, "kwd", "", "12.500", "KWD 12.500"},
		{500, "ugx", "", "5.00", "UGX 5"},
		{16900, "eur", "de", "169.00", "169,00 €"},
		{100, "zzz", "", "1.00", "1.00 ZZZ"},
	} {
		want := Money{c.amount, strings.ToUpper(c.currency), c.decimal, c.formatted}
		got := MoneyOf(c.amount, c.currency, c.locale)
		got.Formatted = strings.ReplaceAll(got.Formatted, "\u00a0", " ")
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestMinorDigits has Stripe's lists of currencies whose smallest unit is not a hundredth.
func TestMinorDigits(t *testing.T) {
	t.Parallel()

	for digits, codes := range map[int]string{
		0: "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF",
		2: "EUR GBP ISK UGX USD",
		3: "BHD JOD KWD OMR TND",
	} {
		for code := range strings.FieldsSeq(codes) {
			if got := MinorDigits(strings.ToLower(code)); got != digits {
				t.Errorf("%s has %d digits, want %d", code, got, digits)
			}
		}
	}
}
