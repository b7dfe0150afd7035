package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sendgrid/rest"

	"handler/function/internal/published"
	"handler/function/internal/templates"
	"handler/function/local/sendgrid"
)

const key = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"

// bench is a SendGrid account, and a shop's folder and lock.
type bench struct {
	t     *testing.T
	url   string
	files fstest.MapFS
	lock  string

	*recorder
	// answer is what the owner says when asked; asked is what they were.
	answer bool
	asked  []string
	waited []time.Duration
	out    bytes.Buffer
}

func setup(t *testing.T) *bench {
	t.Helper()
	s, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.API())
	t.Cleanup(server.Close)
	return &bench{
		t: t, url: server.URL, lock: filepath.Join(t.TempDir(), "templates.lock.yml"), answer: true,
		recorder: &recorder{},
		files: fstest.MapFS{
			"receipt/subject.hbs":      {Data: []byte("Your receipt\n")},
			"receipt/body.html.hbs":    {Data: []byte("<h1>Thanks</h1>\n{{> footer}}\n")},
			"receipt/body.txt.hbs":     {Data: []byte("Thanks\n")},
			"receipt.fr/subject.hbs":   {Data: []byte("Votre reçu")},
			"receipt.fr/body.html.hbs": {Data: []byte("<h1>Merci</h1>")},
			"sale/subject.hbs":         {Data: []byte("A sale")},
			"sale/body.html.hbs":       {Data: []byte("<p>A sale</p>\n{{> footer}}\n")},
			"sale/body.txt.hbs":        {Data: []byte("A sale")},
			"partials/footer.hbs":      {Data: []byte("<p>Ada's shop</p>\n")},
		},
	}
}

func (b *bench) put(file, text string) { b.files[file] = &fstest.MapFile{Data: []byte(text)} }

// publish runs a publisher with what is in the folder and the lock now.
func (b *bench) publish(change ...func(*Publisher)) error {
	b.t.Helper()
	set, err := templates.Read(b.files)
	if err != nil {
		b.t.Fatal(err)
	}
	b.out.Reset()
	b.asked, b.waited, b.calls = nil, nil, nil
	p := &Publisher{Host: b.url, Key: key, Shop: "Ada's shop", Lock: b.read(), LockFile: b.lock, Account: "main", Out: &b.out}
	p.Ask = func(_ context.Context, question string) (bool, error) {
		b.asked = append(b.asked, question)
		return b.answer, nil
	}
	p.client = &client{host: b.url, key: key, http: &rest.Client{HTTPClient: &http.Client{Transport: b.recorder}},
		now:  func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) },
		wait: func(_ context.Context, d time.Duration) error { b.waited = append(b.waited, d); return nil }}
	for _, c := range change {
		c(p)
	}
	err = p.Run(b.t.Context(), set)
	if strings.Contains(b.out.String(), key) || (err != nil && strings.Contains(err.Error(), key)) {
		b.t.Error("the key was printed")
	}
	return err
}

func (b *bench) mustPublish(change ...func(*Publisher)) {
	b.t.Helper()
	if err := b.publish(change...); err != nil {
		b.t.Fatalf("%v\n%s", err, b.out.String())
	}
}

func (b *bench) read() *published.Lock {
	b.t.Helper()
	file, err := os.ReadFile(b.lock)
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	l, err := published.ReadLock(file)
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

func (b *bench) locked(name string) published.Template {
	return b.read().Accounts["main"][name]
}

// call calls SendGrid by hand, as its own editor does.
func (b *bench) call(method, path string, in any) map[string]any {
	b.t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		b.t.Fatalf("%s %s: %s", method, path, res.Status)
	}
	var out map[string]any
	_ = json.NewDecoder(res.Body).Decode(&out) // nothing, where it was deleted
	return out
}

// active is the version that SendGrid sends for a template.
func (b *bench) active(name string) map[string]any {
	b.t.Helper()
	id := b.locked(name).ID
	versions, _ := b.call("GET", "/v3/templates/"+id, nil)["versions"].([]any)
	for _, v := range versions {
		if v, _ := v.(map[string]any); v["active"] == 1.0 {
			return v
		}
	}
	b.t.Fatalf("no version of %s is active", name)
	return nil
}

// account is how many templates there are at SendGrid.
func (b *bench) account() int {
	b.t.Helper()
	all, _ := b.call("GET", "/v3/templates?generations=dynamic&page_size=200", nil)["result"].([]any)
	return len(all)
}

// recorder sees the calls of a publisher, and may answer one itself.
type recorder struct {
	mu    sync.Mutex
	calls []string
	// fail, if set, answers a call with a status unless that is 0.
	fail func(method, path string) int
	// each, if set, is shown every call with its answer.
	each func(req *http.Request, body []byte, res *http.Response, answer []byte)
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, req.Method+" "+req.URL.Path)
	if r.fail != nil {
		if status := r.fail(req.Method, req.URL.Path); status != 0 {
			return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"7"}}, Request: req,
				Body: io.NopCloser(strings.NewReader(`{"errors":[{"message":"access forbidden"}]}`))}, nil
		}
	}
	var body []byte
	if req.Body != nil {
		body, _ = io.ReadAll(req.Body)
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || r.each == nil {
		return res, err
	}
	answer, _ := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(answer))
	r.each(req, body, res, answer)
	return res, nil
}

// writes are the calls that change something.
func (r *recorder) writes() []string {
	return slices.DeleteFunc(slices.Clone(r.calls), func(c string) bool { return strings.HasPrefix(c, "GET ") })
}
