package function

import (
	"strings"
	"testing"
)

// CheckSettings is for the owner's tools, whose own environment says nothing of the function's.
func TestCheckSettings(t *testing.T) {
	t.Setenv("catch_up_window", "not read")
	settings := map[string]string{"accept_test_events": "false"}
	if err := CheckSettings(func(name string) string { return settings[name] }); err != nil {
		t.Error(err)
	}
	settings["accept_test_events"] = "sometimes"
	err := CheckSettings(func(name string) string { return settings[name] })
	if err == nil || !strings.HasPrefix(err.Error(), `setting accept_test_events is "sometimes": want `) {
		t.Errorf("got %v", err)
	}
}
