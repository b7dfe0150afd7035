package image

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestLastStage(t *testing.T) {
	t.Parallel()

	t.Run("reads the template's Dockerfile", func(t *testing.T) {
		t.Parallel()

		dockerfile, err := os.ReadFile(templateDir + "/golang-http/Dockerfile")
		if err != nil {
			t.Fatal(err)
		}
		got, err := LastStage(dockerfile)
		if err != nil {
			t.Fatal(err)
		}
		want := &Runtime{
			Base: "gcr.io/distroless/static-debian13:nonroot",
			Copies: []Copy{
				{"COPY --from=build /usr/bin/fwatchdog .", Source{"ghcr.io/openfaas/of-watchdog:0.11.5", "/fwatchdog"}, "/home/app", true},
				{"COPY --from=build /go/src/handler/handler .", Source{"", "handler"}, "/home/app", true},
				{"COPY --from=build /go/src/handler/function/static static", Source{"", "function/static"}, "/home/app/static", false},
			},
			Config: v1.Config{
				WorkingDir:   "/home/app",
				User:         "65532:65532",
				Env:          []string{"fprocess=./handler", "mode=http", "upstream_url=http://127.0.0.1:8082", "prefix_logs=false"},
				ExposedPorts: map[string]struct{}{"8080/tcp": {}},
				Healthcheck:  &v1.HealthConfig{Test: []string{"CMD", "./fwatchdog", "--run-healthcheck"}, Interval: 5 * time.Second},
				Cmd:          []string{"./fwatchdog"},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("reads labels, an entrypoint and a file that gets another name", func(t *testing.T) {
		t.Parallel()

		got, err := LastStage([]byte(`FROM a:1 AS first
FROM b:1
COPY --from=first /x/../y bin/z
LABEL one="a b"
label two=c
ENTRYPOINT ["/bin/z", "run"]
`))
		if err != nil {
			t.Fatal(err)
		}
		want := &Runtime{
			Base:   "b:1",
			Copies: []Copy{{"COPY --from=first /x/../y bin/z", Source{"a:1", "/y"}, "/bin/z", false}},
			Config: v1.Config{Labels: map[string]string{"one": "a b", "two": "c"}, Entrypoint: []string{"/bin/z", "run"}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestLastStageRefuses(t *testing.T) {
	t.Parallel()

	const start = "FROM a:1 AS first\nRUN strip /bin/x\nFROM b:1\n"
	tests := []struct{ name, dockerfile, want string }{
		{"no stage", "# nothing\n", "no FROM"},
		{"a last stage that goes on from another", "FROM a AS x\nFROM x\n", "begin with an image"},
		{"a base made of an ARG", "FROM ${BASE}\n", "begin with an image"},
		{"a command", start + "RUN x\n", "line 4: RUN x: cannot be done without a container"},
		{"a volume", start + "VOLUME /data\n", "cannot be done"},
		{"a copy of the context", start + "COPY . .\n", "--from"},
		{"a copy of two files", start + "COPY --from=first /a /b /c/\n", "--from"},
		{"a copy that changes the owner", start + "COPY --chown=1 --from=first /a b\n", "--from"},
		{"a file that a stage which is not run here has changed", start + "COPY --from=first /bin/x .\n", "changed by line 2"},
		{"a command for a shell", start + "CMD ./x\n", "list of words"},
		{"a port of an ARG", start + "EXPOSE $PORT\n", "one TCP port"},
		{"a health check for a shell", start + "HEALTHCHECK CMD x\n", "list of words"},
		{"a health check with options of another kind", start + "HEALTHCHECK --retries=3s CMD [\"x\"]\n", "--retries is not understood"},
		{"two settings in a line", start + "ENV a=1 b=2\n", "quotes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			r, err := LastStage([]byte(tt.dockerfile))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %+v, error %v; want an error with %q", r, err, tt.want)
			}
		})
	}
}
