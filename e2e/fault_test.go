package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"handler/function/internal/order"
	"handler/function/local/fault"
)

// TestFaults plays purchases while something is away. Each ends with every mail sent, once but
// where SendGrid broke off after it had accepted.
func TestFaults(t *testing.T) {
	s := running(t)

	// Those that use their fault up at once come first, so that no other order meets it.
	t.Run("of a service", func(t *testing.T) {
		t.Run("SendGrid asks to wait", func(t *testing.T) {
			s.fault(t, "SENDGRID_URL", `{"status":429,"times":1,"retry_after_s":7}`)
			o := s.buyFaulty(t, "SENDGRID_URL", "completed_paid", 2)
			waited := false
			for _, d := range o.Emails {
				if d.Attempts > 1 {
					waited = d.SentAt.Sub(d.FirstTriedAt).Seconds() >= 7
				}
			}
			if !waited {
				t.Errorf("there was no wait of seven seconds: %s", states(o))
			}
			s.sentOnce(t, o)
		})

		t.Run("SendGrid accepts and breaks off", func(t *testing.T) {
			s.fault(t, "SENDGRID_URL", `{"times":1,"after_accepting":true}`)
			o := s.buyFaulty(t, "SENDGRID_URL", "completed_paid", 2)
			for key, copies := range s.mails(t, o.ID) {
				if d := o.Emails[key]; len(copies) > 1 != d.Unsure || len(copies) > 2 {
					t.Errorf("%s: %d copies, unsure %v", key, len(copies), d.Unsure)
				}
			}
			if !slices.ContainsFunc(deliveries(o), func(d order.Delivery) bool { return d.Unsure }) {
				t.Errorf("no delivery is unsure: %s", states(o))
			}
		})

		t.Run("SendGrid refuses for good, and the admins are told", func(t *testing.T) {
			s.fault(t, "SENDGRID_URL", `{"status":400,"times":1}`)
			o := s.buyFaulty(t, "SENDGRID_URL", "completed_paid", 3)
			failed := 0
			for key, d := range o.Emails {
				if d.State == order.Failed {
					failed++
					if n := o.Emails["notice/email-failed/"+key]; n.State != order.Sent {
						t.Errorf("%s failed, and its notice is %q", key, n.State)
					}
				}
			}
			if failed != 1 {
				t.Errorf("%d failed, want 1: %s", failed, states(o))
			}
		})

		t.Run("SendGrid is away for three calls", func(t *testing.T) {
			s.fault(t, "SENDGRID_URL", `{"status":503,"times":3}`)
			o := s.buyFaulty(t, "SENDGRID_URL", "completed_paid", 2)
			for key, d := range o.Emails {
				if d.State != order.Sent || d.Unsure {
					t.Errorf("%s is %s, unsure %v", key, d.State, d.Unsure)
				}
			}
			s.sentOnce(t, o)
		})

		t.Run("Stripe is away", func(t *testing.T) {
			s.fault(t, "STRIPE_URL", `{"status":502,"times":2}`)
			o := s.buyFaulty(t, "STRIPE_URL", "completed_two_products", 4)
			if o.Fetch.Attempts == 0 {
				t.Error("no attempt to fetch the items failed; the fault did nothing")
			}
			s.sentOnce(t, o)
		})
	})

	for _, c := range []struct{ part, pid string }{
		{"the queue worker", "QUEUE_WORKER_PID"},
		{"the queue", "NATS_PID"},
		{"the gateway", "GATEWAY_PID"},
		{"the database", "MONGOD_PID"},
		{"send-email", "SEND_EMAIL_PID"},
		{"stripe-webhook", "STRIPE_WEBHOOK_PID"},
	} {
		t.Run(c.part+" is killed", func(t *testing.T) {
			session := newSession()
			body := s.play(t, session, "completed_two_products")[0]
			s.kill(t, c.pid)
			eventually(t, func() error { // as Stripe does: again, until it is acknowledged
				if a, err := s.tryDeliver(t, body); err != nil || a.status != 200 {
					return fmt.Errorf("%v %v", a, err)
				}
				return nil
			})
			// faasd starts what died at its next call: cron-connector's, if nobody else's.
			eventually(t, func() error { // and its first call may fail while it starts
				if a, err := try(t, "POST", s.env["GATEWAY_URL"]+"/function/send-email", nil, nil); err != nil || a.status != 204 {
					return fmt.Errorf("the call that wakes: %v %v", a, err)
				}
				return nil
			})
			s.sentOnce(t, s.settledWith(t, session, 4))
		})
	}
}

// buyFaulty plays a sample event, waits until the fault of a stand-in is used up and each e-mail was
// tried once, and lets the next test begin before it waits until the order owes nothing.
func (s *system) buyFaulty(t *testing.T, standIn, name string, owes int) *order.Order {
	t.Helper()
	session := newSession()
	if a := s.deliver(t, s.play(t, session, name)[0]); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	eventually(t, func() error {
		if left := call(t, "GET", s.env[standIn]+fault.Path, nil, nil).body; left != "{}" {
			return fmt.Errorf("left of the fault: %s", left)
		}
		o, err := s.store.Load(t.Context(), session)
		if err == nil && slices.ContainsFunc(deliveries(o), func(d order.Delivery) bool { return d.Attempts == 0 || d.State == order.Sending }) {
			err = errors.New(states(o))
		}
		return err
	})
	t.Parallel()
	return s.settledWith(t, session, owes)
}

// buy plays a sample event and waits until its order owes nothing.
func (s *system) buy(t *testing.T, name string, deliveries int) *order.Order {
	t.Helper()
	session := newSession()
	if a := s.deliver(t, s.play(t, session, name)[0]); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return s.settledWith(t, session, deliveries)
}

func (s *system) sentOnce(t *testing.T, o *order.Order) {
	t.Helper()
	mails := s.mails(t, o.ID)
	for key, d := range o.Emails {
		n := len(mails[key])
		if d.Audience == order.Alert { // no e-mail, so the inbox lacks it
			n++
		}
		if d.State != order.Sent || (n != 1 && !d.Unsure) || n == 0 {
			t.Errorf("%s is %s, sent %d times, unsure %v", key, d.State, n, d.Unsure)
		}
	}
}

func deliveries(o *order.Order) []order.Delivery {
	var all []order.Delivery
	for _, d := range o.Emails {
		all = append(all, d)
	}
	return all
}

func (s *system) kill(t *testing.T, variable string) {
	t.Helper()
	s.signal(t, variable, syscall.SIGKILL)
}

func (s *system) signal(t *testing.T, variable string, sig syscall.Signal) {
	t.Helper()
	pid, err := strconv.Atoi(processOf(t, s, variable))
	if err != nil || pid <= 1 {
		t.Fatalf("%s is no process: %d, %v", variable, pid, err)
	}
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatalf("%s %d: %v: %v", variable, pid, sig, err)
	}
}
