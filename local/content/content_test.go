package content

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPackageOf(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, symbol, want string }{
		{"a function", "net/http.Get", "net/http"},
		{"a method", "net/http.(*Client).Do", "net/http"},
		{"a path with dots", "github.com/stripe/stripe-go/v76/webhook.ConstructEvent", "github.com/stripe/stripe-go/v76/webhook"},
		{"a dot in the last element", "go.yaml.in/yaml%2ev3.init", "go.yaml.in/yaml.v3"},
		{"a generic function made for a type of another module", "slices.Sort[go.shape.[]example.com/a.T]", "slices"},
		{"a closure", "main.main.func1", "main"},
		{"what the compiler makes of a type", "type:.eq.example.com/a.T", ""},
		{"all strings", "go:string.*", ""},
		{"a symbol of the assembler", "memeqbody", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if got := packageOf(tt.symbol); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()

	const table = 300_000
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/program\n\ngo 1.25.0\n\nrequire example.com/big v0.0.0\n\nreplace example.com/big => ./big\n")
	write(t, filepath.Join(dir, "main.go"), "package main\n\nimport \"example.com/big\"\n\nfunc main() { println(big.At(len(big.Table) / 2)) }\n")
	write(t, filepath.Join(dir, "big", "go.mod"), "module example.com/big\n\ngo 1.25.0\n")
	write(t, filepath.Join(dir, "big", "big.go"), "package big\n\nvar Table = [300_000]byte{1: 1, 299_999: 2}\n\n//go:noinline\nfunc At(i int) byte { return Table[i] }\n")

	t.Run("names the module that the bytes come from, and adds up to what is loaded", func(t *testing.T) {
		t.Parallel()

		parts, err := Read(build(t, dir, "-w"))
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(build(t, dir, "-s -w"))
		if err != nil {
			t.Fatal(err)
		}
		var all int64
		bytes := map[string]int64{}
		for i, p := range parts {
			all += p.Bytes
			bytes[p.Name] = p.Bytes
			if i > 0 && p.Bytes > parts[i-1].Bytes {
				t.Errorf("%s comes after a smaller one", p.Name)
			}
		}
		if all > info.Size() || all < info.Size()*97/100 {
			t.Errorf("the parts are %d bytes of the program's %d", all, info.Size())
		}
		if n := bytes["example.com/big"]; n < table || n > table+1000 {
			t.Errorf("the module with the table has %d bytes, want a little over %d", n, table)
		}
		for _, name := range []string{Ours, Standard, Tables, Shared} {
			if bytes[name] <= 0 {
				t.Errorf("%s has %d bytes", name, bytes[name])
			}
		}
	})

	t.Run("says so where the symbols are gone", func(t *testing.T) {
		t.Parallel()

		if _, err := Read(build(t, dir, "-s -w")); err == nil || !strings.Contains(err.Error(), "-ldflags -s") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("is an error where it is no Go program", func(t *testing.T) {
		t.Parallel()

		if _, err := Read(filepath.Join(dir, "go.mod")); err == nil {
			t.Error("no error")
		}
	})
}

func build(t *testing.T, dir, flags string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags", flags, "-o", program, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

func write(t *testing.T, at, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
