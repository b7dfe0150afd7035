package stackfile

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
)

// Known are the settings that the functions read; docs/settings.md explains them.
var Known = []string{
	"accept_test_events", "catch_up_window", "gateway_url", "log_level", "mongodb_database", "mongodb_quota_mb", "retention_days", "sendgrid_account", "sendgrid_host",
	"sendgrid_webhook_key", "stripe_api_base", "sweep_interval", "sweep_rate",
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

// CheckSettings finds the settings of a file that no function reads, each as file:line: what.
func CheckSettings(file string) error {
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var settings struct {
		Environment yaml.Node `yaml:"environment"`
	}
	if err := yaml.Unmarshal(source, &settings); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	var wrong []error
	for i := 0; i+1 < len(settings.Environment.Content); i += 2 {
		name := settings.Environment.Content[i]
		if !slices.Contains(Known, name.Value) && !slices.Contains(platform, name.Value) && !ofTheSystem.MatchString(name.Value) {
			wrong = append(wrong, fmt.Errorf("%s:%d: no function reads %s%s", file, name.Line, name.Value, typed.DidYouMean(name.Value, Known)))
		}
	}
	return errors.Join(wrong...)
}
