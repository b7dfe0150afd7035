package stackfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func settingsOf(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "settings.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestReadSettings(t *testing.T) {
	t.Parallel()

	t.Run("takes every plain value as it is written", func(t *testing.T) {
		t.Parallel()

		file := settingsOf(t, "# ours\nenvironment:\n  a: \"1\"\n  b: true\n  c: 10\n  d: 1m # a minute\n")
		got, err := readSettings(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[string]string{"a": "1", "b": "true", "c": "10", "d": "1m"}, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("has none where all are commented out", func(t *testing.T) {
		t.Parallel()

		for _, text := range []string{"", "# nothing\n", "environment:\n  # a: 1\n"} {
			if got, err := readSettings(settingsOf(t, text)); err != nil || len(got) > 0 {
				t.Errorf("%q: %v, %v", text, got, err)
			}
		}
	})

	const indented = "want lines such as log_level: info, each indented by two spaces under environment"
	for text, want := range map[string]string{
		"environment: [a, b]\n":            ":1: " + indented,
		"environment:\n  a: 1\n  b: [2]\n": ":3: " + indented,
		"environment:\n  a: 1\n b: 2\n":    ":3: check the indentation: by 1, this line fits nothing above it",
		"environment:\n\ta: 1\n":           ":2: this line is indented by a tab: indent by spaces",
		"environment:\n  a: 1\n  a: 2\n":   ":3: a is on line 2 already: write it once",
		"environment:\n  a: \xe9\n":        ":2: this line is not UTF-8: save the file as UTF-8",
		"enviroment:\n  a: 1\n":            ":1: unknown field enviroment: the settings are under environment",
	} {
		t.Run("names the line of "+want, func(t *testing.T) {
			t.Parallel()

			file := settingsOf(t, text)
			if _, err := readSettings(file); err == nil || err.Error() != file+want {
				t.Errorf("got %v\nwant %s", err, file+want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	stack := "version: 1.0\nprovider: {name: openfaas}\nfunctions:\n"
	for name, settings := range map[string]string{"a": "x: 1", "b": "y: 2"} {
		if err := os.WriteFile(filepath.Join(dir, name+".yml"), []byte("environment:\n  "+settings+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		stack += "  " + name + ": {lang: go, handler: ./a, image: a, environment_file: [" + name + ".yml], environment: {z: \"3\"}}\n"
	}
	file := filepath.Join(dir, "stack.yml")
	if err := os.WriteFile(file, []byte(stack), 0o600); err != nil {
		t.Fatal(err)
	}
	services, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Settings(services)
	if diff := cmp.Diff(map[string]string{"x": "1", "y": "2"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
