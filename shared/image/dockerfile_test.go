package image

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuildSteps(t *testing.T) {
	t.Parallel()

	t.Run("takes the commands of the build stage and nothing else", func(t *testing.T) {
		t.Parallel()

		steps, err := BuildSteps([]byte(`# comment
FROM --platform=x golang AS tools
RUN apk add git

FROM tools as Build
WORKDIR /src/app
COPY . .
ARG MODE="a b"
ARG TARGETOS
RUN one
env GOWORK=off
workdir sub
RUN two \
    # between
    && three
WORKDIR /src/app
RUN four

FROM scratch
RUN five
`))
		if err != nil {
			t.Fatal(err)
		}
		want := []Step{
			{Line: 10, Dir: ".", Command: "one", Args: []string{"MODE=a b"}},
			{Line: 13, Dir: "sub", Command: "two && three", Args: []string{"MODE=a b"}, Env: []string{"GOWORK=off"}},
			{Line: 17, Dir: ".", Command: "four", Args: []string{"MODE=a b"}, Env: []string{"GOWORK=off"}},
		}
		if diff := cmp.Diff(want, steps); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	})

	t.Run("understands the template's Dockerfile", func(t *testing.T) {
		t.Parallel()

		steps := templateSteps(t)
		commands := make([]string, 0, len(steps))
		for _, s := range steps {
			commands = append(commands, s.Dir+": "+s.Command)
		}
		all := strings.Join(commands, "\n")
		for _, want := range []string{".: sh modules.sh", "gofmt -l", "function: go test .\n", "function: go test ./...", "go build"} {
			if !strings.Contains(all, want) {
				t.Errorf("no step has %q:\n%s", want, all)
			}
		}
	})
}

// What cannot be done without a container must be an error: skipped, it would be a difference
// between the laptop and production without an error.
func TestWithoutTests(t *testing.T) {
	t.Parallel()

	t.Run("leaves out the tests of the template's Dockerfile and nothing else", func(t *testing.T) {
		t.Parallel()

		steps := templateSteps(t)
		var left, want []string
		for _, s := range WithoutTests(steps) {
			left = append(left, s.Command)
		}
		for _, s := range steps {
			if s.Command != "go test ." && s.Command != "go test ./..." {
				want = append(want, s.Command)
			}
		}
		if len(want) != len(steps)-2 {
			t.Errorf("of %d steps %d are no tests", len(steps), len(want))
		}
		if diff := cmp.Diff(want, left); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	})

	t.Run("keeps a command that does more than test", func(t *testing.T) {
		t.Parallel()

		steps := []Step{{Command: "go test ./... && go build -o handler ."}, {Command: "go test -c . > tests"}, {Command: "go testify"}}
		if left := WithoutTests(steps); len(left) != len(steps) {
			t.Errorf("left are %v", left)
		}
	})
}

func TestBuildStepsRefuses(t *testing.T) {
	t.Parallel()

	const start = "FROM golang AS build\nWORKDIR /src\nCOPY . .\n"
	tests := []struct{ name, dockerfile, want string }{
		{"no build stage", "FROM golang\nRUN x\n", `no stage named "build"`},
		{"a build stage that runs nothing", start, "runs nothing"},
		{"a build stage without the context", "FROM golang AS build\nWORKDIR /src\nRUN x\n", "does not COPY"},
		{"another COPY", start + "COPY --from=watchdog /fwatchdog /usr/bin/\nRUN x\n", "line 4: COPY"},
		{"a COPY after a RUN", "FROM golang AS build\nWORKDIR /src\nRUN x\nCOPY . .\n", "after a RUN"},
		{"an ADD", start + "ADD http://example.com/x .\nRUN x\n", "belongs in another stage"},
		{"a user", start + "USER app\nRUN x\n", "belongs in another stage"},
		{"a RUN before WORKDIR", "FROM golang AS build\nRUN x\n", "before the first WORKDIR"},
		{"the exec form", start + `RUN ["x"]`, "plain command line"},
		{"a mount", start + "RUN --mount=type=cache,target=/c x\n", "plain command line"},
		{"a here-document", start + "RUN <<EOF\nx\nEOF\n", "here-documents"},
		{"a command that names the image's folder", start + "RUN rm -rf /src/x\n", "another folder on this machine"},
		{"a WORKDIR outside of the context", start + "WORKDIR /srcother\nRUN x\n", "is outside of /src"},
		{"a WORKDIR above the context", start + "WORKDIR ../..\nRUN x\n", "is outside of /src"},
		{"an ENV made of others", start + "ENV A=${B}\nRUN x\n", "literal"},
		{"several in one ENV", start + "ENV A=1 B=2\nRUN x\n", "in quotes"},
		{"the old form of ENV", start + "ENV A 1\nRUN x\n", "NAME=value"},
		{"an ARG made of others", start + "ARG A=$B\nRUN x\n", "literal"},
		{"another escape character", "# escape=`\n" + start + "RUN x\n", "escape character"},
		{"a last line that goes on", start + "RUN x \\\n", "continued"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			steps, err := BuildSteps([]byte(tt.dockerfile))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got steps %v, error %v; want an error with %q", steps, err, tt.want)
			}
		})
	}
}

func templateSteps(t *testing.T) []Step {
	t.Helper()
	dockerfile, err := os.ReadFile("../../template/golang-http/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	steps, err := BuildSteps(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}
