package sendgrid

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
)

const (
	// webhooksPause is how long events wait to be posted together; SendGrid waits longer.
	webhooksPause = 100 * time.Millisecond
	// oneBatch is how many events go in one call, and waiting how many may wait; the oldest make
	// room.
	oneBatch, maxWaiting = 200, 20_000
	// tellTimeout ends a call: SendGrid waits as long for an answer.
	tellTimeout = 10 * time.Second
	// longestWait is the longest pause between two tries.
	longestWait = 30 * time.Second
)

// teller posts events to the account's webhooks, independent of the calls that send mails.
type teller struct {
	mu      sync.Mutex
	outcome Outcome
	waiting []map[string]any
	running bool
	// posting is held while a call is made.
	posting sync.Mutex
	// quit is done once posting has ended.
	quit context.Context
	end  context.CancelFunc
	all  sync.WaitGroup
}

func (t *teller) set(o Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outcome = o
}

// next is the outcome of one more mail.
func (t *teller) next() Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.outcome
	if t.outcome.Times > 0 {
		if t.outcome.Times--; t.outcome.Times == 0 {
			t.outcome = Outcome{}
		}
	}
	return o
}

// Close ends the posting of events.
func (s *Service) Close() {
	s.teller.mu.Lock()
	s.teller.end()
	s.teller.mu.Unlock()
	s.teller.all.Wait()
}

// tell queues the events of a mail for the webhooks.
func (s *Service) tell(m Message) {
	enabled := false
	for _, hook := range s.Webhooks() {
		enabled = enabled || hook.Enabled
	}
	if !enabled {
		return
	}
	events := s.course(m)
	t := &s.teller
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quit.Err() != nil {
		return
	}
	t.waiting = append(t.waiting, events...)
	t.waiting = t.waiting[max(0, len(t.waiting)-maxWaiting):]
	if !t.running {
		t.running = true
		t.all.Go(s.post)
	}
}

// post posts the queued events until none is left, and posts refused ones again.
func (s *Service) post() {
	t := &s.teller
	for pause := webhooksPause; ; {
		select {
		case <-t.quit.Done():
			return
		case <-time.After(pause):
		}
		t.mu.Lock()
		batch := t.waiting[:min(oneBatch, len(t.waiting))]
		if len(batch) == 0 {
			t.waiting, t.running = nil, false
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		taken := s.postBatch(batch)
		if !taken {
			pause = min(2*pause, longestWait)
			continue
		}
		pause = webhooksPause
		t.mu.Lock()
		t.waiting = t.waiting[min(len(batch), len(t.waiting)):]
		t.mu.Unlock()
	}
}

// postBatch posts to each enabled webhook, and reports whether all of them accepted it.
func (s *Service) postBatch(batch []map[string]any) bool {
	s.teller.posting.Lock()
	defer s.teller.posting.Unlock()
	taken := true
	for _, hook := range s.Webhooks() {
		if !hook.Enabled {
			continue
		}
		var wanted []map[string]any
		for _, e := range batch {
			if name, _ := e["event"].(string); hook.wants(name) {
				wanted = append(wanted, e)
			}
		}
		if wanted == nil {
			continue
		}
		if err := s.postTo(hook, wanted); err != nil {
			s.log.Warn("sendgrid's events were not taken; they are posted again", "err", err)
			taken = false
		}
	}
	return taken
}

func (s *Service) postTo(hook Webhook, events []map[string]any) error {
	body, err := json.Marshal(events)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.teller.quit, tellTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "SendGrid Event API")
	if hook.Signed {
		if err := signEvents(req, hook.Key, body); err != nil {
			return err
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answers %d", res.StatusCode)
	}
	s.log.Info("sendgrid told its webhook", "events", len(events))
	return nil
}

// signEvents signs a call as of now.
func signEvents(req *http.Request, key *ecdsa.PrivateKey, body []byte) error {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256(append([]byte(timestamp), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return err
	}
	req.Header.Set(eventwebhook.TimestampHTTPHeader, timestamp)
	req.Header.Set(eventwebhook.VerificationHTTPHeader, base64.StdEncoding.EncodeToString(signature))
	return nil
}
