package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"handler/function/local/process/processtest"
	"handler/function/shared/console"
	"handler/function/shared/console/consoletest"
	"handler/function/shared/runenv"
)

// asChild makes the test binary a program for a part to run: what it holds says which.
const asChild = "LOCAL_TEST_CHILD"

func TestMain(m *testing.M) {
	kind, argument, _ := strings.Cut(os.Getenv(asChild), " ")
	switch kind {
	case "":
		os.Exit(m.Run())
	case "listen":
		if _, err := net.Listen("tcp", argument); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	case "say":
		fmt.Println("it said:", argument)
	case "die":
		fmt.Println(argument)
		os.Exit(3)
	}
	time.Sleep(time.Hour) // a signal ends it, or its parent's death
}

// quiet is a console whose output can be read while others write it.
func quiet(t *testing.T) (*console.Console, *transcript) {
	t.Helper()
	out := &transcript{}
	return console.To(out), out
}

type transcript = consoletest.Transcript

var eventually, alive = processtest.Eventually, processtest.Alive

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

// hold takes a state folder as a laptop that runs does, until the test ends.
func hold(t *testing.T, state string) {
	t.Helper()
	held, err := runenv.Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
