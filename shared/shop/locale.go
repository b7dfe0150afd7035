package shop

// Locales are those of Stripe's Checkout: https://docs.stripe.com/api/checkout/sessions/object,
// field locale.
var Locales = []string{
	"auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it",
	"ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh",
	"zh-HK", "zh-TW",
}
