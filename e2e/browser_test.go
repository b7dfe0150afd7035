package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// browser is a page in a real one. It is at home in the inbox.
type browser struct {
	home string
	ctx  context.Context
	// frames are the e-mails in it that were read.
	frames map[target.ID]context.Context

	mu sync.Mutex
	// complaints are the errors that its console has shown.
	complaints []string
}

// openBrowser starts Chromium, which CI must have and a laptop may.
func openBrowser(t *testing.T, home string) *browser {
	t.Helper()
	path, err := findChromium()
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium does not run as root with it
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	b := &browser{home: home, ctx: ctx, frames: map[target.ID]context.Context{}}
	b.listen(ctx)
	b.do(t, chromedp.EmulateViewport(1280, 900))
	return b
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium is installed (Debian: apt-get install chromium), so the pages are not looked at")
}

// listen keeps what a page's console complains of, as long as the page is there.
func (b *browser) listen(ctx context.Context) {
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException {
				b.mu.Lock()
				b.complaints = append(b.complaints, m.String())
				b.mu.Unlock()
			}
		}
	}()
}

// mustNotComplain fails where a page's console has shown an error.
func (b *browser) mustNotComplain(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		t.Errorf("the console complained:\n%s", strings.Join(b.complaints, "\n"))
	}
}

func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func (b *browser) open(t *testing.T, path string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.home+path))
}

// is waits until an expression holds in the page, which may be about to become another one.
func (b *browser) is(t *testing.T, expression string) {
	t.Helper()
	eventually(t, func() error {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err != nil || holds {
			return err
		}
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
		return fmt.Errorf("%s (%v) in %s", expression, err, text)
	})
}

// press presses a key so often.
func (b *browser) press(t *testing.T, key string, times int) {
	t.Helper()
	for range times {
		b.do(t, chromedp.KeyEvent(key))
	}
}

// looks makes the screen a phone's or a desktop's, and its user one who likes it light or dark.
func (b *browser) looks(t *testing.T, width, height int64, scheme string) {
	t.Helper()
	options := []chromedp.EmulateViewportOption{}
	if width < 500 {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulateScale(2))
	}
	b.do(t, chromedp.EmulateViewport(width, height, options...))
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
}

// mail waits until the e-mail in the page's frame says something, and gives all that it says.
func (b *browser) mail(t *testing.T, want string) string {
	t.Helper()
	var text string
	eventually(t, func() error {
		var err error
		if text, err = frame[string](b, "document.body.innerText"); err == nil && !strings.Contains(text, want) {
			err = fmt.Errorf("the e-mail does not say %q: %s", want, text)
		}
		return err
	})
	return text
}

// frame evaluates an expression in the e-mail in the page. As its origin is its own, the browser
// has it in a process of its own.
func frame[T any](b *browser, expression string) (T, error) {
	var none T
	targets, err := chromedp.Targets(b.ctx)
	if err != nil {
		return none, err
	}
	for _, t := range targets {
		if t.Type == "iframe" && strings.HasPrefix(t.URL, b.home+"/api/") {
			return chromedp.Run(b.attach(t.TargetID), chromedp.Evaluate[T](expression))
		}
	}
	return none, fmt.Errorf("none of %d pages is an e-mail", len(targets))
}

// attach is once for each frame, and lasts: to end it would close the page around the frame.
func (b *browser) attach(id target.ID) context.Context {
	if b.frames[id] == nil {
		b.frames[id], _ = chromedp.NewContext(b.ctx, chromedp.WithTargetID(id)) //nolint:govet // it ends with the page
		b.listen(b.frames[id])
	}
	return b.frames[id]
}
