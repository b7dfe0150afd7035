package image

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// startFunction starts a function that our template built on a port of its choice and returns its
// address. The function ends with the test.
func startFunction(t *testing.T, binary string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary) // killed when the test ends
	cmd.Env = append(os.Environ(), "handler_address=127.0.0.1:0")
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})

	address := make(chan string, 1)
	go func() {
		defer close(address)
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			var line struct{ Address string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Address != "" {
				address <- line.Address
				return
			}
		}
	}()
	select {
	case a, ok := <-address:
		if !ok {
			t.Fatal("the function ended before it listened")
		}
		return a
	case <-time.After(20 * time.Second):
		t.Fatal("the function does not listen")
	}
	return ""
}
