package simulation

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tested are rules of which the simulation's seeds do not show that they are broken, each with the
// test that does.
var tested = []struct {
	mutant
	pkg, test string
}{
	{mutant{"forgetting keeps an arrival's address", "internal/order/forget.go",
		"\t\td.forgetArrivals()\n", ""}, "internal/order", "TestForget"},
	{mutant{"forgetting keeps the fetch error", "internal/order/forget.go",
		"\to.Fetch.LastError = \"\"\n", ""}, "internal/order", "TestForget"},
	{mutant{"a raced duplicate is answered without a durable write", "internal/mongodb/store.go",
		`if err == nil && !isNew {`, `if false {`}, "internal/mongodb", "TestRecordCharge"},
	{mutant{"storing an event has no limit", "stripe-webhook/receive.go",
		`context.WithTimeout(ctx, recordTimeout)`, `context.WithCancel(ctx)`}, "stripe-webhook", "TestRecordingHasALimit"},
	{mutant{"an attempt has no limit", "send-email/attempt.go",
		`context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)`, `context.WithCancel(context.WithoutCancel(ctx))`},
		"send-email", "TestAnAttemptHasALimit"},
	{mutant{"a session that Stripe does not have makes no notice at once", "send-email/items.go",
		` || permanent(cause)`, ``}, "send-email", "TestItems"},
	{mutant{"a won has two decimals", "internal/maildata/money.go",
		`"KRW": 0, `, ``}, "internal/maildata", "TestMinorDigits"},
	{mutant{"an order whose failed e-mail was sent again stays failed", "internal/view/state.go",
		`!o.Resent(key)`, `(key == "" || true)`}, "internal/view", "TestStateOf"},
	{mutant{"what fails after the money went back makes a notice", "internal/order/delivery.go",
		`		if d.Stopped {`, `		if false {`}, "send-email", "TestRefund"},
	{mutant{"an event that cannot be stored keeps others back", "send-email/arrive.go",
		"ignored\n\t\tfailed = cmp.Or(failed, err)\n", "ignored\n\t\tif err != nil {\n\t\t\treturn done, err\n\t\t}\n"}, "send-email", "TestArrivalsKeepNothingBack"},
	{mutant{"an e-mail is never unheard", "internal/order/unheard.go",
		"\td.HearBy, d.UnheardAt = time.Time{}, now\n", "\td.HearBy = time.Time{}\n"}, "send-email", "TestUnheard"},
	{mutant{"an event does not end unheard", "internal/order/arrival.go",
		"\t\td.heardOf()\n", ""}, "internal/order", "TestUnheard"},
	{mutant{"a silent account makes a notice for each e-mail", "send-email/events.go",
		`		if dropped[key] {`, `		if true {`}, "send-email", "TestUnheard"},
	{mutant{"an unheard notice makes another", "internal/catalogue/notices.go",
		`if order.IsNotice(d.Key) || !order.IsSale(o.ID) {`, `if !order.IsSale(o.ID) {`}, "send-email", "TestUnheard"},
	{mutant{"an e-mail that awaits an event makes its order wait", "internal/view/state.go",
		`o.NextDueAt.Before(*known)`, `!o.NextDueAt.IsZero()`}, "internal/view", "TestAwaitedIsDone"},
	{mutant{"a payment that stays pending makes no notice", "internal/order/plan.go",
		`pending && !at.After(now)`, `pending && at.IsZero()`}, "send-email", "TestStillUnpaid"},
	{mutant{"nor is there only one", "internal/order/open.go",
		` || o.Planned(ForStillUnpaid)`, ``}, "internal/order", "TestStillUnpaid"},
	{mutant{"a lease is not taken over while its order cannot be planned", "send-email/sweep.go",
		`if f.database.hasRefused() { //`, `if false { //`}, "send-email", "TestALeaseOfAnOrderThatCannotBePlanned"},
	{mutant{"claims that were not confirmed are not given back", "send-email/send.go",
		"\t\tgo f.giveBack(context.WithoutCancel(ctx), v.log, v.orders, v.order.ID, c)\n", "\t\tc.freeAll()\n"},
		"e2e/simulation", "TestProveOutages"},
	{mutant{"giving up an order makes no notice", "send-email/items.go",
		`f.catalogue.OweNotice(o, catalogue.ItemsGivenUp, strconv.Itoa(o.Fetch.GivenUp), now)`, `_ = strconv.Itoa(o.Fetch.GivenUp)`},
		"send-email", "TestGivingUpIsToldEachTime"},
	{mutant{"giving up an order again makes none", "internal/catalogue/notices.go",
		`DatabaseFull, ItemsGivenUp, Unheard:`, `DatabaseFull, Unheard:`}, "send-email", "TestGivingUpIsToldEachTime"},
	{mutant{"a refused key uses up the three days", "internal/order/delivery.go",
		"\t\t\td.FirstTriedAt = time.Time{}\n", ""}, "send-email", "TestRefusedSenderDoesNotUseUpTheHorizon"},
	{mutant{"each e-mail tries a key that is refused", "send-email/sendgrid.go",
		`case s.refused.probing || s.now().Before(s.refused.until):`, `case false:`}, "send-email", "TestRefusedKey"},
	{mutant{"an e-mail that tried a refused key waits longer and longer", "send-email/record.go",
		"\t\tpause = probeEvery", "\t\tpause += 0 * probeEvery"}, "send-email", "TestSendGridsAnswers"},
	{mutant{"a condition that begins in a call waits for the next sweep", "send-email/conditions.go",
		`f.watch.Observe(kind, about, now) {`, `f.watch.Observe(kind, about, now) && false {`}, "send-email", "TestConditionWakesTheSweep"},
	{mutant{"a condition that lasts is reported once", "internal/condition/condition.go",
		`daily = 24 * time.Hour`, `daily = 240 * time.Hour`}, "send-email", "TestConditionByAlert"},
	{mutant{"the end of a condition is reported at once", "internal/condition/condition.go",
		`return Over, now.Sub(c.ClearedAt) >= quiet`, `return Over, true`}, "internal/condition", "TestSet"},
	{mutant{"the end of a condition is not reported", "send-email/conditions.go",
		"\tcase answersUs(res.Status):\n", "\tcase false:\n"}, "send-email", "TestConditionByAlert"},
	{mutant{"a credit limit is a refused key", "internal/condition/sendgrid.go",
		`{"credits exceeded", SendGridCredits},`, ``}, "internal/condition", "TestOfSendGridAnswer"},
	{mutant{"a database that refuses the password is reported by nothing", "send-email/conditions.go",
		`if f.sendNews(ctx, n) {`, `if true {`}, "send-email", "TestConditionsOfTheDatabase"},
	{mutant{"a database that is away is never reported", "send-email/conditions.go",
		`now.Sub(d.since) >= awayFor`, `now.Before(d.since)`}, "send-email", "TestConditionsOfTheDatabase"},
	{mutant{"an event that cannot be read pins the mark", "stripe-webhook/catchup.go",
		`whole := err == nil && done.Next == ""`, `whole := err == nil && done.Next == "" && done.Malformed == 0`}, "stripe-webhook", "TestCatchUp"},
	{mutant{"an event that cannot be read is reported by nothing", "stripe-webhook/reconcile.go",
		"\t\te.observeUnreadable(c.event, err)\n", ""}, "stripe-webhook", "TestCatchUp"},
	{mutant{"nor is one that Stripe delivers", "stripe-webhook/receive.go",
		"\tcase err != nil:\n\t\te.observeUnreadable(event, err)\n", "\tcase err != nil:\n"}, "stripe-webhook", "TestEventsThatCannotBeRead"},
	{mutant{"a missing key is no condition", "stripe-webhook/conditions.go",
		`case errors.Is(err, errNoKey):`, `case false:`}, "stripe-webhook", "TestConditionsOfTheStripeKey"},
	{mutant{"a shop with a condition looks well", "internal/monitor/monitor.go",
		`m.active, m.well = active, ok && !active`, `m.active, m.well = false, ok`}, "send-email", "TestHealthCheck"},
	{mutant{"the heartbeat does not stop", "internal/monitor/monitor.go",
		"\tif !m.well {\n\t\treturn\n\t}\n", ""}, "internal/monitor", "TestHeartbeat"},
	{mutant{"a heartbeat's token is logged", "internal/monitor/monitor.go",
		`return outer.Err`, `return outer`}, "internal/monitor", "TestHeartbeat"},
}

// TestProveTestedMutants breaks these rules, one at a time, and wants the named test of each to fail.
func TestProveTestedMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: each mutant is compiled")
	}
	root := rootOf(t)
	for _, m := range tested {
		t.Run(m.name, func(t *testing.T) {
			out, err := m.command(t, root, "test", "-vet=off", "-run=^"+m.test+"$", "./"+m.pkg).CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: "+m.test) {
				t.Fatalf("not caught by %s in %s: %v\n%.2000s", m.test, m.pkg, err, out)
			}
		})
	}
}

// TestMutantsFit wants each mutant to break something, and each test that is to find it to be there.
func TestMutantsFit(t *testing.T) {
	t.Parallel()

	root := rootOf(t)
	for _, m := range slices.Concat(mutants, endMutants) {
		m.changed(t, root)
	}
	for _, m := range tested {
		m.changed(t, root)
		if !isTest(t, filepath.Join(root, m.pkg), m.test) {
			t.Errorf("%s: %s has no %s", m.name, m.pkg, m.test)
		}
	}
}

// isTest reports whether a package has a test of that name.
func isTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(fmt.Sprintf(`(?m)^func %s\(`, regexp.QuoteMeta(name)))
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if form.Match(source) {
			return true
		}
	}
	return false
}
