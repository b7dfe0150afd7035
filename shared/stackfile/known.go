package stackfile

import (
	"os"
	"regexp"
	"slices"

	"handler/function/internal/settings"
	"handler/function/internal/typed"
)

// known are the settings that docs/settings.md explains.
func known() []string {
	return slices.DeleteFunc(settings.Names(), func(name string) bool { return slices.Contains(platform, name) })
}

// platform are what template/golang-http and the watchdog read
// (https://github.com/openfaas/of-watchdog#configuration), and what the laptop and tests set.
var platform = []string{
	"exec_timeout", "fprocess", "grace_period", "handler_address", "healthcheck_interval", "http_buffer_req_body", "http_upstream_url", "jwt_auth", "jwt_auth_debug",
	"jwt_auth_local", "log_buffer_size", "log_call_id", "max_body_bytes", "max_inflight", "metrics_port", "mode", "one_shot", "port", "prefix_logs",
	"read_timeout", "ready_path", "secret_mount_path", "shop_folder", "static_path", "suppress_lock", "template_ids", "upstream_url", "write_timeout",
}

// ofTheSystem are variables such as GOMEMLIMIT, TZ and HTTPS_PROXY.
var ofTheSystem = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// CheckSettings finds what is wrong with a settings file, also settings that no function reads and
// values that none can use, each as file:line: what.
func CheckSettings(file string) error {
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	all, wrong := parseSettings(source)
	known := known()
	for name, s := range all {
		if !slices.Contains(known, name) && !slices.Contains(platform, name) && !ofTheSystem.MatchString(name) {
			wrong = append(wrong, *typed.Mistakef(s.line, "no function reads %s%s", name, typed.DidYouMean(name, known)))
		}
	}
	for _, w := range settings.Wrong(func(name string) string { return all[name].value }) {
		wrong = append(wrong, *typed.Mistakef(all[w.Name].line, "%s is %q: want %s", w.Name, w.Value, w.Want))
	}
	return typed.In(file, wrong.Err())
}
