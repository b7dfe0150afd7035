package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unit is a file of systemd: a section's settings, each with its values in their order.
type unit map[string]map[string][]string

func readUnit(t *testing.T, function string) unit {
	t.Helper()
	u, section := unit{}, ""
	for n, line := range strings.Split(read(t, unitFile(function)), "\n") {
		switch key, value, found := strings.Cut(line, "="); {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
			u[section] = map[string][]string{}
		case !found || section == "" || strings.HasSuffix(line, `\`):
			t.Fatalf("%s:%d: %s", unitFile(function), n+1, line)
		default:
			u[section][key] = append(u[section][key], value)
		}
	}
	return u
}

func unitFile(function string) string {
	return "../../docs/deploy/systemd/tillbell-" + function + ".service"
}

func TestHomeUnits(t *testing.T) {
	t.Parallel()

	want := ofStack(t)
	with(want, "", map[string]string{"secret_mount_path": "%d"})
	with(want, "stripe-webhook", map[string]string{"handler_address": "127.0.0.1:9081", "gateway_url": "http://127.0.0.1:9082"})
	with(want, "send-email", map[string]string{"handler_address": "127.0.0.1:9082"})
	for name := range want {
		service := readUnit(t, name)["Service"]
		t.Run(name+" has what stack.yml has", func(t *testing.T) {
			t.Parallel()

			got := homeFunction{map[string]string{}, nil, strings.Join(service["MemoryMax"], " ") + "i"}
			for _, variable := range service["Environment"] {
				key, value, _ := strings.Cut(variable, "=")
				got.Environment[key] = value
			}
			for _, credential := range service["LoadCredential"] {
				secret, file, _ := strings.Cut(credential, ":")
				if file != "/opt/tillbell/secrets/"+secret {
					t.Errorf("the secret %s comes from %s", secret, file)
				}
				got.Secrets = append(got.Secrets, secret)
			}
			slices.Sort(got.Secrets)
			if diff := cmp.Diff(want[name], got); diff != "" {
				t.Errorf("(-stack.yml +unit):\n%s", diff)
			}
		})
		t.Run(name+" runs what make up copies, again and again", func(t *testing.T) {
			t.Parallel()

			for key, value := range map[string]string{
				"ExecStart": "/opt/tillbell/current/" + name, "EnvironmentFile": "/opt/tillbell/settings.env", "Restart": "always",
				"TimeoutStopSec": strings.TrimSuffix(readCompose(t).Services[name].StopGracePeriod, "s"), "MemorySwapMax": "0", "DynamicUser": "yes",
			} {
				if !slices.Equal(service[key], []string{value}) {
					t.Errorf("%s is %v, want %s", key, service[key], value)
				}
			}
			if limit := readUnit(t, name)["Unit"]["StartLimitIntervalSec"]; !slices.Equal(limit, []string{"0"}) {
				t.Errorf("systemd gives up after some starts: %v", limit)
			}
		})
		t.Run(name+" is confined, as systemd sees it", func(t *testing.T) {
			t.Parallel()

			examine(t, name, service["ExecStart"][0])
		})
	}
}

// examine has systemd look for mistakes in a unit, and for what it leaves open: 0 is nothing, 100
// is all.
func examine(t *testing.T, function, program string) {
	t.Helper()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("systemd is not installed")
	}
	copied := filepath.Join(t.TempDir(), filepath.Base(unitFile(function)))
	source := strings.Replace(read(t, unitFile(function)), program, "/bin/true", 1) // it must be there
	if err := os.WriteFile(copied, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", copied}, {"security", "--offline=true", "--threshold=13", copied}} {
		out, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput()
		if err != nil || args[0] == "verify" && len(out) > 0 {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}
