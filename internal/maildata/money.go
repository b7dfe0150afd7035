package maildata

import (
	"strconv"
	"strings"

	"github.com/bojanz/currency"
)

// Money is an amount as a template shows it. SendGrid's templates have no number formats, so it is
// given ready to print.
type Money struct {
	// Amount is the integer in minor units, as in Stripe's API.
	Amount int64 `json:"amount"`
	// Currency is the ISO 4217 code in capitals.
	Currency string `json:"currency"`
	// Decimal is the amount in major units with a point: 49.00, 5000, 12.500.
	Decimal string `json:"decimal"`
	// Formatted is the amount as written in the order's language: $49.00, ¥5,000.
	Formatted string `json:"formatted"`
}

// minorDigits is how many digits of Stripe's integer come after the point, where that is not two.
// It is Stripe's list, which differs from ISO 4217's:
// https://docs.stripe.com/currencies#zero-decimal
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0,
	"PYG": 0, "RWF": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}

// MinorDigits is how many digits of Stripe's integer come after the point: 2 for usd, 0 for jpy, 3
// for kwd.
func MinorDigits(code string) int {
	if digits, ok := minorDigits[strings.ToUpper(code)]; ok {
		return digits
	}
	return 2
}

// MoneyOf formats Stripe's amount of a currency for a locale (Stripe's, such as fr or pt-BR; empty
// or auto is English).
func MoneyOf(amount int64, code, locale string) Money {
	code = strings.ToUpper(code)
	m := Money{Amount: amount, Currency: code, Decimal: decimal(amount, code)}
	m.Formatted = strings.TrimSpace(m.Decimal + " " + code)
	if a, err := currency.NewAmount(m.Decimal, code); err == nil {
		m.Formatted = currency.NewFormatter(localeOf(locale)).Format(a)
	}
	return m
}

func localeOf(locale string) currency.Locale {
	if locale == "" || locale == "auto" {
		locale = "en"
	}
	return currency.NewLocale(locale)
}

func decimal(amount int64, code string) string {
	digits, sign := MinorDigits(code), ""
	s := strconv.FormatInt(amount, 10)
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		sign, s = "-", rest
	}
	if digits == 0 {
		return sign + s
	}
	if pad := digits + 1 - len(s); pad > 0 {
		s = strings.Repeat("0", pad) + s
	}
	return sign + s[:len(s)-digits] + "." + s[len(s)-digits:]
}
