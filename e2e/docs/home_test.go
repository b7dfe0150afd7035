package docs

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// homeReadTimeout is how long a request may take to arrive at either function: less than Caddy
// gives it.
const homeReadTimeout = 10 * time.Second

// homeFunction is what stack.yml and the files for a home without OpenFaaS all say of a function.
type homeFunction struct {
	Environment map[string]string
	Secrets     []string // in alphabetical order
	Memory      string   // as in stack.yml: 64Mi
}

// ofStack is what stack.yml says of its functions, with the changes that any home without OpenFaaS
// needs.
func ofStack(t *testing.T) map[string]homeFunction {
	t.Helper()
	all := map[string]homeFunction{}
	for name, f := range ourStack(t).Functions {
		env := maps.Clone(f.Environment)
		delete(env, "exec_timeout") // the watchdog's
		mebibytes, err := strconv.Atoi(strings.TrimSuffix(env["GOMEMLIMIT"], "MiB"))
		if err != nil {
			t.Fatal(err)
		}
		env["GOMEMLIMIT"] = strconv.Itoa(2*mebibytes) + "MiB" // the watchdog's half too
		env["read_timeout"] = homeReadTimeout.String()
		all[name] = homeFunction{env, slices.Sorted(slices.Values(f.Secrets)), f.Limits.Memory}
	}
	return all
}

// with adds the settings that one form needs, to those of one function or of all.
func with(all map[string]homeFunction, function string, env map[string]string) {
	for name, f := range all {
		if name == function || function == "" {
			maps.Copy(f.Environment, env)
		}
	}
}

// composeYAML are the fields of docs/deploy/compose.yaml; one that is not here is a mistake.
type composeYAML struct {
	Name     string
	Function yaml.Node `yaml:"x-function"`
	Services map[string]composeService
	Volumes  map[string]any
	Secrets  map[string]struct{ File string }
}

type composeService struct {
	Image, Restart, User string
	Entrypoint           []string
	EnvFile              string `yaml:"env_file"`
	Environment          map[string]string
	Secrets              []string
	Ports, Volumes       []string
	ReadOnly             bool     `yaml:"read_only"`
	CapDrop              []string `yaml:"cap_drop"`
	CapAdd               []string `yaml:"cap_add"`
	SecurityOpt          []string `yaml:"security_opt"`
	MemLimit             string   `yaml:"mem_limit"`
	MemswapLimit         string   `yaml:"memswap_limit"`
	PidsLimit            int      `yaml:"pids_limit"`
	StopGracePeriod      string   `yaml:"stop_grace_period"`
	Healthcheck          struct{ Disable bool }
	Logging              struct {
		Driver  string
		Options map[string]string
	}
}

func readCompose(t *testing.T) (compose composeYAML) {
	t.Helper()
	decoder := yaml.NewDecoder(strings.NewReader(read(t, "../../docs/deploy/compose.yaml")))
	decoder.KnownFields(true)
	if err := decoder.Decode(&compose); err != nil {
		t.Fatal(err)
	}
	return compose
}

func TestHomeCompose(t *testing.T) {
	t.Parallel()

	compose := readCompose(t)
	names := slices.Sorted(maps.Keys(compose.Services))
	if !slices.Equal(names, []string{"caddy", "send-email", "stripe-webhook"}) {
		t.Fatalf("its services are %v", names)
	}
	functions := maps.Clone(compose.Services)
	delete(functions, "caddy")

	t.Run("has what stack.yml has", func(t *testing.T) {
		t.Parallel()

		want, got := ofStack(t), map[string]homeFunction{}
		with(want, "", map[string]string{"fprocess": "", "secret_mount_path": "/run/secrets"})
		with(want, "stripe-webhook", map[string]string{"gateway_url": "http://send-email:8082"})
		for name, s := range functions {
			got[name] = homeFunction{s.Environment, slices.Sorted(slices.Values(s.Secrets)), strings.ReplaceAll(s.MemLimit, "m", "Mi")}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-stack.yml +compose.yaml):\n%s", diff)
		}
		image := regexp.MustCompile(`:[?-][^}]*}`)
		for name, f := range ourStack(t).Functions {
			if want, got := image.ReplaceAllString(f.Image, "}"), image.ReplaceAllString(functions[name].Image, "}"); got != want {
				t.Errorf("the image of %s is %s, and in stack.yml %s", name, got, want)
			}
		}
	})

	t.Run("runs the bare handler of the image", func(t *testing.T) {
		t.Parallel()

		dockerfile := read(t, "../../template/golang-http/Dockerfile")
		if !strings.Contains(dockerfile, "WORKDIR /home/app\n") || !strings.Contains(dockerfile, "/handler/handler          .\n") {
			t.Error("the handler is elsewhere in the image")
		}
		for name, s := range functions {
			if !slices.Equal(s.Entrypoint, []string{"./handler"}) || !s.Healthcheck.Disable || s.EnvFile != "settings.env" {
				t.Errorf("%s runs %v with %q, health check off: %v", name, s.Entrypoint, s.EnvFile, s.Healthcheck.Disable)
			}
		}
	})

	t.Run("confines every service, and publishes only Caddy", func(t *testing.T) {
		t.Parallel()

		for name, s := range compose.Services {
			if s.Restart != "always" || !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) ||
				s.User != "" || s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
				t.Errorf("%s: %+v", name, s)
			}
		}
		for name, s := range functions {
			if s.CapAdd != nil || s.Ports != nil || s.Volumes != nil || s.MemswapLimit != s.MemLimit || s.PidsLimit == 0 {
				t.Errorf("%s: %+v", name, s)
			}
		}
		caddy := compose.Services["caddy"]
		if diff := cmp.Diff([]string{"80:80", "443:443", "127.0.0.1:8080:8080"}, caddy.Ports); diff != "" {
			t.Errorf("Caddy's ports (-want +got):\n%s", diff)
		}
		if !slices.Equal(caddy.CapAdd, []string{"NET_BIND_SERVICE"}) {
			t.Errorf("Caddy's capabilities are %v", caddy.CapAdd)
		}
	})

	t.Run("has each secret as a file of its own", func(t *testing.T) {
		t.Parallel()

		want := map[string]bool{}
		for _, s := range functions {
			for _, secret := range s.Secrets {
				want[secret] = true
			}
		}
		for name, s := range compose.Secrets {
			if !want[name] || s.File != "./secrets/"+name {
				t.Errorf("%s is %s", name, s.File)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("no file for %v", want)
		}
	})
}
