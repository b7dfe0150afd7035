package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/e2e/chaos"
	"handler/function/e2e/clone"
	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/runenv"
)

// system is the laptop as `make run` starts it. Its gateway's port cannot be moved, so all tests
// share one; each works with sessions of its own.
type system struct {
	env   map[string]string
	state string
	// root is a copy of Tillbell's folder with the tests' shop and settings, and shop that shop's
	// folder in it. A test may change them.
	root, shop string
	process    *exec.Cmd
	output     *syncBuffer
	// heard is how much of the output a test has read.
	heard int
	// pristine are the owner's files that a test has changed, as they were.
	pristine map[string][]byte
	ended    chan struct{}
	client   *mongo.Client
	store    *mongodb.Store
}

var (
	startSystem = sync.OnceValues(newSystem)
	// started is what TestMain must stop.
	started *system
)

// running is the system, started at the first call.
func running(t *testing.T) *system {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: the whole system takes a minute to build")
	}
	ownDatabase(t)
	s, err := startSystem()
	if err != nil {
		t.Fatalf("the system did not start: %v", err)
	}
	return s
}

const startTimeout = 15 * time.Minute // the first build of the gateway and its friends

// newSystem builds and starts the laptop in a folder of its own, with the parts that make run built
// or will use, and waits until it is ready.
func newSystem() (*system, error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	state, err := os.MkdirTemp("", "tillbell-e2e-")
	if err != nil {
		return nil, err
	}
	s := &system{state: state, root: filepath.Join(state, "tillbell"), output: &syncBuffer{}, ended: make(chan struct{}), pristine: map[string][]byte{}}
	s.shop = filepath.Join(s.root, "send-email")
	if err := s.layOut(root); err != nil {
		return nil, err
	}
	laptop := filepath.Join(state, "laptop")
	build := exec.Command("go", "build", "-o", laptop, "./local")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build ./local: %w\n%s", err, out)
	}
	// The parts, and faas-cli and stripe-mock, which run alone does not build.
	parts := exec.Command(laptop, "build", "--state", state, "--bin", filepath.Join(root, ".local", "bin"))
	parts.Dir = s.root
	if out, err := parts.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the parts: %w\n%s", err, out)
	}
	s.process = exec.Command(laptop, "run", "--quiet", "--events=false", "--state", state, "--bin", filepath.Join(root, ".local", "bin"))
	s.process.Dir = s.root
	s.process.Stdout, s.process.Stderr = s.output, s.output
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.launch(); err != nil {
		return nil, err
	}
	started = s
	if err := s.waitReady(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, s.output)
	}
	client, err := mongodb.Connect(s.env["MONGODB_URI"], "e2e")
	if err != nil {
		return nil, err
	}
	s.client = client
	s.store = mongodb.NewStore(client, s.env["MONGODB_DATABASE"])
	return s, nil
}

// layOut copies Tillbell's folder; the programs that make run builds are shared.
func (s *system) layOut(root string) error {
	if err := os.MkdirAll(filepath.Join(s.root, ".local"), 0o700); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(root, ".local", "bin"), filepath.Join(s.root, ".local", "bin")); err != nil {
		return err
	}
	return clone.Into(s.root, root, sample.Shop())
}

// launch starts the process from a thread that lives as long: Pdeathsig tells of the end of the
// thread that started it (prctl(2)), and Go ends threads.
func (s *system) launch() error {
	launched := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := s.process.Start()
		launched <- err
		if err == nil {
			_ = s.process.Wait() // how it ended, its output says
			close(s.ended)
		}
	}()
	return <-launched
}

func (s *system) waitReady() error {
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); {
		select {
		case <-s.ended:
			return errors.New("it ended")
		case <-time.After(200 * time.Millisecond):
		}
		if env, err := runenv.Read(s.state); err == nil {
			s.env = env
			return nil
		}
	}
	return errors.New("not ready in time")
}

// stop ends the system as Ctrl-C does.
func (s *system) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
	}
	_ = s.process.Process.Kill()
	_ = os.RemoveAll(s.state)
}

// answer is what an HTTP call came back with; zero where it did not.
type answer struct {
	status int
	body   string
}

func call(t *testing.T, method, url string, header http.Header, body []byte) answer {
	t.Helper()
	a, err := try(t, method, url, header, body)
	if err != nil {
		t.Error(err)
	}
	return a
}

// try is call where it may go wrong.
func try(t *testing.T, method, url string, header http.Header, body []byte) (answer, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	return answer{res.StatusCode, strings.TrimSpace(string(b))}, nil
}

// deliver sends an event as Stripe does.
func (s *system) deliver(t *testing.T, event []byte) answer {
	t.Helper()
	a, err := s.tryDeliver(t, event)
	if err != nil {
		t.Error(err)
	}
	return a
}

func (s *system) tryDeliver(t *testing.T, event []byte) (answer, error) {
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: event, Secret: s.env["WEBHOOK_SECRET"], Timestamp: time.Now()})
	return try(t, http.MethodPost, s.env["WEBHOOK_URL"], http.Header{"Stripe-Signature": {p.Header}}, event)
}

// sendEmail calls send-email as the operator does, and not through the queue.
func (s *system) sendEmail(t *testing.T, body string) answer {
	t.Helper()
	return call(t, http.MethodPost, s.env["GATEWAY_URL"]+"/function/send-email", s.signed([]byte(body)), []byte(body))
}

// signed is the header of a call to send-email.
func (s *system) signed(body []byte) http.Header {
	return http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, s.env["SEND_EMAIL_KEY"])}}
}

func (s *system) setLineItems(t *testing.T, session string, list []byte) {
	t.Helper()
	if a := call(t, http.MethodPut, s.env["STRIPE_URL"]+"/_local/line_items/"+session, nil, list); a.status/100 != 2 {
		t.Fatalf("set line items: %d %s", a.status, a.body)
	}
}

// fault makes the next calls of a stand-in go wrong.
func (s *system) fault(t *testing.T, standIn, fault string) {
	t.Helper()
	if a := call(t, http.MethodPut, s.env[standIn]+"/_local/fault", nil, []byte(fault)); a.status/100 != 2 {
		t.Fatalf("set fault: %d %s", a.status, a.body)
	}
}

// secret is a secret as the laptop keeps it, and setSecret changes it as faas-cli does.
func (s *system) secret(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.state, "provider", "secrets", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (s *system) setSecret(t *testing.T, name, value string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "namespace": "openfaas-fn", "value": value})
	if err != nil {
		t.Fatal(err)
	}
	if a := call(t, http.MethodPut, s.env["GATEWAY_URL"]+"/system/secrets", nil, body); a.status/100 != 2 {
		t.Fatalf("set secret %s: %d %s", name, a.status, a.body)
	}
}

// message is one entry of the inbox.
type message struct {
	ID      string          `json:"message_id"`
	Request json.RawMessage `json:"request"`
}

type mailRequest struct {
	TemplateID       string `json:"template_id"`
	Personalizations []struct {
		To []struct {
			Email string `json:"email"`
			Name  string `json:"name"`
		} `json:"to"`
		CustomArgs map[string]string `json:"custom_args"`
		Data       struct {
			Customer struct {
				Name  string `json:"name"`
				Email string `json:"email"`
			} `json:"customer"`
			Total struct {
				Decimal   string `json:"decimal"`
				Formatted string `json:"formatted"`
			} `json:"total"`
		} `json:"dynamic_template_data"`
	} `json:"personalizations"`
}

func (s *system) inbox(t *testing.T) []message {
	t.Helper()
	a := call(t, http.MethodGet, s.env["INBOX_URL"]+"/api/messages", nil, nil)
	var all []message
	if err := json.Unmarshal([]byte(a.body), &all); err != nil {
		t.Fatalf("inbox: %v in %.200s", err, a.body)
	}
	return all
}

// mails are the requests for a session, by delivery key; more than one where it was sent twice.
func (s *system) mails(t *testing.T, session string) map[string][]mailRequest {
	t.Helper()
	out := map[string][]mailRequest{}
	for _, m := range s.inbox(t) {
		var r mailRequest
		if err := json.Unmarshal(m.Request, &r); err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Personalizations {
			if id, key, _ := strings.Cut(p.CustomArgs["delivery"], "/"); id == session {
				out[key] = append(out[key], r)
			}
		}
	}
	return out
}

// settled waits until nothing is due in an order, and gives it.
func (s *system) settled(t *testing.T, session string) *order.Order {
	t.Helper()
	var o *order.Order
	eventually(t, func() error {
		var err error
		if o, err = s.store.Load(t.Context(), session); err != nil {
			return err
		}
		if chaos.Busy(o) {
			return fmt.Errorf("order %s is due at %v: %s", session, o.NextDueAt, states(o))
		}
		return nil
	})
	return o
}

func states(o *order.Order) string {
	var all []string
	for k, d := range o.Emails {
		all = append(all, fmt.Sprintf("%s %s after %d %s", k, d.State, d.Attempts, d.LastError))
	}
	slices.Sort(all)
	return fmt.Sprintf("fetch %+v; %s", o.Fetch, strings.Join(all, "; "))
}

// eventually waits for a condition, for as long as the slowest way through the system may take.
func eventually(t *testing.T, condition func() error) {
	t.Helper()
	within(t, 90*time.Second, condition)
}

// within waits for a condition, for that long at most.
func within(t *testing.T, limit time.Duration, condition func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still not so: %v", err)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
