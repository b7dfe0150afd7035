package simulation

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mutant is a rule broken on purpose: a text of a file of ours, and what stands there instead.
type mutant struct {
	name, file, old, new string
}

var mutants = []mutant{
	{"a claim has no lease", "internal/order/delivery.go",
		`d.DueAt = now.Add(lease)`, `d.DueAt = now`},
	{"the lease is shorter than an attempt", "send-email/attempt.go",
		`lease = 2 * time.Minute`, `lease = 2 * time.Second`},
	{"what is not due may be claimed", "internal/order/delivery.go",
		`if d.Final() || d.DueAt.After(now) {`, `if d.Final() {`},
	{"a write does not look at the revision", "internal/mongodb/store.go",
		"\t\tif written {", "\t\tif written || true {"},
	{"Stripe is answered before the order is stored", "stripe-webhook/receive.go",
		`if id, added, err = e.record(ctx, event); err != nil {`, `if id, added, err = e.record(ctx, event); false {`},
	{"a second event of an order is not stored", "internal/mongodb/store.go",
		`if known, err := s.countDelivery(ctx, o.ID, e.ID); err != nil || known {`, `if _, err := s.countDelivery(ctx, o.ID, e.ID); true {`},
	{"there is no sweep", "send-email/sweep.go",
		`if f.interval == 0 {`, `if f.interval >= 0 {`},
	{"an older event un-pays the order", "internal/order/facts.go",
		`if f.Settled() && !newer.Settled() {`, `if false {`},
	{"what arrives last counts", "internal/order/facts.go",
		`a.Created.Compare(b.Created)`, `a.ReceivedAt.Compare(b.ReceivedAt)`},
	{"an unpaid order gets its mails", "internal/order/facts.go",
		`return f.PaymentStatus == Paid || f.PaymentStatus == NoPaymentRequired`, `return f.PaymentStatus != ""`},
	{"a lost lease leaves no mark", "internal/order/delivery.go",
		"\t\td.Unsure = true\n\t\td.Lost++\n\t}\n\td.State = Sending", "\t\td.Lost++\n\t}\n\td.State = Sending"},
	{"a broken connection leaves no mark", "send-email/sendgrid.go",
		`Unsure: out.Load()`, `Unsure: out.Load() && false`},
	{"what came of an attempt is recorded at the first try or not at all", "send-email/record.go",
		"\t\tif !errors.Is(err, errUnrecorded) {\n", "\t\tif r.pending = nil; true {\n"},
	{"a lease is taken over as soon as the database is back", "send-email/send.go",
		`d.State == order.Sending && !d.DueAt.After(now) && !f.database.steady(now)`, `d.Final() && false`},
	{"a mail that failed once has failed", "send-email/record.go",
		`if out.Permanent || !out.Uncounted && order.Exhausted(d.FirstTriedAt, now) {`, `if true {`},
	{"a mail that SendGrid refuses makes no notice", "send-email/record.go",
		`f.catalogue.FailureNotices(o, d, now), now)`, `nil, now)`},
	{"an order without items is planned by default", "send-email/items.go",
		"err == nil {\n\t\t\tp.items = items\n", "true {\n\t\t\tp.items = items\n"},
	{"an order that was never dispatched is not due", "internal/order/plan.go",
		"\t\t\tat = o.Fetch.NotBefore\n\t\t}\n\t\tsooner(at)\n", "\t\t\tat = o.Fetch.NotBefore\n\t\t}\n\t\t_ = at\n"},
	{"a whole refund stops nothing", "internal/order/reversal.go",
		`return r.RefundedWholly || r.Disputed`, `return r.Disputed`},
	{"a dispute stops nothing", "internal/order/reversal.go",
		`return r.RefundedWholly || r.Disputed`, `return r.RefundedWholly`},
	{"a part that is refunded stops the e-mails", "internal/order/reversal.go",
		`amount, whole = max(amount, stands), whole || allOfIt`, `amount, whole = max(amount, stands), allOfIt || true`},
	{"an inquiry stops the e-mails", "internal/order/reversal.go",
		`if !last.state().real() {`, `if false {`},
	{"a failed refund still counts", "internal/order/reversal.go",
		`stands, allOfIt = stands-f.Amount, false`, `stands, allOfIt = stands-0*f.Amount, allOfIt`},
	{"what arrives last counts for disputes", "internal/order/reversal.go",
		"\t\tif s.state().real() {\n\t\t\tlast = s", "\t\tif s.state().real() && !s.ReceivedAt.Before(last.ReceivedAt) {\n\t\t\tlast = s"},
	{"the money of a dispute that is won stays away", "internal/order/reversal.go",
		`if last.state() != DisputeWon {`, `if last.state() != "" {`},
	{"each event of a refund or a dispute is told", "internal/order/reversal.go",
		`if isID(s.Charge.ID, "") {`, `if false {`},
	{"a dispute's end is not told", "internal/order/news.go",
		`DisputeWon: NewsDisputeWon, DisputeLost: NewsDisputeLost,`, `DisputeWon: NewsDispute, DisputeLost: NewsDispute,`},
	{"what is captured by hand stays unpaid", "internal/order/charge.go",
		`case e.Type == PaymentSucceeded && !p.charge.Captured:`, `case e.Type == PaymentSucceeded:`},
	{"the payment of every sale is stored", "internal/order/charge.go",
		`case e.Type == PaymentSucceeded && !p.charge.Captured:`, `case false:`},
	{"what a paid plan owes is not stopped", "internal/order/plan.go",
		"\to.stop(false, now)\n", ""},
	{"what waits is not stopped", "internal/order/order.go",
		"\t\to.stop(true, now)\n", ""},
	{"what was being sent is attempted again after the money went back", "internal/order/stop.go",
		"\t\t\td.Stopped = true\n", ""},
	{"nor after its process died", "internal/order/stop.go",
		`if d.State != Sending || !d.Stopped || d.DueAt.After(now) {`, `if d.State != "" {`},
	{"a corrected address is not for what waits", "internal/order/correct.go",
		"\t\td.To = []Address{o.Customer()}\n", ""},
	{"nor for what is planned later", "internal/catalogue/plan.go",
		`customer := o.Customer()`, `customer := order.Address{Email: o.CustomerEmail}`},
	{"nor after an attempt that was being made", "internal/order/delivery.go",
		"\to.redirect(key, now)\n", ""},
	{"nor after one whose process died", "internal/order/correct.go",
		`if d.State != Sending || d.DueAt.After(now) || !o.astray(d) {`, `if d.State != "" {`},
	{"an e-mail that was attempted takes the corrected address", "internal/order/correct.go",
		`case d.Attempts > 0 && o.astray(d):`, `case false:`},
	{"a result that is there during a write is not recorded", "send-email/record.go",
		"\tr.pending = nil\n\tif err == nil {\n\t\tr.order = o\n", "\tr.pending, r.underWay = nil, 0\n\tif err == nil {\n\t\tr.order = o\n"},
	{"a mail for later goes out at once", "internal/catalogue/plan.go",
		`now.Add(e.After.Duration),`, `now,`},
}

// endMutants are those of how a sale may end without its e-mails, which TestSimulationOfEnds finds.
var endMutants = []mutant{
	{"giving up an order makes no alert", "send-email/items.go",
		`f.catalogue.OweNotice(o, catalogue.ItemsGivenUp, strconv.Itoa(o.Fetch.GivenUp), now)`, `_ = strconv.Itoa(o.Fetch.GivenUp)`},
	{"an alert needs SendGrid's key", "send-email/attempt.go",
		`if d.Audience != order.Alert {`, `if d.Key != "" {`},
	{"a condition is told at each sweep", "internal/condition/condition.go",
		`daily = 24 * time.Hour`, `daily = time.Minute`},
	{"a silent account is no condition", "send-email/events.go",
		"\t\tf.observe(condition.SendGridSilent, \"\")\n", ""},
	{"no event of an accepted e-mail is awaited", "internal/order/unheard.go",
		"\td.HearBy = d.SentAt.Add(HearPatience)\n", ""},
}

// TestProveMutants breaks the rules, one at a time, in copies of our sources that the compiler is
// given in their place, and wants the simulation to find each.
func TestProveMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: each mutant is compiled")
	}
	root := rootOf(t)
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) { m.findBy(t, root, "-test.run=^TestSimulation$", "-seeds=3000") })
	}
	for _, m := range endMutants {
		t.Run(m.name, func(t *testing.T) { m.findBy(t, root, "-test.run=^TestSimulationOfEnds$", "-ends=200") })
	}
}

// findBy wants a test of this package to find the mutant.
func (m mutant) findBy(t *testing.T, root string, args ...string) {
	t.Helper()
	binary := m.build(t, root)
	out, err := exec.CommandContext(t.Context(), binary, append(args, "-test.timeout=3m")...).CombinedOutput()
	found := regexp.MustCompile(`(?s)found after (\d+) seeds.*? breaks:\n\s*(.*?)\n`).FindSubmatch(out)
	if err == nil || found == nil {
		t.Fatalf("not caught: %v\n%.2000s", err, out)
	}
	t.Logf("caught after %s seeds: %.120s", found[1], found[2])
}

func rootOf(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// build compiles this test with the mutant in place of its file.
func (m mutant) build(t *testing.T, root string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "simulation")
	if out, err := m.command(t, root, "test", "-c", "-vet=off", "-o", binary, "./e2e/simulation").CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("%w\n%s", err, out))
	}
	return binary
}

// command is go with the mutant in place of its file.
func (m mutant) command(t *testing.T, root string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	changed, overlay := filepath.Join(dir, "changed.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(changed, []byte(m.changed(t, root)), 0o600); err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.file): changed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", append([]string{args[0], "-overlay", overlay}, args[1:]...)...)
	run.Dir = root
	return run
}

// changed is the mutant's file.
func (m mutant) changed(t *testing.T, root string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		t.Errorf("%s: %s holds %q %d times, want once", m.name, m.file, m.old, n)
	}
	return strings.Replace(string(source), m.old, m.new, 1)
}
