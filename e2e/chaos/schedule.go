package chaos

import (
	"math/rand/v2"
	"slices"
	"time"

	"handler/function/local/fault"
)

// trouble is one thing that goes wrong: a part is killed, or a stand-in is told to misbehave.
type trouble struct {
	// at is from the start of the run.
	at   time.Duration
	part *part
	// wipe: NATS finds an empty store when it starts again.
	wipe bool

	service *standIn
	fault   fault.Fault
}

// part is a process that may be killed, by its name and its name in run.env.
type part struct{ name, pid string }

var (
	webhook   = &part{"stripe-webhook", "STRIPE_WEBHOOK_PID"}
	sendEmail = &part{"send-email", "SEND_EMAIL_PID"}
	gateway   = &part{"gateway", "GATEWAY_PID"}
	worker    = &part{"queue worker", "QUEUE_WORKER_PID"}
	nats      = &part{"NATS", "NATS_PID"}
	mongod    = &part{"mongod", "MONGOD_PID"}

	parts     = []*part{webhook, sendEmail, gateway, worker, nats, mongod}
	bareParts = []*part{webhook, sendEmail, mongod}
)

// parts are those that run, and so may be killed.
func (o Options) parts() []*part {
	if o.Bare {
		return bareParts
	}
	return parts
}

// standIn is a service that may misbehave, by its name and its name in run.env.
type standIn struct{ name, url string }

var (
	sendgrid = &standIn{"SendGrid", "SENDGRID_URL"}
	stripe   = &standIn{"Stripe", "STRIPE_URL"}
)

// turn is about how often something is killed.
const turn = 4 * time.Second

// schedule is all that goes wrong in a run. Whatever its length, each part is killed at least once,
// NATS's store is wiped where there is one, and send-email is killed while what it has sent cannot
// be recorded.
func schedule(r *rand.Rand, over time.Duration, parts []*part) []trouble {
	scenes := round(r, true, parts)
	least := len(scenes)
	for len(scenes) < int(over/turn) {
		scenes = append(scenes, round(r, false, parts)...)
	}
	scenes = scenes[:max(int(over/turn), least)]
	length := over / time.Duration(len(scenes))
	var mail, shop deck
	var all []trouble
	for i, play := range scenes {
		start := time.Duration(i) * length
		for _, t := range play(r, length, &mail) {
			t.at += start
			all = append(all, t)
		}
		if i%2 == 0 {
			all = append(all, trouble{at: start + jitter(r, length), service: stripe, fault: shop.draw(r)})
		}
	}
	slices.SortStableFunc(all, func(a, b trouble) int { return int(a.at - b.at) })
	return all
}

// scene is what goes wrong in one turn.
type scene func(r *rand.Rand, length time.Duration, mail *deck) []trouble

// round kills every part once, in any order; a full one has the other scenes too, and others have
// them every second time.
func round(r *rand.Rand, full bool, parts []*part) []scene {
	var scenes []scene
	for _, p := range parts {
		scenes = append(scenes, kill(p))
	}
	more := []scene{dieUnrecorded}
	if slices.Contains(parts, nats) {
		more = []scene{wipeQueue, dieUnrecorded}
	}
	for _, s := range more {
		if full || r.IntN(2) == 0 {
			scenes = append(scenes, s)
		}
	}
	r.Shuffle(len(scenes), func(i, j int) { scenes[i], scenes[j] = scenes[j], scenes[i] })
	return scenes
}

// kill is the plain one: SendGrid has something, and a part dies.
func kill(p *part) scene {
	return func(r *rand.Rand, length time.Duration, mail *deck) []trouble {
		return []trouble{
			{at: jitter(r, length/2), service: sendgrid, fault: mail.draw(r)},
			{at: jitter(r, length), part: p},
		}
	}
}

// wipeQueue lets the queue fill up behind slow e-mails, and then loses what is in it.
func wipeQueue(_ *rand.Rand, length time.Duration, _ *deck) []trouble {
	return []trouble{
		{service: sendgrid, fault: fault.Fault{DelayMS: 1000, Times: 20}},
		{at: length * 3 / 4, part: nats, wipe: true},
	}
}

// dieUnrecorded kills the database under e-mails on their way, and then who waits to record them.
func dieUnrecorded(r *rand.Rand, length time.Duration, _ *deck) []trouble {
	database := length / 2
	return []trouble{
		{service: sendgrid, fault: fault.Fault{DelayMS: 300, Times: 30}},
		{at: database, part: mongod},
		{at: database + 200*time.Millisecond + jitter(r, 200*time.Millisecond), part: sendEmail},
	}
}

// deck deals faults, so that each kind comes up before any comes up again.
type deck struct{ left []fault.Fault }

func (d *deck) draw(r *rand.Rand) fault.Fault {
	if len(d.left) == 0 {
		few := func() int { return 1 + r.IntN(4) }
		d.left = []fault.Fault{
			{Status: 429, RetryAfterS: few(), Times: few()},
			{Status: 500, Times: few()},
			{Status: 502, Times: few()},
			{Status: 503, Times: few()},
			{DelayMS: 200 + r.IntN(2800), Times: few()},
			{AfterAccepting: true, Times: few()},
		}
		if r.IntN(3) == 0 { // longer than an attempt may take
			d.left = append(d.left, fault.Fault{DelayMS: 16_000 + r.IntN(2000), Times: 1})
		}
		r.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
	}
	f := d.left[0]
	d.left = d.left[1:]
	return f
}
