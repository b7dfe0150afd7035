package catalogue

import (
	"regexp"
	"slices"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// metadataKey is the form of a key: https://docs.stripe.com/metadata
var metadataKey = regexp.MustCompile(`^[^\[\]\s][^\[\]]{0,39}$`)

func (k *checker) metadataKeys(keys []text) {
	seen := map[string]int{}
	for _, key := range keys {
		if !metadataKey.MatchString(key.Value) {
			k.wrong(key.Line, "%s is not a key of metadata: want up to 40 characters without square brackets", quoted(key.Value))
		}
		k.once(seen, key, "key")
	}
}

// declares reports whether the catalogue's metadata_keys have the key.
func (c *Catalogue) declares(p order.Pair) bool { return names(c.MetadataKeys, p.Key) }

// knownKeys are the keys of metadata that the catalogue declares, or a sample has.
func (t *templateCheck) knownKeys() (keys []string) {
	for _, key := range t.MetadataKeys {
		keys = append(keys, key.Value)
	}
	add := func(pairs []order.Pair) {
		for _, p := range pairs {
			keys = append(keys, p.Key)
		}
	}
	for _, m := range t.samples(unusedKey(""), "") {
		add(m.Order.Metadata)
		for _, i := range m.Order.Items {
			add(i.Metadata)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// withMetadata are a sample as it is, and with the declared keys: none of them, all of them, and
// all but one. So a template is rendered with products that have a key and with products that lack
// it.
func (t *templateCheck) withMetadata(m maildata.Mail) []maildata.Mail {
	all := t.MetadataKeys
	if len(all) == 0 {
		return []maildata.Mail{m}
	}
	mails := []maildata.Mail{m, t.withKeys(m, nil), t.withKeys(m, all)}
	for i := range all {
		if len(all) > 1 {
			mails = append(mails, t.withKeys(m, slices.Delete(slices.Clone(all), i, i+1)))
		}
	}
	return mails
}

// withKeys is a mail whose metadata, the session's and each product's, has these and none of the
// other declared keys.
func (t *templateCheck) withKeys(m maildata.Mail, keys []text) maildata.Mail {
	change := func(pairs []order.Pair) []order.Pair {
		pairs = slices.DeleteFunc(slices.Clone(pairs), t.declares)
		for _, key := range keys {
			pairs = append(pairs, order.Pair{Key: key.Value, Value: "https://example.com/" + key.Value})
		}
		return pairs
	}
	m.Order = m.Order.Clone()
	m.Order.Metadata = change(m.Order.Metadata)
	m.Order.Items = slices.Clone(m.Order.Items)
	for i := range m.Order.Items {
		m.Order.Items[i].Metadata = change(m.Order.Items[i].Metadata)
	}
	return m
}
