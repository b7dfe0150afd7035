// Package settings has the settings of both functions: their names, types, defaults and bounds. The
// functions start with them, and the owner's tools check them before a deployment.
// docs/settings.md explains each.
package settings

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"handler/function/internal/openfaas"
)

// Names are the settings that the functions read, in the order of the alphabet.
func Names() []string {
	read := map[string]bool{}
	all(func(name string) string {
		read[name] = true
		return ""
	})
	return slices.Sorted(maps.Keys(read))
}

// Wrong are the settings with values that the functions cannot start with, by their names, each
// once.
func Wrong(getenv func(name string) string) []openfaas.WrongSetting {
	wrong := all(getenv).Wrong()
	slices.SortFunc(wrong, func(a, b openfaas.WrongSetting) int { return strings.Compare(a.Name, b.Name) })
	return slices.Compact(wrong)
}

// all reads the settings of both functions.
func all(getenv func(name string) string) *openfaas.Settings {
	s := &openfaas.Settings{Getenv: getenv}
	ReadStripeWebhook(s)
	ReadSendEmail(s)
	return s
}

// Check says what would keep a function from starting with its settings and, where shop_folder
// names one, its shop. It calls nothing.
func Check(function string, getenv func(name string) string) error {
	s := &openfaas.Settings{Getenv: getenv}
	switch function {
	case "stripe-webhook":
		ReadStripeWebhook(s)
	case "send-email":
		read := ReadSendEmail(s)
		return cmp.Or(s.Err(), read.checkShop())
	}
	return s.Err()
}
