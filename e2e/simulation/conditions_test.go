package simulation

import (
	"slices"
	"strings"
	"time"

	"handler/function/internal/alert"
	"handler/function/internal/condition"
	"handler/function/internal/order"
)

// toldOf reports whether an admin was told of a condition, by a channel that worked.
func (w *world) toldOf(kind condition.Kind) bool {
	if slices.ContainsFunc(w.alerts.messages, func(m alert.Message) bool { return m.Kind == string(kind) && m.State != alert.Over }) {
		return true
	}
	for name := range w.sendgrid.copies {
		if strings.HasPrefix(name, order.ConditionsID+"/notice/condition/"+string(kind)+"/") && w.sendgrid.copies.arrived(name) {
			return true
		}
	}
	return false
}

// causes are the services that are away while a condition begins.
var causes = map[condition.Kind]string{
	condition.SendGridKeyMissing: "sendgrid key", condition.SendGridKeyRefused: "sendgrid key",
	condition.StripeKeyMissing: "stripe key", condition.StripeKeyRefused: "stripe key",
}

// judgeConditions: each condition that is told has a cause, and is told when it begins, a day later
// while it lasts, and when it is over. That the database is away, each process tells by itself, also
// where two of its calls in a row happen to fail.
func (w *world) judgeConditions() {
	told := map[condition.Kind][]alert.Message{}
	for _, m := range w.alerts.messages {
		if m.Order == "" && m.State != "" {
			told[condition.Kind(m.Kind)] = append(told[condition.Kind(m.Kind)], m)
		}
	}
	delete(told, condition.DatabaseAway)
	for kind, all := range told {
		caused := slices.ContainsFunc(w.outages, func(o outage) bool { return o.service == causes[kind] })
		if !caused && !(kind == condition.SendGridSilent && w.faults["sendgrid drops all"]+w.faults["sendgrid drops one"] > 0) {
			w.broke("the condition %s has no cause", kind)
		}
		w.judgeNews(kind, all)
	}
}

// judgeNews looks at what was told of one condition. The same news may be accepted twice, if its first
// answer was lost.
func (w *world) judgeNews(kind condition.Kind, all []alert.Message) {
	slices.SortStableFunc(all, func(a, b alert.Message) int { return a.At.Compare(b.At) })
	before := alert.Message{State: alert.Over}
	for _, m := range slices.CompactFunc(all, func(a, b alert.Message) bool { return a == b }) {
		w.fault("condition " + m.State)
		ends := before.State == alert.Over
		if ends != (m.State == alert.Begun) || m.State == alert.Lasts && m.At.Sub(before.At) < 23*time.Hour {
			w.broke("the condition %s is %s %v after it was %s", kind, m.State, m.At.Sub(before.At), before.State)
		}
		before = m
	}
}
