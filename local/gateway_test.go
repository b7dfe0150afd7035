package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnLoopback(t *testing.T) {
	t.Parallel()

	t.Run("changes the two addresses of the real gateway and nothing else", func(t *testing.T) {
		t.Parallel()

		source := gatewayMain(t, copyOfParts(t))
		changed, err := onLoopback(source)
		if err != nil {
			t.Fatal(err)
		}
		before, after := strings.Split(source, "\n"), strings.Split(changed, "\n")
		if len(before) != len(after) {
			t.Fatalf("%d lines became %d", len(before), len(after))
		}
		var was, is []string
		for i := range before {
			if before[i] != after[i] {
				was, is = append(was, strings.TrimSpace(before[i])), append(is, strings.TrimSpace(after[i]))
			}
		}
		wantWas := []string{`Addr:           fmt.Sprintf(":%d", tcpPort),`, `Addr:           fmt.Sprintf(":%d", port),`}
		wantIs := []string{`Addr:           fmt.Sprintf("127.0.0.1:%d", tcpPort),`, `Addr:           fmt.Sprintf("127.0.0.1:%d", port),`}
		if diff := cmp.Diff(wantWas, was); diff != "" {
			t.Errorf("was: %s", diff)
		}
		if diff := cmp.Diff(wantIs, is); diff != "" {
			t.Errorf("is: %s", diff)
		}
	})

	t.Run("refuses a text in which it does not find both", func(t *testing.T) {
		t.Parallel()

		api, metrics := `Addr: fmt.Sprintf(":%d", tcpPort),`, `Addr: fmt.Sprintf(":%d", port),`
		for name, source := range map[string]string{
			"nothing":               "",
			"the API's alone":       api,
			"the metrics' alone":    metrics,
			"one of a third server": api + metrics + api,
			"other names":           `Addr: fmt.Sprintf(":%d", apiPort),` + metrics,
		} {
			if _, err := onLoopback(source); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if _, err := onLoopback(api + metrics); err != nil {
			t.Errorf("both: %v", err)
		}
	})
}

func TestLoopbackGateway(t *testing.T) {
	t.Parallel()

	t.Run("makes a copy of the module that the parts are built with, again and again", func(t *testing.T) {
		t.Parallel()

		parts, to := copyOfParts(t), filepath.Join(t.TempDir(), "gateway")
		source := gatewayMain(t, parts)
		want, err := onLoopback(source)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second finds the work of the first
			if err := loopbackGateway(t.Context(), parts, to); err != nil {
				t.Fatal(err)
			}
			used, err := goCommand(t.Context(), parts, "list", "-m", "-f", "{{.Dir}}", gatewayModule)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(used, "main.go"))
			if err != nil {
				t.Fatal(err)
			}
			if used != to || string(got) != want {
				t.Errorf("the parts are built with %s, which listens elsewhere", used)
			}
		}
		if gatewayMain(t, copyOfParts(t)) != source {
			t.Error("the module cache was changed")
		}
	})

	t.Run("keeps the UI alone, and no file of an older one", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		write(t, filepath.Join(dir, "gateway", "assets", "index.html"), "new")
		write(t, filepath.Join(dir, "gateway", "main.go"), "package main")
		write(t, filepath.Join(dir, "ui", "assets", "old.js"), "old")
		if err := keepUI(filepath.Join(dir, "gateway"), filepath.Join(dir, "ui")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"assets/index.html"}, filesBelow(t, filepath.Join(dir, "ui"))); diff != "" {
			t.Error(diff)
		}
	})
}

// copyOfParts is a copy of the parts' module for the functions that edit its go.mod.
func copyOfParts(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := copyFile(filepath.Join("parts", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// gatewayMain is the real gateway's main.go, from the module cache.
func gatewayMain(t *testing.T, parts string) string {
	t.Helper()
	dir, err := gatewaySource(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func filesBelow(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
