package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/deploy"
)

// repository is a git repository with what a deployment is made of, all of it committed.
type repository struct {
	t      *testing.T
	folder string
}

func newRepository(t *testing.T, folder string) repository {
	t.Helper()
	r := repository{t, folder}
	for _, file := range []string{
		"go.mod", "go.sum", "stack.yml", "settings.yml", "Makefile", ".gitignore", "internal/a/a.go", "stripe-webhook/handler.go",
		"send-email/catalogue.yml", "send-email/templates/receipt/subject.hbs", "template/golang-http/Dockerfile",
	} {
		r.write(file, file)
	}
	r.write(".gitignore", "/.env*\n*.log\n")
	r.git("init", "-q")
	r.commit()
	return r
}

func (r repository) write(file, text string) {
	r.t.Helper()
	path := filepath.Join(r.folder, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r repository) git(args ...string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-C", r.folder, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (r repository) commit() {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-qm", "x")
}

func (r repository) mustLack(want ...string) {
	r.t.Helper()
	got, err := deploy.Uncommitted(r.t.Context(), r.folder)
	if err != nil {
		r.t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		r.t.Errorf("(-want +got):\n%s", d)
	}
}

func TestUncommitted(t *testing.T) {
	t.Parallel()

	t.Run("are new, changed and deleted files of the deployment", func(t *testing.T) {
		t.Parallel()

		r := newRepository(t, t.TempDir())
		r.mustLack()
		r.write("send-email/templates/der poster/subject.hbs", "new, in a folder with a space")
		r.write("send-email/templates/übersicht/subject.hbs", "new")
		r.write("settings.yml", "changed")
		r.write("internal/a/b.go", "new and staged")
		r.git("add", "internal/a/b.go")
		r.git("mv", "send-email/templates/receipt/subject.hbs", "send-email/templates/receipt/body.html.hbs")
		if err := os.Remove(filepath.Join(r.folder, "stripe-webhook/handler.go")); err != nil {
			t.Fatal(err)
		}
		r.mustLack("internal/a/b.go", "send-email/templates/receipt/body.html.hbs", "send-email/templates/receipt/subject.hbs", "settings.yml",
			"stripe-webhook/handler.go", "send-email/templates/der poster/subject.hbs", "send-email/templates/übersicht/subject.hbs")
		r.commit()
		r.mustLack()
	})

	t.Run("are not those that are ignored, or are no part of it", func(t *testing.T) {
		t.Parallel()

		r := newRepository(t, t.TempDir())
		r.write(".env", "secrets")
		r.write("send-email/build.log", "ignored")
		r.write("Makefile", "changed")
		r.write("notes.md", "new")
		r.mustLack()
	})

	t.Run("are all, before the first commit", func(t *testing.T) {
		t.Parallel()

		r := repository{t, t.TempDir()}
		r.write("stack.yml", "x")
		r.git("init", "-q")
		r.mustLack("stack.yml")
	})

	t.Run("have paths from the folder, where that lies in a larger repository", func(t *testing.T) {
		t.Parallel()

		outer := repository{t, t.TempDir()}
		outer.git("init", "-q")
		r := repository{t, filepath.Join(outer.folder, "shop", "tillbell")}
		r.write("stack.yml", "x")
		outer.write("stack.yml", "another's")
		r.mustLack("stack.yml")
	})

	t.Run("are not known without a repository", func(t *testing.T) {
		t.Parallel()

		_, err := deploy.Uncommitted(t.Context(), t.TempDir())
		if err == nil || err.Error() != "this folder is no git repository" {
			t.Errorf("got %v", err)
		}
	})
}

func TestUncommittedWithoutGit(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := deploy.Uncommitted(t.Context(), t.TempDir()); err == nil || err.Error() != "git is not installed" {
		t.Errorf("got %v", err)
	}
}

func TestNotCommitted(t *testing.T) {
	t.Parallel()

	var files []string
	for i := range 25 {
		files = append(files, fmt.Sprintf("send-email/%d", i))
	}
	text := deploy.NotCommitted(files).Error()
	for _, want := range []string{"\n  send-email/0\n", "\n  send-email/19\n  and 5 more\n", "FORCE=1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
