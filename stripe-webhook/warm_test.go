package function

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// idle, where it is set, has TestIdle stand for a function that was started and not called.
const idle = "TILLBELL_TEST_IDLE"

func TestIdle(t *testing.T) {
	if os.Getenv(idle) == "" {
		t.Skip("it is what TestConnectsWhileItStarts starts")
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // until the other one ends
}

// The first sale after a reboot does not wait for the database's encryption and log-in.
func TestConnectsWhileItStarts(t *testing.T) {
	t.Parallel()

	database, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	dir := writeSecrets(t, map[string]string{"mongodb-uri": "mongodb://" + database.Addr().String()})

	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestIdle$")
	cmd.Env = append(os.Environ(), idle+"=1", "secret_mount_path="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()

	if err := database.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	conn, err := database.Accept()
	if err != nil {
		t.Fatalf("no connection before the first call: %v", err)
	}
	conn.Close()
}
