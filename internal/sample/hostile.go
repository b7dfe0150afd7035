package sample

import (
	"bytes"
	"strings"

	"handler/function/internal/order"
)

// Hostile are bodies of events that Stripe would not send, by what is wrong with them: what an
// attacker would try who wants to break a parser, or who has got hold of a signing secret. Some can
// be read all the same. The largest have about 1 MiB.
func Hostile() map[string][]byte {
	paid, err := Event("completed_paid")
	if err != nil {
		return nil // cannot be: the file is part of the program
	}
	with := func(old, new string) []byte { return bytes.Replace(paid, []byte(old), []byte(new), 1) }
	in := func(object string) []byte {
		return []byte(`{"id":"evt_1","object":"event","type":"checkout.session.completed","created":1,"data":{"object":` + object + `}}`)
	}
	session := func(fields string) []byte {
		return in(`{"id":"cs_1","object":"checkout.session","payment_status":"paid"` + fields + `}`)
	}
	charge := func(eventType, object string) []byte {
		return []byte(`{"id":"evt_1","object":"event","type":"` + eventType + `","created":1,"data":{"object":` + object + `}}`)
	}
	const mib = 1 << 20
	return map[string][]byte{
		"empty":                           {},
		"null":                            []byte("null"),
		"a number beyond every other":     with(`"amount_total": 4900`, `"amount_total": 1e999`),
		"2^63":                            with(`"amount_total": 4900`, `"amount_total": 9223372036854775808`),
		"2^64":                            with(`"amount_total": 4900`, `"amount_total": 18446744073709551616`),
		"a number of 100,000 digits":      session(`,"amount_total":1` + strings.Repeat("0", 100_000)),
		"money in fractions":              with(`"amount_total": 4900`, `"amount_total": 49.5`),
		"an event at the end of time":     []byte(strings.Replace(string(session("")), `"created":1`, `"created":9223372036854775807`, 1)),
		"an event before all time":        []byte(strings.Replace(string(session("")), `"created":1`, `"created":-9223372036854775808`, 1)),
		"a session at the end of time":    session(`,"created":9223372036854775807`),
		"a key twice":                     session(`,"payment_status":"unpaid"`),
		"an ID twice":                     session(`,"id":"cs_2"`),
		"data twice":                      append(session("")[:len(session(""))-1], `,"data":{"object":{"id":"cs_2"}}}`...),
		"keys in capitals":                session(`,"ID":"cs_2","PAYMENT_STATUS":"unpaid"`),
		"invalid UTF-8":                   session(`,"metadata":{"name":"` + "\xff\xfe\xc0\x80" + `"}`),
		"half a surrogate pair":           session(`,"metadata":{"\ud800":"\udfff"}`),
		"NULs":                            session(`,"metadata":{"a\u0000b":"\u0000"},"customer_details":{"name":"\u0000","email":"a\u0000@example.com"}`),
		"a NUL between the tokens":        session("\x00"),
		"keys with $ and .":               session(`,"metadata":{"$set":"1","a.b":"2","$where":"sleep(1)","":"3",".":"4","__proto__":"5"}`),
		"a metadata value that is a tree": session(`,"metadata":{"$gt":{"$ne":null}}`),
		"an event ID that is a path":      []byte(strings.Replace(string(session("")), "evt_1", "evt_1.payload", 1)),
		"a session ID that is a path":     in(`{"id":"cs_1.$x","object":"checkout.session"}`),
		"a session ID with a newline":     in(`{"id":"cs_1\n","object":"checkout.session"}`),
		"an object of another kind":       in(`{"id":"cs_1","object":"charge"}`),
		"an object that is a list":        in(`[{"id":"cs_1","object":"checkout.session"}]`),
		"two documents":                   append(session(""), session("")...),
		"an end that is missing":          paid[:len(paid)/2],
		"100,000 arrays in each other":    session(`,"metadata":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)),
		"100,000 objects in each other":   session(`,"x":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)),
		"1 MiB of open arrays":            bytes.Repeat([]byte("["), mib),
		"1 MiB of white space":            bytes.Repeat([]byte(" "), mib),
		"a refund in fractions":           charge(order.ChargeRefunded, `{"object":"charge","payment_intent":"pi_1","amount_refunded":0.5}`),
		"a refund beyond 2^63":            charge(order.ChargeRefunded, `{"object":"charge","payment_intent":"pi_1","amount_refunded":9223372036854775808}`),
		"a refund of a session":           charge(order.ChargeRefunded, `{"id":"cs_1","object":"checkout.session","payment_status":"paid"}`),
		"a dispute of many payments":      charge(order.DisputeCreated, `{"object":"dispute","payment_intent":["pi_1","pi_2"]}`),
		"a dispute of a query":            charge(order.DisputeCreated, `{"object":"dispute","payment_intent":{"id":{"$ne":""}}}`),
		"100,000 metadata keys":           session(`,"metadata":{` + strings.Repeat(`"k":"v",`, 100_000) + `"k":"v"}`),
		"a name of nearly 1 MiB":          session(`,"customer_details":{"name":"` + strings.Repeat("x", mib-1000) + `"}`),
	}
}
