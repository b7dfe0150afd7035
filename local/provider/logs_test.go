package provider

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/faas-provider/logs"
	"github.com/openfaas/faas-provider/types"

	"handler/function/local/process/processtest"
)

func TestLogs(t *testing.T) {
	t.Parallel()

	t.Run("gives all lines, the last ones, those since a time, those of an instance", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		scale(t, f, 2)
		speak(f, "a", "b")
		processtest.Eventually(t, "all lines are there", func() bool { return len(texts(t, f, "")) == 6 })

		all := read(t, f, "")
		if m := all[0]; m.Name != "shop" || m.Namespace != "openfaas-fn" || m.Instance != "shop-1" || m.Text != "starting" || m.Timestamp.IsZero() {
			t.Errorf("first message %+v", m)
		}
		if diff := cmp.Diff([]string{"a", "b"}, texts(t, f, "&tail=2")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"starting", "listening", "b"}, texts(t, f, "&instance=shop-2")); diff != "" {
			t.Error(diff)
		}
		since := url.QueryEscape(all[4].Timestamp.Format(time.RFC3339Nano))
		if diff := cmp.Diff([]string{"a", "b"}, texts(t, f, "&since="+since)); diff != "" {
			t.Error(diff)
		}
		if got := texts(t, f, "&since="+url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339))); len(got) != 0 {
			t.Errorf("lines of the future: %q", got)
		}
		if code, body := f.do("GET", "/system/logs?name=shop&namespace=prod", ""); code != 400 {
			t.Errorf("another namespace: %d %s", code, body)
		}
	})

	t.Run("follows over an update, until the provider is closed", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		speak(f, "before")
		printed(t, f, "shop", "before")
		stream, err := f.client.GetLogs(t.Context(), "shop", "openfaas-fn", true, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		next := func(want string) {
			t.Helper()
			select {
			case m, ok := <-stream:
				if !ok || m.Text != want {
					t.Fatalf("line %q, %t, want %q", m.Text, ok, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("no line, want %q", want)
			}
		}
		next("before")
		speak(f, "after")
		next("after")
		if _, err := f.client.Update(t.Context(), types.FunctionDeployment{Service: "shop", Image: "handler"}); err != nil {
			t.Fatal(err)
		}
		next("starting")
		next("listening")
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		select {
		case m, ok := <-stream:
			if ok {
				t.Errorf("line %q after Close", m.Text)
			}
		case <-time.After(10 * time.Second):
			t.Error("the stream goes on after Close")
		}
	})

	t.Run("go to the hook too, and outlive their function", func(t *testing.T) {
		t.Parallel()

		var mu sync.Mutex
		var hooked []string
		f := setup(t, func(o *Options) {
			o.Log = func(function, instance, line string) {
				mu.Lock()
				defer mu.Unlock()
				hooked = append(hooked, fmt.Sprint(function, " ", instance, " ", line))
			}
		})
		f.deploy("shop", nil)
		if err := f.client.DeleteFunction(t.Context(), "shop", ""); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"starting", "listening"}, texts(t, f, "")); diff != "" {
			t.Error(diff)
		}
		mu.Lock()
		defer mu.Unlock()
		if diff := cmp.Diff([]string{"shop shop-1 starting", "shop shop-1 listening"}, hooked); diff != "" {
			t.Error(diff)
		}
	})
}

func TestJournal(t *testing.T) {
	t.Parallel()

	t.Run("keeps the last lines only", func(t *testing.T) {
		t.Parallel()

		j := newJournal()
		for i := range maxLines + 5 {
			j.add(entry{text: fmt.Sprint(i)})
		}
		entries, next, _ := j.from(0)
		if len(entries) != maxLines || entries[0].text != "5" || next != maxLines+5 {
			t.Errorf("%d lines from %q on, next %d", len(entries), entries[0].text, next)
		}
		if entries, _, _ := j.from(maxLines + 3); len(entries) != 2 || entries[0].text != fmt.Sprint(maxLines+3) {
			t.Errorf("the last two: %v", entries)
		}
	})

	t.Run("keeps the last bytes only", func(t *testing.T) {
		t.Parallel()

		j := newJournal()
		for range 100 {
			j.add(entry{text: strings.Repeat("x", 64<<10)})
		}
		if entries, _, _ := j.from(0); len(entries) != maxBytes/(64<<10) {
			t.Errorf("%d lines of 64 KB, want %d", len(entries), maxBytes/(64<<10))
		}
	})
}

func speak(f *fixture, lines ...string) {
	f.t.Helper()
	for _, line := range lines {
		f.call("shop/print?text=" + url.QueryEscape(line))
	}
}

// printed waits until the function has printed the line.
func printed(t *testing.T, f *fixture, name, line string) {
	t.Helper()
	j, err := f.journal(name)
	if err != nil {
		t.Fatal(err)
	}
	processtest.Eventually(t, "the function prints "+line, func() bool {
		entries, _, _ := j.from(0)
		return len(entries) > 0 && entries[len(entries)-1].text == line
	})
}

func read(t *testing.T, f *fixture, query string) []logs.Message {
	t.Helper()
	code, body := f.do("GET", "/system/logs?name=shop"+query, "")
	if code != 200 {
		t.Fatalf("logs: %d %s", code, body)
	}
	var all []logs.Message
	for decoder := json.NewDecoder(strings.NewReader(body)); decoder.More(); {
		var m logs.Message
		if err := decoder.Decode(&m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func texts(t *testing.T, f *fixture, query string) []string {
	t.Helper()
	var all []string
	for _, m := range read(t, f, query) {
		all = append(all, m.Text)
	}
	return all
}
